"""Faults of the protocol, by a server or a middlebox. They have no number in the scorecard."""

import time

from faults.instances import calls_survive
from fixture import ACK_WAIT, fault, now

import processes


def behind_proxy(fixture):
    """Starts a replica and the load behind a proxy, and two replicas without it."""
    fixture.serve()
    proxy = fixture.proxy()
    fixture.work("a", servers=proxy.url())
    fixture.work("b", "c")
    fixture.load(servers=proxy.url())
    time.sleep(fixture.random.uniform(0.4, 0.7))
    return proxy


def comes_back(fixture, read, since):
    """Checks that the replica behind the proxy gets queries again, and that the load continues."""
    times = [note.time for (place, _), notes in read.handled.items() if place[0] == "ask" for note in notes
             if note.instance == "a" and note.time > since]
    fixture.must(times, "the replica was never given anything again")
    fixture.figure("recovery", read.gap("act", "ask", since=since))
    fixture.must(fixture.figures["recovery"] < 2, f"no call succeeded for {fixture.figures['recovery']:.3f} s")


@fault("T49", "the server sends -ERR, which ends a connection of nats.c for good", short=True)
def error_said(fixture):
    proxy = behind_proxy(fixture)
    said = now()
    proxy.tell("error Unknown Protocol Operation")
    time.sleep(2)
    comes_back(fixture, fixture.finish(), said)


@fault("T50", "the server's answers to pings are lost")
def pongs_lost(fixture):
    proxy = behind_proxy(fixture)
    before = proxy.count()["connections"]
    lost = now()
    proxy.tell("drop pong 1 1000")
    # The server sends meanwhile, so the replica and the load wait ten times as long as for a silent one.
    processes.wait_until(lambda: proxy.count()["connections"] > before, 30, "another connection")
    proxy.tell("pass")
    healed = now()
    time.sleep(1.5)
    fixture.workers["a"].stops.append((lost, now()))  # it may reconnect later than the load
    read = fixture.finish()
    after = [time for time in read.successes("act", "ask") if time > healed]
    # An attempt to connect that misses its PONG is given up after two seconds.
    fixture.must(after and after[0] < healed + 3_000_000_000, "no call succeeded within three seconds of the end")
    fixture.figure("recovery", (after[0] - healed) / 1e9 if after else 0)


@fault("T51", "connections end in the middle of a message")
def cut_off(fixture):
    proxy = behind_proxy(fixture)
    for _ in range(5):
        proxy.tell(f"cut {fixture.random.choice(('up', 'down'))} {fixture.random.randint(1, 20000)}")
        time.sleep(0.5)
    cut = now()
    proxy.tell("pass")
    time.sleep(1)
    comes_back(fixture, fixture.finish(), cut)


@fault("T52", "messages to a replica are dropped: stored events, requests and answers")
def message_swallowed(fixture):
    proxy = behind_proxy(fixture)
    fixture.counts_runs = False  # the dropped delivery counts, too
    swallowed = now()
    for subject in ("catga.events.test.work.v1.Kept", "catga.queries.", "_INBOX."):
        before = proxy.count()["message_dropped"]
        proxy.tell(f"drop message {fixture.random.randint(1, 30)} 1 {subject}")
        processes.wait_until(lambda: proxy.count()["message_dropped"] > before, 10, f"a message of {subject}")
    time.sleep(ACK_WAIT + 0.5)
    calls_survive(fixture, fixture.finish(), swallowed, 1)
