"""Replicas that die, stop, pause and return under load."""

import signal
import time

from fixture import fault, now

import processes

# The server keeps sending a third of all tries to a paused or unreachable replica. So one query in
# 6,561 has all of its eight tries sent there.
HOLE = 0.005


def calls_survive(fixture, read, since, recovery, failing=0):
    """
    Checks that queries succeed without a gap longer than `recovery`, that at most this part of them
    fails, and that all idempotent commands succeed. Another command in a dead process may have run:
    it is not repeated, and its caller gets that status.
    """
    gap = read.gap("act", "ask", since=since)
    fixture.figure("recovery", gap)
    fixture.figure("slowest_call", max(read.waits("act", "ask"), default=0))
    fixture.figure("slowest_order", max(read.waits("order"), default=0))
    fixture.must(gap < recovery, f"no call succeeded for {gap:.3f} s")
    failed = read.statuses("ask")
    fixture.must(sum(failed.values()) <= failing * len(read.sent("ask")), f"queries failed: {dict(failed)}")
    fixture.must(not read.statuses("order"), f"idempotent commands failed: {dict(read.statuses('order'))}")
    refused = {status: count for status, count in read.statuses("act").items() if status != "CATGA_TIMEOUT"}
    fixture.must(not refused, f"commands failed: {refused}")


@fault("T1", "one of three instances is killed", short=True)
def instance_killed(fixture):
    fixture.play()
    killed = now()
    fixture.victims()[0].end()
    time.sleep(1.5)
    restart(fixture)
    calls_survive(fixture, fixture.finish(), killed, 1)


@fault("T2", "a killed instance returns")
def instance_returns(fixture):
    fixture.play(ask=300, act=200, kept=50)
    victim = fixture.victims()[0]
    victim.end()
    time.sleep(0.5)
    began = now()
    victim.start().ready()
    time.sleep(3)
    read = fixture.finish()
    handled = [(note.time, note.instance) for (place, _), notes in read.handled.items() if place[0] in ("act", "ask")
               for note in notes]
    first = min((t for t, instance in handled if instance == victim.name and t > began), default=None)
    fixture.must(first is not None, "the instance that came back was given nothing")
    if first is None:
        return
    fixture.figure("recovery", (first - began) / 1e9)
    since = [instance for t, instance in handled if t > first]
    share = since.count(victim.name) / len(since)
    fixture.figure("share", share)
    fixture.must(0.8 / 3 < share < 1.2 / 3, f"it was given {share:.1%} of {len(since)} calls")


@fault("T3", "two of three instances are killed", short=True)
def two_instances_killed(fixture):
    fixture.play()
    killed = now()
    for victim in fixture.victims(2):
        victim.end()
    time.sleep(2)
    restart(fixture)
    calls_survive(fixture, fixture.finish(), killed, 2)


