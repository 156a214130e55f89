"""
One repetition of a fault: the processes that play in it, the ledgers that they write, the figures that come out, and the
rules that broke. A fault is a function with one argument, a Fixture.
"""

import os
import pathlib
import random
import shutil
import signal
import struct
import tempfile
import time

import ledger
import nats
import processes

STREAM, DEAD = "TEST_WORK_V1", "TEST_WORK_V1_DEAD"
ACK_WAIT = 1.0  # seconds until an event goes to another replica
# Messages a second, and the microseconds that each takes.
USUAL = {"kept": 100, "once": 50, "seen": 100, "act": 100, "order": 50, "ask": 100, "work_us": 2000}
FAULTS = {}  # name -> Fault


class Skipped(Exception):
    """The machine lacks what a run needs; the text says what."""


class Fault:
    def __init__(self, number, name, sentence, play, short):
        self.number, self.name, self.sentence, self.play, self.short = number, name, sentence, play, short


def fault(number, sentence, short=False):
    """Enters a function into the table of faults: its number in the scorecard, what happens, whether the short form has it."""
    def enter(play):
        FAULTS[play.__name__] = Fault(number, play.__name__, sentence, play, short)
        return play
    return enter


class Fixture:
    def __init__(self, seed, where, keep=None):
        self.random = random.Random(seed)
        self.where = pathlib.Path(where)  # of the programs
        self.folder = pathlib.Path(keep or tempfile.mkdtemp(prefix="catga-delivery-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.kept = keep is not None
        self.processes, self.undo = [], []
        self.server, self.servers, self.workers = None, [], {}
        self.loads, self.started = [], 0  # those that run; how many there have been
        self.broken, self.late, self.figures = [], [], {}  # rules of the ledger, rules of the fault
        self.environment = {"CATGA_ACK_WAIT_MS": str(int(ACK_WAIT * 1000)), "CATGA_LOG": "warning"}
        self.ledger = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.send(signal.SIGCONT)
            process.end()
        for action in reversed(self.undo):
            action()
        if not self.kept:
            shutil.rmtree(self.folder, ignore_errors=True)

    # ---- What plays

    def add(self, process):
        self.processes.append(process)
        return process

    def serve(self, config="", address="127.0.0.1", store=None):
        """A server; the first is the one that everything else turns to."""
        server = self.add(processes.Server(self.folder / f"server-{len(self.servers)}", config, address, store))
        server.start().listens()
        self.servers.append(server)
        self.server = self.server or server
        return server

    def proxy(self):
        """A proxy before the server."""
        return self.add(processes.Proxy(self.where / "delivery_proxy", self.folder, self.server.url()))

    def work(self, *names, servers=None, within=(), **environment):
        """Starts replicas, all at once, and waits until they are ready; returns the first."""
        added = [self.add(processes.Worker(self.where / "delivery_worker", self.folder, name, servers or self.server.url(),
                                          {**self.environment, **environment}, within)) for name in names]
        for worker in added:
            worker.start()
            self.workers[worker.name] = worker
        for worker in added:
            worker.ready()
        return added[0]

    def load(self, servers=None, environment=None, **plan):
        """Starts a load: what is sent as in programs/load.c, the usual unless told."""
        self.started += 1
        load = self.add(processes.Load(self.where / "delivery_load", self.folder, self.started,
                                      servers or self.server.url(), {**self.environment, **(environment or {})},
                                      plan or USUAL))
        self.loads.append(load)
        return load.start()

    def play(self, **plan):
        """The usual beginning: a server, the replicas a, b and c, a load, and a moment's peace."""
        self.serve()
        self.work("a", "b", "c")
        self.load(**plan)
        time.sleep(self.random.uniform(0.4, 0.7))

    def victims(self, count=1):
        return self.random.sample(list(self.workers.values()), count)

    # ---- What is said of it

    def must(self, condition, sentence):
        """A rule of the fault: about what is to happen, and when."""
        if not condition:
            self.late.append(sentence)

    def figure(self, name, value):
        self.figures[name] = value

    # ---- How it ends

    def api(self):
        return nats.Nats(self.server.url())

    def asked(self, question):
        """The answer to a question to the server; None when nobody leads what it is about."""
        try:
            with self.api() as api:
                return question(api)
        except (OSError, nats.Refused):
            return None

    def rested(self):
        """
        True when nothing that is stored waits to be handed out or acknowledged. A consumer that nobody leads at the moment
        is not listed: there must be those of two groups, and one for each replica.
        """
        consumers = self.asked(lambda api: api.consumers(STREAM)) or ()
        return len(consumers) == 2 + len(self.workers) and all(
            consumer["num_pending"] == 0 and consumer["num_ack_pending"] == 0 for consumer in consumers)

    def dead_letters(self):
        """[((handler, replica), id, headers)] of all that was given up; an id of None is that of no message."""
        def letters(api):
            state = api.stream(DEAD)["state"]
            numbers = range(state["first_seq"], state["last_seq"] + 1) if state["messages"] else ()
            return [dead_letter(*api.message(DEAD, number)) for number in numbers]

        return processes.wait_until(lambda: self.asked(lambda api: (letters(api),)), 30, "the dead letters")[0]

    def stored(self):
        """How many events the stream has."""
        return processes.wait_until(lambda: self.asked(lambda api: (api.stream(STREAM)["state"]["messages"],)), 30,
                                    "the stream")[0]

    def last_status(self):
        """The outcome of the last message of the load that was started last."""
        return (self.folder / f"load-{self.started}.ledger").read_text().split("\nS ")[0].split()[-2]

    def stop_loads(self):
        for load in self.loads:
            self.must(load.end(signal.SIGTERM, 90) == 0, "a call or event of the load has no outcome")
        self.loads = []

    def rest(self, seconds):
        try:
            processes.wait_until(self.rested, seconds, "all stored events to be handled")
        except processes.Trouble as trouble:
            left = [f"{consumer['name']} {consumer['num_pending']}+{consumer['num_ack_pending']}"
                    for consumer in self.asked(lambda api: api.consumers(STREAM)) or ()]
            raise processes.Trouble(f"{trouble}; waiting + handed out: {', '.join(left)}") from None

    def finish(self, seconds=30, ended=True):
        """
        Heals nothing: ends the load, waits until all is at rest, ends the replicas, and reads the ledgers by the rules. A
        load that was killed has not `ended`: outcomes may be missing.
        """
        self.stop_loads()
        self.rest(seconds)
        dead = self.dead_letters()
        self.figure("stored", self.stored())
        for worker in self.workers.values():
            code = worker.end(signal.SIGTERM)
            self.must(code == 0, f"replica {worker.name} ended with {code}: {worker.last_words()}")
        self.ledger = ledger.Ledger(self.folder)
        verdict = ledger.check(self.ledger, list(self.workers), {(place, number) for place, number, _ in dead},
                               [(worker.name, *stop) for worker in self.workers.values() for stop in worker.stops], ended)
        self.broken += verdict.broken
        stored, acknowledged = self.figures["stored"], verdict.figures["acknowledged"]
        if stored < acknowledged:
            self.broken.append(f"the server has {stored} of {acknowledged} events that it acknowledged")
        self.figures = {**verdict.figures, "dead": len(dead), **self.figures}
        return self.ledger


def dead_letter(subject, headers, data):
    consumer = subject.rsplit(".", 1)[1].split("__")
    return (consumer[1], consumer[2] if len(consumer) > 2 else ""), first_id(data), headers


def first_id(data):
    """The field `id` of an event of programs/work.catga, or None where the bytes are none."""
    try:
        table = struct.unpack_from("<I", data)[0]
        vtable = table - struct.unpack_from("<i", data, table)[0]
        offset = struct.unpack_from("<H", data, vtable + 4)[0]
        return struct.unpack_from("<Q", data, table + offset)[0] if offset else 0
    except struct.error:
        return None


def now():
    """The clock of the ledgers."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def need_root(what):
    if os.geteuid() != 0:
        raise Skipped(f"{what} takes root")
