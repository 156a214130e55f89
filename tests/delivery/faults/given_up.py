"""Events that are given up while the dead-letter stream is full."""

import signal
import time

from fixture import DEAD, fault, now

import processes
from faults.handlers import slowest_effect


def limit(fixture, **settings):
    """Changes settings of the dead-letter stream."""
    with fixture.api() as api:
        config = api.stream(DEAD)["config"]
        api.ask(f"STREAM.UPDATE.{DEAD}", {**config, **settings})


def wait_for_dead_letters(fixture, count):
    with fixture.api() as api:
        processes.wait_until(lambda: api.stream(DEAD)["state"]["messages"] >= count, 30, f"{count} dead letters")


def failing(read):
    return {number for number in read.sent("kept") if number >> 32 == 2}


def runs_of(read, number):
    return len(read.handled[("keep", ""), number])


@fault("T58", "the stream of dead letters is full while handlers fail", short=True)
def dead_letters_full(fixture):
    fixture.play()
    limit(fixture, max_msgs=1)
    fixture.load(kept=20, count=12, fail=99)
    time.sleep(4)
    lifted = now()
    limit(fixture, max_msgs=-1)
    wait_for_dead_letters(fixture, 12)
    fixture.figure("recovery", (now() - lifted) / 1e9)
    read = fixture.finish()
    runs = {runs_of(read, number) for number in failing(read)}
    fixture.must(runs == {4}, f"events that fail ran {runs} times instead of 4")
    fixture.must(len(fixture.dead_letters()) == 12, f"{len(fixture.dead_letters())} dead letters of 12")
    slowest = slowest_effect(read, failing(read))
    fixture.must(slowest < 1, f"an event behind those that fail waited for {slowest:.1f} s")
    fixture.must(fixture.figures["recovery"] < 8, "the dead letters were stored late")


@fault("T59", "replicas end and die while the stream of dead letters is full", short=True)
def dead_letters_handed_on(fixture):
    fixture.play()
    limit(fixture, max_msgs=1)
    fixture.load(kept=20, count=12, fail=99)
    time.sleep(3)
    ended, killed = fixture.victims(2)
    ending = time.monotonic()
    code = ended.end(signal.SIGTERM)
    fixture.must(code == 0, f"a replica that drains without room ended with {code}")
    fixture.must(time.monotonic() - ending < 10, "it did not end in time")
    killed.end(signal.SIGKILL)
    ended.start().ready()
    killed.start().ready()
    time.sleep(2)
    limit(fixture, max_msgs=-1)
    wait_for_dead_letters(fixture, 12)
    read = fixture.finish(60)
    runs = {runs_of(read, number) for number in failing(read)}
    fixture.must(runs == {4}, f"events that were given up ran again: {runs} times instead of 4")
