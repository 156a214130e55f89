"""Handlers that fail, events that are no messages, handlers that take long."""

import time

from scene import ACK_WAIT, DEAD, fault, now

import processes


@fault("T23", "a handler fails each time", short=True)
def handler_fails(scene):
    scene.play()
    scene.load(kept=20, count=5, fail=99)
    time.sleep(2)
    read = scene.finish()
    failing = {number for number in read.sent("kept") if number >> 32 == 2}
    dead = [number for place, number, _ in scene.dead_letters() if place[0] == "keep"]
    scene.must(sorted(dead) == sorted(failing), f"{len(dead)} dead letters of {len(failing)} events")
    for number in failing:
        notes = read.handled[("keep", ""), number]
        pauses = [(b.time - a.time) / 1e9 for a, b in zip(notes, notes[1:])]
        scene.must(len(notes) == 4, f"{len(notes)} attempts instead of 4")
        scene.must(all(pause > wanted * 0.99 for pause, wanted in zip(pauses, (0.1, 0.2, 0.4))),
                   f"the pauses were {pauses}")
    causes = {cause(headers) for _, _, headers in scene.dead_letters()}
    scene.must(all("the last attempt failed" in text for text in causes), f"the causes are {causes}")
    scene.figure("recovery", slowest_effect(read, failing))
    scene.must(scene.figures["recovery"] < 1, "the events of others waited for those that fail")


@fault("T24", "an event that is no valid message", short=True)
def poison(scene):
    scene.play()
    with scene.api() as api:
        sent = now()
        for _ in range(5):
            api.request("catga.events.test.work.v1.Kept", b"poison")
        # one dead letter for the group, and one for each of three replicas
        processes.wait_until(lambda: api.stream(DEAD)["state"]["messages"] == 5 * 4, 5, "the dead letters")
    scene.figure("recovery", (now() - sent) / 1e9)
    read = scene.finish()
    causes = {cause(headers) for _, _, headers in scene.dead_letters()}
    scene.must(all("no valid message" in text for text in causes), f"the causes are {causes}")
    scene.must(sum(read.figures["bad_messages"]) == 5 * 4, f"{sum(read.figures['bad_messages'])} were counted as bad")
    scene.must(scene.figures["recovery"] < 2, "it took longer than 2 s")


@fault("T25", "a handler takes three times as long as the server waits for a sign of life")
def slow_handler(scene):
    scene.play()
    scene.load(kept=1, count=1, work_us=int(3 * ACK_WAIT * 1e6))
    time.sleep(3 * ACK_WAIT + 0.5)
    read = scene.finish()
    slow = [notes for (place, number), notes in read.handled.items() if place[0] == "keep" and number >> 32 == 2]
    scene.must([len(notes) for notes in slow] == [1], "it was handed out again while its handler worked")
    scene.figure("recovery", slowest_effect(read, {number for number in read.sent("kept") if number >> 32 == 2}))


def cause(headers):
    return next((line for line in headers.split("\r\n") if line.startswith("Catga-Cause")), "")


def slowest_effect(read, except_for):
    """The longest time from the publication of an event to its effect, in seconds."""
    return max((notes[0].time - read.attempts[number][1]) / 1e9 for (place, number), notes in read.effects.items()
               if place[0] == "keep" and number not in except_for)
