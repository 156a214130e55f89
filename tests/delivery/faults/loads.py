"""Constant overload, and messages that are too large."""

import statistics
import subprocess
import time

from fixture import fault, need_root, now


@fault("T26", "handlers are slower than events come: 1,000 a second, 5 ms each, room for 100")
def slow_consumer(fixture):
    fixture.serve()
    worker = fixture.work("a", CATGA_PENDING="100")
    fixture.load(seen=1000, count=2000, work_us=5000)
    fixture.load(kept=100, count=200)
    time.sleep(2.5)
    memory = worker.memory() / (1 << 20)
    read = fixture.finish()
    missing = len(read.ids("K", "seen") - read.seen(read.effects, "look"))
    observed = len(read.ids("K", "seen") - read.seen(read.effects, "observe"))
    dropped = sum(read.figures["dropped_messages"])
    fixture.must(missing > 100, f"{missing} events found no room: the handler was quick enough")
    fixture.must(dropped == missing + observed, f"{dropped} were counted as dropped, {missing + observed} are missing")
    fixture.must(memory < 64, f"the replica took {memory:.0f} MB")
    fixture.figure("dropped", dropped)
    fixture.figure("megabytes", memory)


@fault("T28", "events for every replica, and no fault", short=True)
def broadcast(fixture):
    fixture.play(seen=100, kept=100)
    time.sleep(0.7)
    read = fixture.finish()
    fixture.must(fixture.figures["duplicates"] == 0, "an event was handed out twice")
    spreads = []
    for number in read.sent("seen", "kept"):
        handler = "observe" if number in read.sent("seen") else "copy"
        times = [note.time for name in fixture.workers for note in read.handled[(handler, name), number]]
        fixture.must(len(times) == 3, f"{number} came {len(times)} times to three replicas")
        spreads.append((max(times) - min(times)) / 1e9)
    fixture.figure("spread", statistics.median(spreads))


@fault("T29", "3,000 calls to three replicas")
def balance(fixture):
    fixture.serve()
    fixture.work("a", "b", "c")
    fixture.load(ask=1500, count=3000)
    time.sleep(2.2)
    read = fixture.finish()
    handled = [note.instance for (place, _), notes in read.handled.items() if place[0] == "ask" for note in notes]
    shares = sorted(handled.count(name) / len(handled) for name in fixture.workers)
    fixture.must(not read.statuses("ask"), f"queries failed: {dict(read.statuses('ask'))}")
    fixture.must(0.28 < shares[0] and shares[2] < 0.38, f"their shares are {shares}")
    fixture.figure("smallest_share", shares[0])
    fixture.figure("largest_share", shares[2])


@fault("T34", "the server's disk is full")
def disk_full(fixture):
    need_root("a file system of a few megabytes")
    store = fixture.folder / "disk"
    store.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", store], check=True)
    fixture.undo.append(lambda: subprocess.run(["umount", "-l", store], check=True))
    fixture.serve(store=store)
    fixture.work("a", "b", "c")
    fixture.load(kept=400, size=16384)
    time.sleep(4)
    fixture.stop_loads()
    fixture.server.end()
    subprocess.run(["mount", "-o", "remount,size=256m", store], check=True)
    back = now()
    fixture.server.start().listens()
    fixture.load(kept=100)
    time.sleep(1)
    read = fixture.finish()
    after = [time for time in read.successes("kept") if time > back]
    fixture.must(after, "nothing was stored after there was room again")
    fixture.figure("recovery", (after[0] - back) / 1e9 if after else 0)
    failed = read.statuses("kept")
    fixture.must(failed, "the disk was never full")
    fixture.figure("refused", sum(failed.values()))
    fixture.figure("refused_as", ", ".join(sorted(failed)))


@fault("T39", "events of the largest allowed size, and one byte larger", short=True)
def oversize(fixture):
    fixture.serve("max_payload: 65536")
    fixture.work("a", "b", "c")
    for kind in ("kept", "seen"):
        fits, too_large = 60000, 70000
        while too_large - fits > 1:
            size = (fits + too_large) // 2
            load = fixture.load(**{kind: 100, "count": 1, "size": size})
            fixture.must(load.process.wait(30) == 0, "the load has no outcome")
            if fixture.last_status() == "CATGA_OK":
                fits = size
            else:
                too_large = size
        fixture.figure(f"largest_{kind}", fits)
    read = fixture.finish()
    statuses = set(read.statuses("kept", "seen"))
    fixture.must(statuses == {"CATGA_TOO_LARGE"}, f"too large a message was refused with {statuses}")
    fixture.must(sum(read.figures["disconnects"]) == 0, "a connection was lost")
    fixture.must(fixture.figures["seen_lost"] == 0, "an event of a size that fits was lost")
