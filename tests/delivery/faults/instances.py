"""Replicas of a service that die, end, pause and come back, under load."""

import signal
import time

from scene import fault, now

import processes

# The server goes on sending a third of all tries into the hole that a paused or unheard replica is: of 6,561 queries one
# has all of its eight tries sent there.
HOLE = 0.005


def calls_survive(scene, read, since, recovery, failing=0):
    """
    Queries go on, with no gap as long as `recovery`, and no more than this part of them fails; commands that are idempotent
    all succeed. Another that a dead process had in hand may have run: it is not repeated, and its caller is told so.
    """
    gap = read.gap("act", "ask", since=since)
    scene.figure("recovery", gap)
    scene.figure("slowest_call", max(read.waits("act", "ask"), default=0))
    scene.figure("slowest_order", max(read.waits("order"), default=0))
    scene.must(gap < recovery, f"no call succeeded for {gap:.3f} s")
    failed = read.statuses("ask")
    scene.must(sum(failed.values()) <= failing * len(read.sent("ask")), f"queries failed: {dict(failed)}")
    scene.must(not read.statuses("order"), f"idempotent commands failed: {dict(read.statuses('order'))}")
    refused = {status: count for status, count in read.statuses("act").items() if status != "CATGA_TIMEOUT"}
    scene.must(not refused, f"commands failed: {refused}")


@fault("T1", "one of three instances is killed", short=True)
def instance_killed(scene):
    scene.play()
    killed = now()
    scene.victims()[0].end()
    time.sleep(1.5)
    restart(scene)
    calls_survive(scene, scene.finish(), killed, 1)


@fault("T2", "a killed instance returns")
def instance_returns(scene):
    scene.play(ask=300, act=200, kept=50)
    victim = scene.victims()[0]
    victim.end()
    time.sleep(0.5)
    began = now()
    victim.start().ready()
    time.sleep(3)
    read = scene.finish()
    handled = [(note.time, note.instance) for (place, _), notes in read.handled.items() if place[0] in ("act", "ask")
               for note in notes]
    first = min((t for t, instance in handled if instance == victim.name and t > began), default=None)
    scene.must(first is not None, "the instance that came back was given nothing")
    if first is None:
        return
    scene.figure("recovery", (first - began) / 1e9)
    since = [instance for t, instance in handled if t > first]
    share = since.count(victim.name) / len(since)
    scene.figure("share", share)
    scene.must(0.8 / 3 < share < 1.2 / 3, f"it was given {share:.1%} of {len(since)} calls")


@fault("T3", "two of three instances are killed", short=True)
def two_instances_killed(scene):
    scene.play()
    killed = now()
    for victim in scene.victims(2):
        victim.end()
    time.sleep(2)
    restart(scene)
    calls_survive(scene, scene.finish(), killed, 2)


