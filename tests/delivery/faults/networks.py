"""Networks that are cut in one or both directions, flap, are slow, or stall."""

import shutil
import subprocess
import time

from faults.instances import HOLE, calls_survive
from fixture import Skipped, fault, need_root, now

MEGABYTE = 1 << 20


@fault("T11", "after a lost connection the server sends its first line, and no more")
def stalled_after_info(fixture):
    fixture.serve()
    proxy = fixture.proxy()
    behind = fixture.work("a", servers=proxy.url())
    fixture.work("b", "c")
    fixture.load()
    time.sleep(0.5)
    proxy.tell("stall")
    proxy.tell("reset")
    cut = now()
    time.sleep(4)
    proxy.tell("pass")
    proxy.tell("reset")
    behind.stops.append((cut, now()))
    time.sleep(2)
    memory = behind.memory() / MEGABYTE
    read = fixture.finish()
    calls_survive(fixture, read, cut, 1)
    fixture.figure("megabytes", memory)
    fixture.must(memory < 64, f"the replica behind it took {memory:.0f} MB")
    back = [note.time for (place, _), notes in read.handled.items() if place[0] == "ask" for note in notes
            if note.instance == "a" and note.time > cut + 4_000_000_000]
    fixture.must(back, "the replica behind it was never given anything again")


def namespace(fixture):
    """A separate network for a replica: the command prefix that runs a program there, and the address of this side."""
    need_root("a network namespace")
    if shutil.which("ip") is None:
        raise Skipped("there is no program ip")
    name = f"catga{fixture.random.getrandbits(24):06x}"
    here, there = f"{name}a", f"{name}b"
    net = f"10.{fixture.random.randint(64, 127)}.{fixture.random.randint(0, 255)}"

    def ip(*words):
        subprocess.run(["ip", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    ip("netns", "add", name)
    fixture.undo.append(lambda: ip("netns", "delete", name))
    ip("link", "add", here, "type", "veth", "peer", "name", there)
    ip("link", "set", there, "netns", name)
    ip("address", "add", f"{net}.1/24", "dev", here)
    ip("link", "set", here, "up")
    ip("-n", name, "address", "add", f"{net}.2/24", "dev", there)
    ip("-n", name, "link", "set", there, "up")
    return ["ip", "netns", "exec", name], f"{net}.1", lambda state: ip("-n", name, "link", "set", there, state)


@fault("T14", "an instance is cut off from the network for five seconds")
def partition(fixture):
    within, address, link = namespace(fixture)
    fixture.serve(address=address)
    behind = fixture.work("a", within=within)
    fixture.work("b", "c")
    fixture.load()
    time.sleep(fixture.random.uniform(0.4, 0.7))
    cut = now()
    link("down")
    time.sleep(5)
    link("up")
    healed = now()
    behind.stops.append((cut, healed))
    time.sleep(2.5)
    read = fixture.finish()
    calls_survive(fixture, read, cut, 3, failing=HOLE)
    back = sorted(note.time for (place, _), notes in read.handled.items() if place[0] == "ask" for note in notes
                  if note.instance == "a" and note.time > healed)
    fixture.must(back, "the instance never came back")
    fixture.figure("back_after", (back[0] - healed) / 1e9 if back else 0)


@fault("T15", "an instance receives but cannot send for three seconds")
def one_way_partition(fixture):
    fixture.serve()
    proxy = fixture.proxy()
    behind = fixture.work("a", servers=proxy.url())
    fixture.work("b", "c")
    fixture.load()
    time.sleep(fixture.random.uniform(0.4, 0.7))
    cut = now()
    proxy.tell("hold up")
    time.sleep(3)
    proxy.tell("pass")
    behind.stops.append((cut, now()))
    time.sleep(1.5)
    calls_survive(fixture, fixture.finish(), cut, 3, failing=HOLE)


@fault("T16", "a network that comes and goes, for six seconds")
def flapping(fixture):
    fixture.serve()
    proxy = fixture.proxy()
    worker = fixture.work("a", "b", servers=proxy.url())
    fixture.work("c")
    fixture.load(servers=proxy.url())
    time.sleep(0.5)
    held = worker.held()
    before, cut, end = proxy.count()["connections"], now(), time.monotonic() + 6
    while time.monotonic() < end:
        proxy.tell(fixture.random.choice(("reset", "hold up", "hold down")))
        time.sleep(0.3)
        proxy.tell("pass")
        time.sleep(fixture.random.uniform(0.05, 0.3))
    made = proxy.count()["connections"] - before
    time.sleep(1.5)
    # A link created on first use, with one descriptor and three threads, is not a leak.
    fixture.must(all(now <= then + link for then, now, link in zip(held, worker.held(), (1, 3))),
               f"a replica had {held} descriptors and threads, and has {worker.held()}")
    read = fixture.finish()
    fixture.figure("recovery", read.gap("act", "ask", since=cut))
    fixture.figure("connections_a_minute", made * 10)
    fixture.must(made < 3 * 2 * 6 / 0.1, f"{made} connections were made in six seconds")
    fixture.must(fixture.figures["recovery"] < 3, f"no call succeeded for {fixture.figures['recovery']:.3f} s")


@fault("T17", "a slow network: 100 ms each way, 1 Mbit/s")
def slow_network(fixture):
    fixture.serve()
    proxy = fixture.proxy()
    for command in ("delay up 100", "delay down 100", "throttle up 125000", "throttle down 125000"):
        proxy.tell(command)
    fixture.work("a", "b", "c", servers=proxy.url())
    fixture.load(kept=20, seen=20, act=20, ask=20)
    time.sleep(3)
    read = fixture.finish()
    fixture.figure("recovery", read.gap("act", "ask"))
    waits = read.waits("act", "ask")
    fixture.figure("median_call", waits[len(waits) // 2])
    fixture.must(not read.statuses("act", "ask", "kept"), f"failed: {dict(read.statuses('act', 'ask', 'kept'))}")
    fixture.must(fixture.figures["duplicates"] == 0, "an event was handed out twice, though it was only late")