@fault("T4", "all instances are killed and restarted", short=True)
def all_instances_killed(fixture):
    fixture.play(kept=100, peek=100)
    for victim in fixture.victims(3):
        victim.end()
    gone = now()
    time.sleep(1)
    back = now()
    restart(fixture)
    time.sleep(0.5)
    read = fixture.finish()
    fixture.figure("recovery", (max(note.time for notes in read.effects.values() for note in notes) - back) / 1e9)
    away = [number for number in read.sent("peek") if gone + 50_000_000 < read.attempts[number][1] < back]
    waits = sorted((read.outcomes[number][0].time - read.attempts[number][1]) / 1e9 for number in away)
    statuses = {read.outcomes[number][0].status for number in away}
    fixture.must(statuses == {"CATGA_NO_RESPONDERS"}, f"calls to nobody ended with {statuses}")
    fixture.figure("told_after", waits[len(waits) // 2])
    fixture.must(waits[len(waits) // 2] < 0.05, f"calls to nobody were told so after {waits[len(waits) // 2]:.3f} s")


@fault("T5", "a rolling update: each instance is stopped and started again", short=True)
def rolling_update(fixture):
    fixture.play()
    began, longest = now(), 0
    for worker in fixture.victims(3):
        ending = time.monotonic()
        code = worker.end(signal.SIGTERM)
        longest = max(longest, time.monotonic() - ending)
        fixture.must(code == 0, f"a replica ended with {code}")
        worker.start().ready()
    time.sleep(0.3)
    read = fixture.finish()
    calls_survive(fixture, read, began, 1)
    fixture.figure("longest_drain", longest)
    fixture.must(not read.statuses("act"), f"commands failed: {dict(read.statuses('act'))}")
    fixture.must(fixture.figures["seen_lost"] == 0, f"{fixture.figures['seen_lost']} events that may be lost were, though nobody died")
    fixture.must(fixture.figures["duplicate_effects"] == 0, "an event was handled twice though nobody died")


@fault("T6", "an instance is paused", short=True)
def instance_paused(fixture):
    fixture.play()
    paused = now()
    victim = fixture.victims()[0]
    victim.send(signal.SIGSTOP)
    time.sleep(3)
    victim.send(signal.SIGCONT)
    time.sleep(0.5)
    read = fixture.finish()
    calls_survive(fixture, read, paused, 1, failing=HOLE)
    stale = [number for (place, number), notes in read.handled.items() if place[0] in ("act", "ask")
             and notes[-1].time > read.attempts[number][1] + 2_100_000_000]
    fixture.must(not stale, f"{len(stale)} calls were run after their callers had given up")


@fault("T53", "a publisher and caller is killed")
def publisher_killed(fixture):
    fixture.play(kept=500, act=200, ask=200)
    fixture.loads.pop().end()
    read = fixture.finish(ended=False)
    without = len(set(read.attempts) - set(read.outcomes))
    fixture.figure("cut_short", without)


def restart(fixture):
    for worker in fixture.workers.values():
        if not worker.alive():
            worker.start().ready()


@fault("T21", "an instance dies between an effect and its acknowledgement", short=True)
def death_after_effect(fixture):
    fixture.play()
    fixture.load(kept=2, count=3, die_after=1)
    deaths = tend(fixture, 3.5)
    read = fixture.finish()
    # A run that dies in the first delivery is not counted, so the second one is the first attempt again.
    repeated = [number for (place, number), notes in read.effects.items()
                if place[0] == "keep" and number >> 32 == 2 and len(notes) == 3]
    fixture.must(deaths > 0, "nobody died")
    fixture.must(2 * len(repeated) == deaths, f"{deaths} processes died after an effect, {len(repeated)} effects came twice again")
    fixture.figure("recovery", redelivery(read))


@fault("T21", "an instance dies with every 40th effect that is its own claim", short=True)
def death_with_claimed_effect(fixture):
    fixture.serve()
    fixture.work("a", "b", "c", "d", "e", WORK_EFFECTS=str(fixture.folder), WORK_DIE_EVERY="40")
    fixture.load(order=100)
    deaths = tend(fixture, 4)
    for load in fixture.loads:
        load.send(signal.SIGTERM)
    deaths += tend(fixture, 20, lambda: any(load.alive() for load in fixture.loads))  # all may die at once
    for worker in fixture.workers.values():
        worker.stops.clear()  # no double effect is excused
    fixture.stop_loads()
    restart(fixture)
    read = fixture.finish()
    fixture.must(deaths > 5, f"{deaths} processes died")
    fixture.must(not read.statuses("order"), f"idempotent commands failed: {dict(read.statuses('order'))}")
    fixture.figure("recovery", read.waits("order")[-1])
    fixture.figure("deaths", deaths)


@fault("T22", "an instance dies before the effect, five times for one event")
def death_before_effect(fixture):
    fixture.play()
    fixture.load(kept=1, count=1, die_before=5)
    deaths = tend(fixture, 8)
    read = fixture.finish()
    fixture.must(deaths == 6, f"{deaths} processes died")  # the one in the first delivery is not counted
    fixture.must(fixture.figures["dead"] == 0, "it became a dead letter before the last attempt")
    fixture.figure("recovery", redelivery(read))
    attempts = [notes[-1].attempt for (place, number), notes in read.effects.items()
                if place[0] == "keep" and number >> 32 == 2]
    fixture.must(attempts == [6], f"the effect came with the attempts {attempts}")


def tend(fixture, seconds, needed=lambda: True):
    """Restarts dead replicas for a time, while they are needed. Returns the number of restarts."""
    restarts, end = 0, time.monotonic() + seconds
    deaths = {worker: processes.Death(worker.process) for worker in fixture.workers.values()}
    while time.monotonic() < end and needed():
        for worker in deaths:
            if not worker.alive():
                restarts += 1
                died = deaths[worker].when()  # long ago, if another replica was restarted meanwhile
                worker.stops.append((died, died))
                start_again(worker)
                deaths[worker] = processes.Death(worker.process)
        time.sleep(0.01)
    return restarts


def start_again(worker):
    """Starts a replica, which may die from its backlog before it is ready."""
    worker.start()
    try:
        worker.ready()
    except processes.Trouble:
        if not worker.ends(1):
            raise


def redelivery(read):
    """Returns the longest time from the first delivery of an event to the group to the second, in seconds."""
    waits = [(notes[1].time - notes[0].time) / 1e9 for (place, _), notes in read.handled.items()
             if place[0] == "keep" and len(notes) > 1]
    return max(waits, default=0)
