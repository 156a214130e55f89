"""
One repetition of a fault: its processes, their ledgers, the resulting figures, and the broken rules.
A fault is a function with one argument, a Fixture.
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
import measures
import nats
import processes

STREAM, DEAD = "TEST_WORK_V1", "TEST_WORK_V1_DEAD"
QUEUE, QUEUE_DEAD = "TEST_WORK_V1_Queue", "TEST_WORK_V1_Queue_DEAD"
TRAIL, TRAIL_DEAD = "TEST_TRAIL_V1", "TEST_TRAIL_V1_DEAD"  # of programs/trail.catga
TRAIL_CONSUMERS = 3  # of its two stored events for "audit", and of "follow"
ACK_WAIT = 1.0  # seconds until an event is redelivered to another replica
# Messages per second, and the microseconds that each takes.
USUAL = {"kept": 100, "once": 50, "seen": 100, "act": 100, "order": 50, "ask": 100, "work_us": 2000}
FAULTS = {}  # name -> Fault


class Skipped(Exception):
    """The machine lacks a requirement of a run, which the text names."""


class Fault:
    def __init__(self, number, name, sentence, play, short):
        self.number, self.name, self.sentence, self.play, self.short = number, name, sentence, play, short


def fault(number, sentence, short=False):
    """Adds a function to the table of faults: its number in the scorecard, a description, and whether the short form has it."""
    def enter(play):
        FAULTS[play.__name__] = Fault(number, play.__name__, sentence, play, short)
        return play
    return enter


class Fixture:
    def __init__(self, seed, where, keep=None):
        self.random = random.Random(seed)
        self.where = pathlib.Path(where)  # folder of the programs
        self.folder = pathlib.Path(keep or tempfile.mkdtemp(prefix="catga-delivery-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.kept = keep is not None
        self.processes, self.undo = [], []
        self.server, self.servers, self.workers = None, [], {}
        self.loads, self.started = [], 0  # running loads; number of all loads so far
        self.broken, self.late, self.figures = [], [], {}  # rules of the ledger, rules of the fault
        self.environment = {"CATGA_ACK_WAIT_MS": str(int(ACK_WAIT * 1000)), "CATGA_LOG": "warning"}
        self.ledger = None
        self.follows = False  # the replicas serve programs/trail.catga too
        self.counts_runs = True  # each run of an event after its first is a redelivery, and the reverse

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

    # ---- Processes

    def add(self, process):
        self.processes.append(process)
        return process

    def serve(self, config="", address="127.0.0.1", store=None):
        """Starts a server; all other processes use the first one."""
        server = self.add(processes.Server(self.folder / f"server-{len(self.servers)}", config, address, store))
        server.start().listens()
        self.servers.append(server)
        self.server = self.server or server
        return server

    def proxy(self):
        """Starts a proxy before the server."""
        return self.add(processes.Proxy(self.where / "delivery_proxy", self.folder, self.server.url()))

    def work(self, *names, servers=None, within=(), **environment):
        """Starts replicas in parallel, waits until they are ready, and returns the first."""
        added = [self.add(processes.Worker(self.where / "delivery_worker", self.folder, name, servers or self.server.url(),
                                          {**self.environment, **environment}, within)) for name in names]
        for worker in added:
            worker.start()
            self.workers[worker.name] = worker
        for worker in added:
            worker.ready()
        return added[0]

    def load(self, servers=None, environment=None, **plan):
        """Starts a load, with the arguments of programs/load.c or the defaults."""
        self.started += 1
        load = self.add(processes.Load(self.where / "delivery_load", self.folder, self.started,
                                      servers or self.server.url(), {**self.environment, **(environment or {})},
                                      plan or USUAL))
        self.loads.append(load)
        return load.start()

    def play(self, **plan):
        """Starts a server, the replicas a, b and c, and a load, and waits a moment."""
        self.serve()
        self.work("a", "b", "c")
        self.load(**plan)
        time.sleep(self.random.uniform(0.4, 0.7))

    def follow(self, **environment):
        """Starts a server, and the replicas a, b and c, which serve programs/trail.catga too."""
        self.follows = True
        self.serve()
        self.work("a", "b", "c", WORKER_FOLLOWS="1", **environment)

    def victims(self, count=1):
        return self.random.sample(list(self.workers.values()), count)

    # ---- Rules

    def must(self, condition, sentence):
        """Checks a rule of the fault: an event that must happen in time."""
        if not condition:
            self.late.append(sentence)

    def check(self, condition, sentence):
        """Checks a rule that does not depend on time, like those of the ledgers."""
        if not condition:
            self.broken.append(sentence)

    def figure(self, name, value):
        self.figures[name] = value

    # ---- The end

    def api(self):
        return nats.Nats(self.server.url())

    def asked(self, question):
        """Returns the server's answer to a question, or None while the asset has no leader."""
        try:
            with self.api() as api:
                return question(api)
        except (OSError, nats.Refused):
            return None

    def rested(self):
        """
        Returns true when no stored event waits for delivery or acknowledgement. A consumer without a
        leader is not listed, so both groups, that of the work queue, and each replica must have theirs.
        """
        consumers = self.consumers()
        expected = 3 + len(self.workers) + (TRAIL_CONSUMERS if self.follows else 0)
        return len(consumers) == expected and all(
            consumer["num_pending"] == 0 and consumer["num_ack_pending"] == 0 for consumer in consumers)

    def consumers(self):
        streams = (STREAM, QUEUE, TRAIL) if self.follows else (STREAM, QUEUE)
        return self.asked(lambda api: sum((api.consumers(stream) for stream in streams), [])) or ()

    def dead_letters(self):
        """Returns [((handler, replica), id, headers)] of all dead letters; the id of an invalid message is None."""
        def letters(api, stream):
            state = api.stream(stream)["state"]
            numbers = range(state["first_seq"], state["last_seq"] + 1) if state["messages"] else ()
            return [dead_letter(*api.message(stream, number)) for number in numbers]

        streams = (DEAD, QUEUE_DEAD, TRAIL_DEAD) if self.follows else (DEAD, QUEUE_DEAD)
        return processes.wait_until(lambda: self.asked(lambda api: (sum((letters(api, each) for each in streams), []),)),
                                    30, "the dead letters")[0]

    def stored(self, stream=STREAM):
        """Returns the number of events in the stream."""
        return processes.wait_until(lambda: self.asked(lambda api: (api.stream(stream)["state"]["messages"],)), 30,
                                    "the stream")[0]

    def events(self, stream):
        """Returns [(subject, id)] of the events in the stream, in the order of storing."""
        with self.api() as api:
            state = api.stream(stream)["state"]
            stored = (api.message(stream, number) for number in range(state["first_seq"], state["last_seq"] + 1))
            return [(subject, first_id(data)) for subject, _, data in stored]

    def last_status(self):
        """Returns the outcome of the last message of the latest load."""
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
                    for consumer in self.consumers()]
            raise processes.Trouble(f"{trouble}; waiting + handed out: {', '.join(left)}") from None

    def finish(self, seconds=30, ended=True):
        """
        Ends the load, waits until all is at rest, stops the replicas, and checks the ledgers. It
        repairs nothing. If a load was killed, `ended` is false, and outcomes may be missing.
        """
        self.stop_loads()
        self.rest(seconds)
        dead = self.dead_letters()
        self.figure("stored", self.stored())
        queued = self.stored(QUEUE)
        for worker in self.workers.values():
            code = worker.end(signal.SIGTERM)
            self.must(code == 0, f"replica {worker.name} ended with {code}: {worker.last_words()}")
        self.ledger = ledger.Ledger(self.folder)
        verdict = ledger.check(self.ledger, list(self.workers), {(place, number) for place, number, _ in dead},
                               [(worker.name, *stop) for worker in self.workers.values() for stop in worker.stops], ended)
        self.broken += verdict.broken
        loads = [process for process in self.processes if isinstance(process, processes.Load)]
        self.broken += measures.check(self.folder, self.ledger, len(dead), loads, list(self.workers.values()),
                                      self.counts_runs)
        if queued:
            self.broken.append(f"the work queue has {queued} tasks that were handled, or given up")
        self.count_stored(ledger.KEPT, self.figures["stored"])
        if self.follows:
            self.count_stored(ledger.TRAIL, self.stored(TRAIL))
        self.figures = {**verdict.figures, "dead": len(dead), **self.figures}
        return self.ledger

    def count_stored(self, kinds, stored):
        """Checks that a stream has all acknowledged events of these kinds."""
        acknowledged = len(self.ledger.ids("K", *kinds))
        if stored < acknowledged:
            self.broken.append(f"the server has {stored} of {acknowledged} events that it acknowledged")


def dead_letter(subject, headers, data):
    consumer = subject.rsplit(".", 1)[1].split("__")
    if consumer[1] == "audit":  # of a family: the handler of each event
        return ("audit_" + consumer[2].lower(), ""), first_id(data), headers
    return (consumer[1], consumer[2] if len(consumer) > 2 else ""), first_id(data), headers


def first_id(data):
    """Returns the field `id` of an event of programs/work.catga, or None for invalid bytes."""
    try:
        table = struct.unpack_from("<I", data)[0]
        vtable = table - struct.unpack_from("<i", data, table)[0]
        offset = struct.unpack_from("<H", data, vtable + 4)[0]
        return struct.unpack_from("<Q", data, table + offset)[0] if offset else 0
    except struct.error:
        return None


def now():
    """Returns the time on the clock of the ledgers."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def need_root(what):
    if os.geteuid() != 0:
        raise Skipped(f"{what} takes root")
