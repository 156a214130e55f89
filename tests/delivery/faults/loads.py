"""Too much, in an even way, and too large."""

import statistics
import subprocess
import time

from scene import fault, need_root, now


@fault("T26", "handlers are slower than events come: 1,000 a second, 5 ms each, room for 100")
def slow_consumer(scene):
    scene.serve()
    worker = scene.work("a", CATGA_PENDING="100")
    scene.load(seen=1000, count=2000, work_us=5000)
    scene.load(kept=100, count=200)
    time.sleep(2.5)
    memory = worker.memory() / (1 << 20)
    read = scene.finish()
    missing = len(read.ids("K", "seen") - read.seen(read.effects, "look"))
    glanced = len(read.ids("K", "seen") - read.seen(read.effects, "glance"))
    dropped = sum(read.figures["dropped_messages"])
    scene.must(missing > 100, f"{missing} events found no room: the handler was quick enough")
    scene.must(dropped == missing + glanced, f"{dropped} were counted as dropped, {missing + glanced} are missing")
    scene.must(memory < 64, f"the replica took {memory:.0f} MB")
    scene.figure("dropped", dropped)
    scene.figure("megabytes", memory)


@fault("T28", "events for every replica, and no fault", short=True)
def broadcast(scene):
    scene.play(seen=100, kept=100)
    time.sleep(0.7)
    read = scene.finish()
    scene.must(scene.figures["duplicates"] == 0, "an event was handed out twice")
    spreads = []
    for number in read.sent("seen", "kept"):
        handler = "glance" if number in read.sent("seen") else "copy"
        times = [note.time for name in scene.workers for note in read.handled[(handler, name), number]]
        scene.must(len(times) == 3, f"{number} came {len(times)} times to three replicas")
        spreads.append((max(times) - min(times)) / 1e9)
    scene.figure("spread", statistics.median(spreads))


@fault("T29", "3,000 calls to three replicas")
def balance(scene):
    scene.serve()
    scene.work("a", "b", "c")
    scene.load(ask=1500, count=3000)
    time.sleep(2.2)
    read = scene.finish()
    handled = [note.instance for (place, _), notes in read.handled.items() if place[0] == "ask" for note in notes]
    shares = sorted(handled.count(name) / len(handled) for name in scene.workers)
    scene.must(not read.statuses("ask"), f"queries failed: {dict(read.statuses('ask'))}")
    scene.must(0.28 < shares[0] and shares[2] < 0.38, f"their shares are {shares}")
    scene.figure("smallest_share", shares[0])
    scene.figure("largest_share", shares[2])


@fault("T34", "the server's disk is full")
def disk_full(scene):
    need_root("a file system of a few megabytes")
    store = scene.folder / "disk"
    store.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", store], check=True)
    scene.undo.append(lambda: subprocess.run(["umount", "-l", store], check=True))
    scene.serve(store=store)
    scene.work("a", "b", "c")
    scene.load(kept=400, size=16384)
    time.sleep(4)
    scene.stop_loads()
    scene.server.end()
    subprocess.run(["mount", "-o", "remount,size=256m", store], check=True)
    back = now()
    scene.server.start().listens()
    scene.load(kept=100)
    time.sleep(1)
    read = scene.finish()
    after = [time for time in read.successes("kept") if time > back]
    scene.must(after, "nothing was stored after there was room again")
    scene.figure("recovery", (after[0] - back) / 1e9 if after else 0)
    failed = read.statuses("kept")
    scene.must(failed, "the disk was never full")
    scene.figure("refused", sum(failed.values()))
    scene.figure("refused_as", ", ".join(sorted(failed)))


@fault("T39", "events as large as the server takes, and one byte larger", short=True)
def oversize(scene):
    scene.serve("max_payload: 65536")
    scene.work("a", "b", "c")
    for kind in ("kept", "seen"):
        fits, too_large = 60000, 70000
        while too_large - fits > 1:
            size = (fits + too_large) // 2
            load = scene.load(**{kind: 100, "count": 1, "size": size})
            scene.must(load.process.wait(30) == 0, "the load has no outcome")
            if scene.last_status() == "CATGA_OK":
                fits = size
            else:
                too_large = size
        scene.figure(f"largest_{kind}", fits)
    read = scene.finish()
    statuses = set(read.statuses("kept", "seen"))
    scene.must(statuses == {"CATGA_TOO_LARGE"}, f"too large a message was refused with {statuses}")
    scene.must(sum(read.figures["disconnects"]) == 0, "a connection was lost")
    scene.must(scene.figures["seen_lost"] == 0, "an event of a size that fits was lost")
