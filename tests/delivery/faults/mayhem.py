"""All faults at once, for a while: the seed decides their order and times."""

import signal
import time

from faults.instances import restart
from fixture import fault, now


@fault("T47", "all faults: replicas and the server are killed and paused, and connections cut, for fifteen seconds")
def mayhem(fixture):
    fixture.serve()
    proxy = fixture.proxy()
    fixture.work("a", "b", servers=proxy.url())
    fixture.work("c")
    fixture.load(servers=proxy.url())
    fixture.load()
    began, end = now(), time.monotonic() + 15
    while time.monotonic() < end:
        happens = fixture.random.choice((kill_replica, pause_replica, kill_server, pause_server, cut_connections))
        since = now()
        happens(fixture, proxy)
        # Consecutive outages may last longer than a lease.
        for worker in fixture.workers.values() if happens in (kill_server, pause_server, cut_connections) else ():
            worker.stops.append((since, now()))
        time.sleep(fixture.random.uniform(0.05, 0.6))
    restart(fixture)
    time.sleep(1)
    read = fixture.finish(60)
    fixture.figure("recovery", read.gap("act", "ask", since=began))


def kill_replica(fixture, proxy):
    fixture.victims()[0].end()
    time.sleep(fixture.random.uniform(0, 0.5))
    restart(fixture)


def pause_replica(fixture, proxy):
    pause(fixture, fixture.victims()[0])


def kill_server(fixture, proxy):
    fixture.server.end()
    time.sleep(fixture.random.uniform(0, 0.5))
    fixture.server.start().listens()


def pause_server(fixture, proxy):
    pause(fixture, fixture.server)


def pause(fixture, process):
    process.send(signal.SIGSTOP)
    time.sleep(fixture.random.uniform(0, 1.5))
    process.send(signal.SIGCONT)


def cut_connections(fixture, proxy):
    proxy.tell(fixture.random.choice(("reset", "hold up", "hold down", "cut up 5000", "cut down 5000", "close up")))
    time.sleep(fixture.random.uniform(0, 0.5))
    proxy.tell("pass")
