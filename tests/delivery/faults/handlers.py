"""Failing handlers, invalid events, slow handlers."""

import signal
import time

from fixture import ACK_WAIT, DEAD, fault, now

import processes


@fault("T23", "a handler fails each time", short=True)
def handler_fails(fixture):
    fixture.play()
    fixture.load(kept=20, count=5, fail=99)
    time.sleep(2)
    read = fixture.finish()
    failing = {number for number in read.sent("kept") if number >> 32 == 2}
    dead = [number for place, number, _ in fixture.dead_letters() if place[0] == "keep"]
    fixture.must(sorted(dead) == sorted(failing), f"{len(dead)} dead letters of {len(failing)} events")
    for number in failing:
        notes = read.handled[("keep", ""), number]
        pauses = [(b.time - a.time) / 1e9 for a, b in zip(notes, notes[1:])]
        fixture.must(len(notes) == 4, f"{len(notes)} attempts instead of 4")
        fixture.must(all(pause > wanted * 0.99 for pause, wanted in zip(pauses, (0.1, 0.2, 0.4))),
                   f"the pauses were {pauses}")
    causes = {cause(headers) for _, _, headers in fixture.dead_letters()}
    fixture.must(all("the last attempt failed" in text for text in causes), f"the causes are {causes}")
    fixture.figure("recovery", slowest_effect(read, failing))
    fixture.must(fixture.figures["recovery"] < 1, "the events of others waited for those that fail")


@fault("T24", "an invalid event", short=True)
def poison(fixture):
    fixture.play()
    with fixture.api() as api:
        sent = now()
        for _ in range(5):
            api.request("catga.events.test.work.v1.Kept", b"poison")
        # one dead letter for the group, and one for each of three replicas
        processes.wait_until(lambda: api.stream(DEAD)["state"]["messages"] == 5 * 4, 5, "the dead letters")
    fixture.figure("recovery", (now() - sent) / 1e9)
    read = fixture.finish()
    causes = {cause(headers) for _, _, headers in fixture.dead_letters()}
    fixture.must(all("not a valid message" in text for text in causes), f"the causes are {causes}")
    fixture.must(sum(read.figures["bad_messages"]) == 5 * 4, f"{sum(read.figures['bad_messages'])} were counted as bad")
    fixture.must(fixture.figures["recovery"] < 2, "it took longer than 2 s")


@fault("T25", "a handler takes three times the ack wait")
def slow_handler(fixture):
    fixture.play()
    fixture.load(kept=1, count=1, work_us=int(3 * ACK_WAIT * 1e6))
    time.sleep(3 * ACK_WAIT + 0.5)
    read = fixture.finish()
    slow = [notes for (place, number), notes in read.handled.items() if place[0] == "keep" and number >> 32 == 2]
    fixture.must([len(notes) for notes in slow] == [1], "it was handed out again while its handler worked")
    fixture.figure("recovery", slowest_effect(read, {number for number in read.sent("kept") if number >> 32 == 2}))


def backlog(fixture):
    """256 events of four durations wait, and three replicas with four workers each handle them."""
    fixture.serve()
    fixture.work("a", "b", "c", CATGA_WORKERS="4")  # their broadcast consumers begin here
    for worker in fixture.workers.values():
        fixture.must(worker.end(signal.SIGTERM) == 0, "a replica did not end in good order")
    loads = [fixture.load(kept=2000, count=64, work_us=milliseconds * 1000) for milliseconds in (20, 100, 250, 500)]
    for load in loads:
        fixture.must(load.process.wait(30) == 0, "an event of the load has no outcome")
    for worker in fixture.workers.values():
        worker.start()
    for worker in fixture.workers.values():
        worker.ready()


@fault("T54", "256 events wait for handlers that take 20 to 500 ms", short=True)
def slow_backlog(fixture):
    backlog(fixture)
    read = fixture.finish()
    attempts = {note.attempt for (place, _), notes in read.handled.items() if place[0] == "keep" for note in notes}
    fixture.must(attempts == {1}, f"handlers saw the attempts {sorted(attempts)}")
    fixture.must(fixture.figures["duplicates"] == 0, "an event was handled twice")
    fixture.must(sum(read.figures["redelivered"]) == 0, f"{sum(read.figures['redelivered'])} events were redelivered")
    fixture.must(fixture.figures["dead"] == 0, f"{fixture.figures['dead']} events were given up")


@fault("T55", "256 events wait for slow handlers, and one of three replicas is stopped", short=True)
def stopped_with_backlog(fixture):
    backlog(fixture)
    time.sleep(0.5)
    victim = fixture.victims()[0]
    victim.send(signal.SIGSTOP)
    time.sleep(4 * ACK_WAIT)
    victim.send(signal.SIGCONT)
    read = fixture.finish()
    again = {number for (place, number), notes in read.handled.items() if place[0] == "keep"
             and any(note.attempt > 1 for note in notes)}
    fixture.figure("kept_back", len(again))
    # Four run and one waits, plus as many again where handlers have been quick until then.
    fixture.must(len(again) <= 10, f"the stopped replica kept back {len(again)} events")
    fixture.must(fixture.figures["dead"] == 0, f"{fixture.figures['dead']} events were given up")


def cause(headers):
    return next((line for line in headers.split("\r\n") if line.startswith("Catga-Cause")), "")


def slowest_effect(read, except_for):
    """Returns the longest time from the publication of an event to its effect, in seconds."""
    return max((notes[0].time - read.attempts[number][1]) / 1e9 for (place, number), notes in read.effects.items()
               if place[0] == "keep" and number not in except_for)
