"""Servers that die, pause, are away, or come late."""

import signal
import socket
import time

from scene import STREAM, fault, now

import processes


def after_return(scene, read, back):
    """The time from the moment when the server listens again to the first success."""
    calls = [time for time in read.successes("act", "ask", "peek") if time > back]
    stored = [time for time in read.successes("kept") if time > back]
    scene.must(calls and stored, "nothing succeeded after the server had come back")
    scene.figure("recovery", (calls[0] - back) / 1e9 if calls else 0)
    scene.figure("stored_after", (stored[0] - back) / 1e9 if stored else 0)


@fault("T7", "the server is killed, and comes back within a second", short=True)
def server_killed(scene):
    scene.play()
    scene.server.end()
    time.sleep(scene.random.uniform(0.1, 1))
    scene.server.start().listens()
    back = now()
    time.sleep(1.5)
    after_return(scene, scene.finish(), back)


@fault("T10", "the server is paused for five seconds while 64 MiB are published")
def server_paused(scene):
    scene.serve()
    scene.work("a", "b", "c")
    load = scene.load(kept=200, seen=600, size=32768, environment={"CATGA_IN_FLIGHT": "256"})
    time.sleep(0.5)
    paused = now()
    scene.server.send(signal.SIGSTOP)
    time.sleep(5)
    scene.server.send(signal.SIGCONT)
    time.sleep(2)
    memory = load.memory() / (1 << 20)
    read = scene.finish(60)
    longest = read.figures["longest_send_ns"][0] / 1e9
    scene.figure("recovery", read.gap("kept", since=paused) - 5)
    scene.figure("longest_send", longest)
    scene.figure("megabytes", memory)
    scene.must(longest < 3, f"a function that does not wait took {longest:.3f} s")
    scene.must(memory < 128, f"the publisher took {memory:.0f} MB")


@fault("T12", "the server is away for fifteen seconds")
def server_away(scene):
    scene.play()
    scene.server.end()
    time.sleep(15)
    scene.server.start().listens()
    back = now()
    time.sleep(1.5)
    memory = max(process.memory() for process in (*scene.workers.values(), *scene.loads)) / (1 << 20)
    after_return(scene, scene.finish(), back)
    scene.figure("megabytes", memory)
    scene.must(memory < 64, f"a process took {memory:.0f} MB")


@fault("T13", "services start before their server")
def server_comes_late(scene):
    start_before(scene, lambda: scene.server.start().listens())


@fault("T13", "services start, and what listens at the server's address hangs up at once")
def server_hangs_up(scene):
    scene.serve()
    proxy = scene.proxy()
    proxy.tell("refuse")
    start_before(scene, lambda: proxy.tell("pass"), proxy.url())
    scene.figure("connections", proxy.count()["connections"])


@fault("T13", "twelve replicas start at once, and find nothing that they need on the server")
def all_start_at_once(scene):
    scene.serve()
    began = time.monotonic()
    scene.work(*"abcdefghijkl")
    scene.figure("recovery", time.monotonic() - began)
    scene.load(kept=50, order=50, count=25)
    time.sleep(0.7)
    read = scene.finish()
    scene.must(not read.statuses("order", "kept"), "something failed though nothing was wrong")


def start_before(scene, begin, servers=None):
    """Replicas are started, and after two seconds the server's address begins to be one."""
    if servers is None:
        scene.server = scene.add(processes.Server(scene.folder / "server"))
        scene.server.start().listens()
        scene.server.end()
    workers = [scene.add(processes.Worker(scene.where / "delivery_worker", scene.folder, name,
                                          servers or scene.server.url(),
                                          {**scene.environment, "CATGA_CONNECT_WAIT_MS": "-1"}))
               for name in ("a", "b", "c")]
    for worker in workers:
        scene.workers[worker.name] = worker.start()
    time.sleep(2)
    scene.must(all(worker.alive() for worker in workers), "a replica did not wait for its server")
    began = time.monotonic()
    begin()
    for worker in workers:
        worker.ready()
    scene.figure("recovery", time.monotonic() - began)
    scene.load()
    time.sleep(0.5)
    read = scene.finish()
    scene.must(not read.statuses("act", "ask", "kept"), "something failed though the server was there")


