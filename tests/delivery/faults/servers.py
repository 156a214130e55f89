"""Servers that die, pause, are absent, or start late."""

import signal
import socket
import time

from fixture import STREAM, fault, now

import processes


def after_return(fixture, read, back):
    """Returns the time from the server's return to the first success."""
    calls = [time for time in read.successes("act", "ask", "peek") if time > back]
    stored = [time for time in read.successes("kept") if time > back]
    fixture.must(calls and stored, "nothing succeeded after the server had come back")
    fixture.figure("recovery", (calls[0] - back) / 1e9 if calls else 0)
    fixture.figure("stored_after", (stored[0] - back) / 1e9 if stored else 0)


@fault("T7", "the server is killed, and restarts within a second", short=True)
def server_killed(fixture):
    fixture.play()
    fixture.server.end()
    time.sleep(fixture.random.uniform(0.1, 1))
    fixture.server.start().listens()
    back = now()
    time.sleep(1.5)
    after_return(fixture, fixture.finish(), back)


@fault("T10", "the server is paused for five seconds while 64 MiB are published")
def server_paused(fixture):
    fixture.serve()
    fixture.work("a", "b", "c")
    load = fixture.load(kept=200, seen=600, size=32768, environment={"CATGA_IN_FLIGHT": "256"})
    time.sleep(0.5)
    paused = now()
    fixture.server.send(signal.SIGSTOP)
    time.sleep(5)
    fixture.server.send(signal.SIGCONT)
    time.sleep(2)
    memory = load.memory() / (1 << 20)
    read = fixture.finish(60)
    longest = read.figures["longest_send_ns"][0] / 1e9
    fixture.figure("recovery", read.gap("kept", since=paused) - 5)
    fixture.figure("longest_send", longest)
    fixture.figure("megabytes", memory)
    fixture.must(longest < 3, f"a function that does not wait took {longest:.3f} s")
    fixture.must(memory < 128, f"the publisher took {memory:.0f} MB")


@fault("T12", "the server is absent for fifteen seconds")
def server_away(fixture):
    fixture.play()
    fixture.server.end()
    time.sleep(15)
    fixture.server.start().listens()
    back = now()
    time.sleep(1.5)
    memory = max(process.memory() for process in (*fixture.workers.values(), *fixture.loads)) / (1 << 20)
    after_return(fixture, fixture.finish(), back)
    fixture.figure("megabytes", memory)
    fixture.must(memory < 64, f"a process took {memory:.0f} MB")


@fault("T13", "services start before their server")
def server_comes_late(fixture):
    start_before(fixture, lambda: fixture.server.start().listens())


@fault("T13", "services start, and the server's address closes connections at once")
def server_hangs_up(fixture):
    fixture.serve()
    proxy = fixture.proxy()
    proxy.tell("refuse")
    start_before(fixture, lambda: proxy.tell("pass"), proxy.url())
    fixture.figure("connections", proxy.count()["connections"])


@fault("T13", "twelve replicas start at once at an empty server")
def all_start_at_once(fixture):
    fixture.serve()
    began = time.monotonic()
    fixture.work(*"abcdefghijkl")
    fixture.figure("recovery", time.monotonic() - began)
    fixture.load(kept=50, order=50, count=25)
    time.sleep(0.7)
    read = fixture.finish()
    fixture.must(not read.statuses("order", "kept"), "something failed though nothing was wrong")


def start_before(fixture, begin, servers=None):
    """Starts replicas whose server's host name resolves only after two seconds."""
    if servers is None:
        fixture.server = fixture.add(processes.Server(fixture.folder / "server"))
        fixture.server.start().listens()
        fixture.server.end()
    workers = [fixture.add(processes.Worker(fixture.where / "delivery_worker", fixture.folder, name,
                                          servers or fixture.server.url(),
                                          {**fixture.environment, "CATGA_CONNECT_WAIT_MS": "-1"}))
               for name in ("a", "b", "c")]
    for worker in workers:
        fixture.workers[worker.name] = worker.start()
    time.sleep(2)
    fixture.must(all(worker.alive() for worker in workers), "a replica did not wait for its server")
    began = time.monotonic()
    begin()
    for worker in workers:
        worker.ready()
    fixture.figure("recovery", time.monotonic() - began)
    fixture.load()
    time.sleep(0.5)
    read = fixture.finish()
    fixture.must(not read.statuses("act", "ask", "kept"), "something failed though the server was there")


