"""Everything at once, for a while: the order and the moments are the seed's."""

import signal
import time

from faults.instances import restart
from scene import fault, now


@fault("T47", "whatever comes: replicas and the server killed and paused, their connections cut, for fifteen seconds")
def mayhem(scene):
    scene.serve()
    proxy = scene.proxy()
    scene.work("a", "b", servers=proxy.url())
    scene.work("c")
    scene.load(servers=proxy.url())
    scene.load()
    began, end = now(), time.monotonic() + 15
    while time.monotonic() < end:
        happens = scene.random.choice((kill_replica, pause_replica, kill_server, pause_server, cut_connections))
        since = now()
        happens(scene, proxy)
        # One outage after the other may last for longer than a lease.
        for worker in scene.workers.values() if happens in (kill_server, pause_server, cut_connections) else ():
            worker.stops.append((since, now()))
        time.sleep(scene.random.uniform(0.05, 0.6))
    restart(scene)
    time.sleep(1)
    read = scene.finish(60)
    scene.figure("recovery", read.gap("act", "ask", since=began))


def kill_replica(scene, proxy):
    scene.victims()[0].end()
    time.sleep(scene.random.uniform(0, 0.5))
    restart(scene)


def pause_replica(scene, proxy):
    pause(scene, scene.victims()[0])


def kill_server(scene, proxy):
    scene.server.end()
    time.sleep(scene.random.uniform(0, 0.5))
    scene.server.start().listens()


def pause_server(scene, proxy):
    pause(scene, scene.server)


def pause(scene, process):
    process.send(signal.SIGSTOP)
    time.sleep(scene.random.uniform(0, 1.5))
    process.send(signal.SIGCONT)


def cut_connections(scene, proxy):
    proxy.tell(scene.random.choice(("reset", "hold up", "hold down", "cut up 5000", "cut down 5000", "close up")))
    time.sleep(scene.random.uniform(0, 0.5))
    proxy.tell("pass")
