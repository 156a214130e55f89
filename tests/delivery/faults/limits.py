"""Limits that an operator changes while services run, and a very large number of claims."""

import time

from fixture import STREAM, fault, now

LEASE = 1.0  # seconds
WORK = 0.4  # seconds that each handler takes
SMALL, LARGE = 16384, 40000  # bytes: the lowered limit, and a size above it


@fault("T56", "a replica that holds many claims is killed", short=True)
def many_claims(fixture):
    fixture.environment |= {"CATGA_LEASE_MS": str(int(LEASE * 1000)), "CATGA_WORKERS": "64"}
    fixture.serve()
    victim = fixture.work("a")
    fixture.load(order=150, once=150, work_us=int(WORK * 1e6))
    time.sleep(0.9)
    fixture.work("b", "c")
    killed = now()
    victim.end()
    time.sleep(3 * LEASE + WORK)
    victim.start().ready()
    read = fixture.finish()
    held = [place_and_id for place_and_id, notes in read.handled.items()
            if place_and_id[0][0] in ("order", "single") and notes[0].instance == "a" and notes[0].time < killed
            and not any(note.time < killed for note in read.effects[place_and_id])]
    effects = [min((note.time for note in read.effects[place_and_id]), default=None) for place_and_id in held]
    fixture.figure("claims_of_the_dead", len(held))
    fixture.must(len(held) >= 50, f"the dead replica held {len(held)} claims only")
    fixture.must(None not in effects, f"{effects.count(None)} of {len(held)} claims were not taken over")
    slowest = max((time_of_it - killed) / 1e9 for time_of_it in effects if time_of_it is not None)
    fixture.figure("recovery", slowest)
    fixture.must(slowest < 3 * LEASE + 2 * WORK + 0.5, f"the last claim was taken over after {slowest:.3f} s")
    fixture.must(not read.statuses("order"), f"idempotent commands failed: {dict(read.statuses('order'))}")


def limit_payload(fixture, size):
    fixture.server.configure(f"max_payload: {size}")
    time.sleep(0.3)


def limit_stream(fixture, room):
    """Limits the stream to so many more events; None removes the limit."""
    with fixture.api() as api:
        found = api.stream(STREAM)
        most = -1 if room is None else found["state"]["messages"] + room
        api.ask(f"STREAM.UPDATE.{STREAM}", {**found["config"], "max_msgs": most})


@fault("T57", "the server's and the stream's limits are lowered, and raised again", short=True)
def changing_limits(fixture):
    fixture.serve("max_payload: 1048576")
    fixture.work("a", "b", "c")
    fixture.load()
    large = fixture.load(kept=50, size=LARGE)
    time.sleep(0.5)
    limit_payload(fixture, SMALL)
    time.sleep(0.7)
    limit_payload(fixture, 1048576)
    limited = now()
    limit_stream(fixture, 20)
    time.sleep(0.7)
    limit_stream(fixture, None)
    raised = now()
    later = fixture.load(kept=50, size=LARGE, count=25)
    time.sleep(1)
    read = fixture.finish()
    of_large = {number for number in read.sent("kept") if number >> 32 in (large.number, later.number)}
    refused = {read.outcomes[number][0].status for number in of_large - read.ids("K", "kept")}
    fixture.must("CATGA_TOO_LARGE" in refused, f"what is larger than the lowered limit was refused with {refused}")
    pause = read.gap("kept", since=limited)
    fixture.must(pause > 0.3, f"the full stream was not noticed: the longest pause was {pause:.3f} s")
    fixture.must(any(limited > time_of_it for time_of_it in read.successes("kept")), "nothing was stored before")
    after = [time_of_it for time_of_it in read.successes("kept") if time_of_it > raised]
    fixture.must(after, "nothing was stored after the limits were raised")
    fixture.figure("recovery", (after[0] - raised) / 1e9 if after else 0)
    of_later = {number for number in of_large if number >> 32 == later.number}
    fixture.must(of_later <= read.ids("K", "kept"), "large events were refused after the limit was raised")
    fixture.must(not read.statuses("ask", "order"), f"calls failed: {dict(read.statuses('ask', 'order'))}")