@fault("T27", "events that may be lost beside events that may not, while the server is killed", short=True)
def levels(fixture):
    fixture.serve()
    fixture.work("a", "b", "c")
    fixture.load(seen=100, kept=100, count=100)
    time.sleep(fixture.random.uniform(0.3, 0.6))
    fixture.server.end()
    fixture.server.start().listens()
    back = now()
    time.sleep(1.5)
    read = fixture.finish()
    stored = [time for time in read.successes("kept") if time > back]
    fixture.figure("recovery", (stored[0] - back) / 1e9 if stored else 0)
    fixture.must(len(read.ids("K", "kept")) + len(read.ids("FU", "kept")) == 100, "an event has no outcome")


@fault("T31", "the server is killed again and again while events are published")
def server_killed_often(fixture):
    fixture.serve()
    fixture.work("a", "b", "c")
    fixture.load(kept=500)
    times = []
    for _ in range(34):
        time.sleep(fixture.random.uniform(0.05, 0.4))
        fixture.server.end()
        fixture.server.start().listens()
        times.append(now())
    time.sleep(1)
    read = fixture.finish(60)
    successes = read.successes("kept")
    waits = [min((success for success in successes if success > back), default=None) for back in times]
    fixture.must(None not in waits, "nothing was stored after the server had come back")
    fixture.figure("kills", len(times))
    fixture.figure("recovery", read.gap("kept"))


# ---- Clusters

CLUSTER = """
server_name: n{number}
cluster {{ name: work, listen: "127.0.0.1:{own}", routes: [{routes}] }}
"""


def free_ports(fixture, count):
    """
    Returns free ports, for servers that must know each other's before they start. They are below the
    range that the system gives to connections, which could take one in between.
    """
    ports = []
    while len(ports) < count:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", fixture.random.randrange(10000, 32000)))
                ports.append(probe.getsockname()[1])
            except OSError:
                pass
    return ports


def cluster(fixture):
    """Starts three servers that keep three copies of every event, and a replica at each."""
    ports = free_ports(fixture, 3)
    routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in ports)
    servers = [fixture.add(processes.Server(fixture.folder / f"server-{number}",
                                          CLUSTER.format(number=number, own=port, routes=routes)))
               for number, port in enumerate(ports)]
    for server in servers:
        server.start()
    for server in servers:
        server.listens()
    fixture.servers, fixture.server = servers, servers[0]
    fixture.environment["CATGA_REPLICAS"] = "3"
    fixture.environment["CATGA_CONNECT_WAIT_MS"] = "20000"
    processes.wait_until(lambda: ready(servers), 30, "the cluster to choose its leader")
    urls = [server.url() for server in servers]
    for name, first in zip("abc", range(3)):
        fixture.work(name, servers=",".join(urls[first:] + urls[:first]))
    return ",".join(urls)


def ready(servers):
    """Waits until a leader knows the other servers: before that, it cannot place three copies."""
    return any(len(peers) == 2 and all(peer.get("current") and not peer.get("offline") for peer in peers)
               for peers in (server.ask("jsz").get("meta_cluster", {}).get("replicas", []) for server in servers))


def lose_server(fixture, choose, seconds):
    """Kills one of three servers under load, chosen while all are running."""
    urls = cluster(fixture)
    fixture.load(servers=urls)
    time.sleep(1)
    victim = choose(fixture)
    fixture.server = next(server for server in fixture.servers if server is not victim)
    killed = now()
    victim.end()
    time.sleep(seconds)
    victim.start().listens()
    read = fixture.finish(60)
    fixture.figure("call_gap", read.gap("act", "ask", since=killed))
    fixture.figure("publish_gap", read.gap("kept", since=killed))
    fixture.must(not read.statuses("ask"), f"queries failed: {dict(read.statuses('ask'))}")
    fixture.must(fixture.figures["call_gap"] < 1, f"no call succeeded for {fixture.figures['call_gap']:.3f} s")


def callers_server(fixture):
    return next(server for server in fixture.servers if server.has_client("load-1"))


def leader(fixture):
    """Returns the leader of the stream."""
    with fixture.api() as api:
        return fixture.servers[int(api.stream(STREAM)["cluster"]["leader"][1:])]


@fault("T8", "of three servers, the one that the callers are connected to is killed")
def cluster_node_killed(fixture):
    lose_server(fixture, callers_server, 3)
    fixture.figure("recovery", fixture.figures["call_gap"])


@fault("T9", "of three servers, the leader of a stream with three copies is killed")
def stream_leader_killed(fixture):
    fixture.counts_runs = False  # a new leader may not know what the former has delivered
    lose_server(fixture, leader, 10)
    fixture.figure("recovery", fixture.figures["publish_gap"])