@fault("T4", "all instances are killed, and come back", short=True)
def all_instances_killed(scene):
    scene.play(kept=100, peek=100)
    for victim in scene.victims(3):
        victim.end()
    gone = now()
    time.sleep(1)
    back = now()
    restart(scene)
    time.sleep(0.5)
    read = scene.finish()
    scene.figure("recovery", (max(note.time for notes in read.effects.values() for note in notes) - back) / 1e9)
    away = [number for number in read.sent("peek") if gone + 50_000_000 < read.attempts[number][1] < back]
    waits = sorted((read.outcomes[number][0].time - read.attempts[number][1]) / 1e9 for number in away)
    statuses = {read.outcomes[number][0].status for number in away}
    scene.must(statuses == {"CATGA_NO_RESPONDERS"}, f"calls to nobody ended with {statuses}")
    scene.figure("told_after", waits[len(waits) // 2])
    scene.must(waits[len(waits) // 2] < 0.05, f"calls to nobody were told so after {waits[len(waits) // 2]:.3f} s")


@fault("T5", "a rolling update: each instance is ended and started again", short=True)
def rolling_update(scene):
    scene.play()
    began, longest = now(), 0
    for worker in scene.victims(3):
        ending = time.monotonic()
        code = worker.end(signal.SIGTERM)
        longest = max(longest, time.monotonic() - ending)
        scene.must(code == 0, f"a replica ended with {code}")
        worker.start().ready()
    time.sleep(0.3)
    read = scene.finish()
    calls_survive(scene, read, began, 1)
    scene.figure("longest_drain", longest)
    scene.must(not read.statuses("act"), f"commands failed: {dict(read.statuses('act'))}")
    scene.must(scene.figures["seen_lost"] == 0, f"{scene.figures['seen_lost']} events that may be lost were, though nobody died")
    scene.must(scene.figures["duplicate_effects"] == 0, "an event was handled twice though nobody died")


@fault("T6", "an instance is paused", short=True)
def instance_paused(scene):
    scene.play()
    paused = now()
    victim = scene.victims()[0]
    victim.send(signal.SIGSTOP)
    time.sleep(3)
    victim.send(signal.SIGCONT)
    time.sleep(0.5)
    read = scene.finish()
    calls_survive(scene, read, paused, 1, failing=HOLE)
    stale = [number for (place, number), notes in read.handled.items() if place[0] in ("act", "ask")
             and notes[-1].time > read.attempts[number][1] + 2_100_000_000]
    scene.must(not stale, f"{len(stale)} calls were run after their callers had given up")


@fault("T53", "a publisher and caller is killed")
def publisher_killed(scene):
    scene.play(kept=500, act=200, ask=200)
    scene.loads.pop().end()
    read = scene.finish(ended=False)
    without = len(set(read.attempts) - set(read.outcomes))
    scene.figure("cut_short", without)


def restart(scene):
    for worker in scene.workers.values():
        if not worker.alive():
            worker.start().ready()


@fault("T21", "an instance dies between an effect and its acknowledgement", short=True)
def death_after_effect(scene):
    scene.play()
    scene.load(kept=2, count=3, die_after=1)
    deaths = tend(scene, 3.5)
    read = scene.finish()
    # A run that dies in the first delivery is not counted, so the second one is the first attempt again.
    repeated = [number for (place, number), notes in read.effects.items()
                if place[0] == "keep" and number >> 32 == 2 and len(notes) == 3]
    scene.must(deaths > 0, "nobody died")
    scene.must(2 * len(repeated) == deaths, f"{deaths} processes died after an effect, {len(repeated)} effects came twice again")
    scene.figure("recovery", redelivery(read))


@fault("T21", "an instance dies with every 40th effect that is its own claim", short=True)
def death_with_claimed_effect(scene):
    scene.serve()
    scene.work("a", "b", "c", "d", "e", WORK_EFFECTS=str(scene.folder), WORK_DIE_EVERY="40")
    scene.load(order=100)
    deaths = tend(scene, 4)
    for worker in scene.workers.values():
        worker.stops.clear()  # there is no window: nothing is excused
    scene.stop_loads()
    restart(scene)
    read = scene.finish()
    scene.must(deaths > 5, f"{deaths} processes died")
    scene.must(not read.statuses("order"), f"idempotent commands failed: {dict(read.statuses('order'))}")
    scene.figure("recovery", read.waits("order")[-1])
    scene.figure("deaths", deaths)


@fault("T22", "an instance dies before the effect, five times for one event")
def death_before_effect(scene):
    scene.play()
    scene.load(kept=1, count=1, die_before=5)
    deaths = tend(scene, 8)
    read = scene.finish()
    scene.must(deaths == 6, f"{deaths} processes died")  # the one in the first delivery is not counted
    scene.must(scene.figures["dead"] == 0, "it became a dead letter before the last attempt")
    scene.figure("recovery", redelivery(read))
    attempts = [notes[-1].attempt for (place, number), notes in read.effects.items()
                if place[0] == "keep" and number >> 32 == 2]
    scene.must(attempts == [6], f"the effect came with the attempts {attempts}")


def tend(scene, seconds):
    """Starts whatever dies, for a time; returns how often that was."""
    deaths, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for worker in scene.workers.values():
            if not worker.alive():
                deaths += 1
                worker.stops.append((now() - 100_000_000, now()))
                start_again(worker)
        time.sleep(0.01)
    return deaths


def start_again(worker):
    """It may find so much to do that it dies before it is ready."""
    worker.start()
    try:
        worker.ready()
    except processes.Trouble:
        if worker.alive():
            raise


def redelivery(read):
    """The longest time from the first time that an event was handed to the group to the next, in seconds."""
    waits = [(notes[1].time - notes[0].time) / 1e9 for (place, _), notes in read.handled.items()
             if place[0] == "keep" and len(notes) > 1]
    return max(waits, default=0)
