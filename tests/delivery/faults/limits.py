"""Limits that an operator changes while services run, and claims in a number that is a limit of its own."""

import time

from scene import STREAM, fault, now

LEASE = 1.0  # seconds
WORK = 0.4  # seconds that each handler takes
SMALL, LARGE = 16384, 40000  # bytes: the lowered limit, and a size above it


@fault("T56", "a replica that holds many claims is killed", short=True)
def many_claims(scene):
    scene.environment |= {"CATGA_LEASE_MS": str(int(LEASE * 1000)), "CATGA_WORKERS": "64"}
    scene.serve()
    victim = scene.work("a")
    scene.load(order=150, once=150, work_us=int(WORK * 1e6))
    time.sleep(0.9)
    scene.work("b", "c")
    killed = now()
    victim.end()
    time.sleep(3 * LEASE + WORK)
    victim.start().ready()
    read = scene.finish()
    held = [place_and_id for place_and_id, notes in read.handled.items()
            if place_and_id[0][0] in ("order", "single") and notes[0].instance == "a" and notes[0].time < killed
            and not any(note.time < killed for note in read.effects[place_and_id])]
    effects = [min((note.time for note in read.effects[place_and_id]), default=None) for place_and_id in held]
    scene.figure("claims_of_the_dead", len(held))
    scene.must(len(held) >= 50, f"the dead replica held {len(held)} claims only")
    scene.must(None not in effects, f"{effects.count(None)} of {len(held)} claims were not taken over")
    slowest = max((time_of_it - killed) / 1e9 for time_of_it in effects if time_of_it is not None)
    scene.figure("recovery", slowest)
    scene.must(slowest < 3 * LEASE + 2 * WORK + 0.5, f"the last claim was taken over after {slowest:.3f} s")
    scene.must(not read.statuses("order"), f"idempotent commands failed: {dict(read.statuses('order'))}")


def limit_payload(scene, size):
    scene.server.configure(f"max_payload: {size}")
    time.sleep(0.3)


def limit_stream(scene, room):
    """The stream has room for so many events more; None: for any number."""
    with scene.api() as api:
        found = api.stream(STREAM)
        most = -1 if room is None else found["state"]["messages"] + room
        api.ask(f"STREAM.UPDATE.{STREAM}", {**found["config"], "max_msgs": most})


@fault("T57", "the server's and the stream's limits are lowered, and raised again", short=True)
def changing_limits(scene):
    scene.serve("max_payload: 1048576")
    scene.work("a", "b", "c")
    scene.load()
    large = scene.load(kept=50, size=LARGE)
    time.sleep(0.5)
    limit_payload(scene, SMALL)
    time.sleep(0.7)
    limit_payload(scene, 1048576)
    limited = now()
    limit_stream(scene, 20)
    time.sleep(0.7)
    limit_stream(scene, None)
    raised = now()
    later = scene.load(kept=50, size=LARGE, count=25)
    time.sleep(1)
    read = scene.finish()
    of_large = {number for number in read.sent("kept") if number >> 32 in (large.number, later.number)}
    refused = {read.outcomes[number][0].status for number in of_large - read.ids("K", "kept")}
    scene.must("CATGA_TOO_LARGE" in refused, f"what is larger than the lowered limit was refused with {refused}")
    pause = read.gap("kept", since=limited)
    scene.must(pause > 0.3, f"the full stream was not noticed: the longest pause was {pause:.3f} s")
    scene.must(any(limited > time_of_it for time_of_it in read.successes("kept")), "nothing was stored before")
    after = [time_of_it for time_of_it in read.successes("kept") if time_of_it > raised]
    scene.must(after, "nothing was stored after the limits were raised")
    scene.figure("recovery", (after[0] - raised) / 1e9 if after else 0)
    of_later = {number for number in of_large if number >> 32 == later.number}
    scene.must(of_later <= read.ids("K", "kept"), "large events were refused after the limit was raised")
    scene.must(not read.statuses("ask", "order"), f"calls failed: {dict(read.statuses('ask', 'order'))}")
