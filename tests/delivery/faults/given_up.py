"""Events that are given up while their dead letters find no room."""

import signal
import time

from scene import DEAD, fault, now

import processes
from faults.handlers import slowest_effect


def limit(scene, **settings):
    """Changes settings of the stream of dead letters."""
    with scene.api() as api:
        config = api.stream(DEAD)["config"]
        api.ask(f"STREAM.UPDATE.{DEAD}", {**config, **settings})


def wait_for_dead_letters(scene, count):
    with scene.api() as api:
        processes.wait_until(lambda: api.stream(DEAD)["state"]["messages"] >= count, 30, f"{count} dead letters")


def failing(read):
    return {number for number in read.sent("kept") if number >> 32 == 2}


def runs_of(read, number):
    return len(read.handled[("keep", ""), number])


@fault("T58", "the stream of dead letters is full while handlers fail", short=True)
def dead_letters_full(scene):
    scene.play()
    limit(scene, max_msgs=1)
    scene.load(kept=20, count=12, fail=99)
    time.sleep(4)
    lifted = now()
    limit(scene, max_msgs=-1)
    wait_for_dead_letters(scene, 12)
    scene.figure("recovery", (now() - lifted) / 1e9)
    read = scene.finish()
    runs = {runs_of(read, number) for number in failing(read)}
    scene.must(runs == {4}, f"events that fail ran {runs} times instead of 4")
    scene.must(len(scene.dead_letters()) == 12, f"{len(scene.dead_letters())} dead letters of 12")
    slowest = slowest_effect(read, failing(read))
    scene.must(slowest < 1, f"an event behind those that fail waited for {slowest:.1f} s")
    scene.must(scene.figures["recovery"] < 8, "the dead letters were stored late")


@fault("T59", "replicas end and die while the stream of dead letters is full", short=True)
def dead_letters_handed_on(scene):
    scene.play()
    limit(scene, max_msgs=1)
    scene.load(kept=20, count=12, fail=99)
    time.sleep(3)
    ended, killed = scene.victims(2)
    ending = time.monotonic()
    code = ended.end(signal.SIGTERM)
    scene.must(code == 0, f"a replica that drains without room ended with {code}")
    scene.must(time.monotonic() - ending < 10, "it did not end in time")
    killed.end(signal.SIGKILL)
    ended.start().ready()
    killed.start().ready()
    time.sleep(2)
    limit(scene, max_msgs=-1)
    wait_for_dead_letters(scene, 12)
    read = scene.finish(60)
    runs = {runs_of(read, number) for number in failing(read)}
    scene.must(runs == {4}, f"events that were given up ran again: {runs} times instead of 4")