@fault("T27", "events that may be lost beside events that may not, while the server is killed", short=True)
def levels(scene):
    scene.serve()
    scene.work("a", "b", "c")
    scene.load(seen=100, kept=100, count=100)
    time.sleep(scene.random.uniform(0.3, 0.6))
    scene.server.end()
    scene.server.start().listens()
    back = now()
    time.sleep(1.5)
    read = scene.finish()
    stored = [time for time in read.successes("kept") if time > back]
    scene.figure("recovery", (stored[0] - back) / 1e9 if stored else 0)
    scene.must(len(read.ids("K", "kept")) + len(read.ids("FU", "kept")) == 100, "an event has no outcome")


@fault("T31", "the server is killed again and again while events are published")
def server_killed_often(scene):
    scene.serve()
    scene.work("a", "b", "c")
    scene.load(kept=500)
    times = []
    for _ in range(34):
        time.sleep(scene.random.uniform(0.05, 0.4))
        scene.server.end()
        scene.server.start().listens()
        times.append(now())
    time.sleep(1)
    read = scene.finish(60)
    successes = read.successes("kept")
    waits = [min((success for success in successes if success > back), default=None) for back in times]
    scene.must(None not in waits, "nothing was stored after the server had come back")
    scene.figure("kills", len(times))
    scene.figure("recovery", read.gap("kept"))


# ---- Clusters

CLUSTER = """
server_name: n{number}
cluster {{ name: work, listen: "127.0.0.1:{own}", routes: [{routes}] }}
"""


def free_ports(scene, count):
    """
    Ports that nobody listens at: of servers that must know of each other before they start. They are below those that the
    system gives to connections, or one could be taken until its server comes.
    """
    ports = []
    while len(ports) < count:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", scene.random.randrange(10000, 32000)))
                ports.append(probe.getsockname()[1])
            except OSError:
                pass
    return ports


def cluster(scene):
    """Three servers that keep every event three times, and three replicas, each at a server of its own."""
    ports = free_ports(scene, 3)
    routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in ports)
    servers = [scene.add(processes.Server(scene.folder / f"server-{number}",
                                          CLUSTER.format(number=number, own=port, routes=routes)))
               for number, port in enumerate(ports)]
    for server in servers:
        server.start()
    for server in servers:
        server.listens()
    scene.servers, scene.server = servers, servers[0]
    scene.environment["CATGA_REPLICAS"] = "3"
    scene.environment["CATGA_CONNECT_WAIT_MS"] = "20000"
    processes.wait_until(lambda: ready(servers), 30, "the cluster to choose its leader")
    urls = [server.url() for server in servers]
    for name, first in zip("abc", range(3)):
        scene.work(name, servers=",".join(urls[first:] + urls[:first]))
    return ",".join(urls)


def ready(servers):
    """One of them leads, and knows that the others are there: before, it finds no place for three copies."""
    return any(len(peers) == 2 and all(peer.get("current") and not peer.get("offline") for peer in peers)
               for peers in (server.ask("jsz").get("meta_cluster", {}).get("replicas", []) for server in servers))


def lose_server(scene, choose, seconds):
    """Calls and events under load while one of three servers, chosen when all are at work, is killed."""
    urls = cluster(scene)
    scene.load(servers=urls)
    time.sleep(1)
    victim = choose(scene)
    scene.server = next(server for server in scene.servers if server is not victim)
    killed = now()
    victim.end()
    time.sleep(seconds)
    victim.start().listens()
    read = scene.finish(60)
    scene.figure("call_gap", read.gap("act", "ask", since=killed))
    scene.figure("publish_gap", read.gap("kept", since=killed))
    scene.must(not read.statuses("ask"), f"queries failed: {dict(read.statuses('ask'))}")
    scene.must(scene.figures["call_gap"] < 1, f"no call succeeded for {scene.figures['call_gap']:.3f} s")


def callers_server(scene):
    return next(server for server in scene.servers if server.has_client("load-1"))


def leader(scene):
    """The server that leads the stream."""
    with scene.api() as api:
        return scene.servers[int(api.stream(STREAM)["cluster"]["leader"][1:])]


@fault("T8", "of three servers, the one that the callers are connected to is killed")
def cluster_node_killed(scene):
    lose_server(scene, callers_server, 3)
    scene.figure("recovery", scene.figures["call_gap"])


@fault("T9", "of three servers, the leader of a stream that is kept three times is killed")
def stream_leader_killed(scene):
    lose_server(scene, leader, 10)
    scene.figure("recovery", scene.figures["publish_gap"])
