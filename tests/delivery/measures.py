"""
The metrics of a run, and a check that they equal its ledgers. Each process of programs/ writes its
metrics when it ends in good order; a killed process leaves none. README.md lists the rules.
"""

import collections
import pathlib
import sys

from ledger import CALLS, HANDLERS, STORED

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "metrics"))

import exposition  # noqa: E402

TYPES = {"act": "Act", "order": "Order", "ask": "Ask", "peek": "Peek", "seen": "Seen", "kept": "Kept", "once": "Once",
         "task": "Task", "stepped": "Stepped", "settled": "Settled", "glimpsed": "Glimpsed"}

# Counters of catga_count, which a worker records, and the metrics with the same events.
COUNTERS = {
    "handled": ["catga_messages_handled_total"],
    "handlers_failed": ["handler_failed"],
    "bad_messages": ["catga_messages_verify_failed_total"],
    "redelivered": ["catga_messages_redelivered_total"],
    "retried_later": ["catga_messages_retried_total"],
    "dead_letters": ["catga_messages_deadlettered_total"],
    "given_up": ["catga_messages_given_up_total"],
    "repeated": ["catga_messages_duplicates_suppressed_total"],
    "claims_held": ["in_progress"],
}


class Metrics:
    """The metrics of all processes that ended in good order. A reason of failures is a name, too."""

    def __init__(self, folder, pattern):
        self.values = collections.Counter()  # (name, kind) -> sum
        self.files = sorted(pathlib.Path(folder).glob(f"{pattern}.ledger.*.metrics"))
        for path in self.files:
            for (name, labels), value in exposition.read(path.read_text()).items():
                self.add(name, dict(labels), int(value))

    def add(self, name, labels, value):
        kind = labels.get("method", labels.get("type", "")).rsplit(".", 1)[-1].lower()
        self.values[name, kind] += value
        if "service" in labels and "reason" in labels:
            self.values[labels["reason"], kind] += value

    def of(self, name, kind):
        return self.values[name, kind]

    def all(self, *names):
        return sum(value for (name, _), value in self.values.items() if name in names)


def differences(pairs):
    """Returns a sentence for each (what, metric, ledger) with different numbers."""
    return [f"metrics: {what}: {metric}, and {ledger} in the ledgers" for what, metric, ledger in pairs if metric != ledger]


def sent(ledger, metrics):
    """Yields the comparisons of senders, none of which was killed."""
    for kind in TYPES:
        good, bad = len(ledger.ids("K", kind)), len(ledger.ids("FU", kind))
        if kind in CALLS:
            yield f"calls {kind}", metrics.of("catga_client_requests_total", kind), good + bad
            yield f"failed calls {kind}", metrics.of("catga_client_requests_failed_total", kind), bad
        else:
            yield f"published {kind}", metrics.of("catga_messages_published_total", kind), good
            yield f"not published {kind}", metrics.of("catga_messages_publish_failed_total", kind), bad
        if kind in STORED:
            yield f"acknowledged {kind}", metrics.of("catga_messages_acked_total", kind), good


def count(notes, kind, *handlers):
    """Returns the number of records in `notes` of these handlers, or of all handlers of the kind."""
    return sum(len(records) for (place, _), records in notes.items()
               if HANDLERS[place[0]].kind == kind and (not handlers or place[0] in handlers))


def handled(ledger, metrics):
    """Yields the comparisons of replicas, none of which was killed."""
    for kind in TYPES:
        succeeded = metrics.of("catga_messages_handled_total", kind)
        yield f"runs of {kind}", succeeded + metrics.of("handler_failed", kind), count(ledger.handled, kind)
    for kind in ("seen", "once", "task", "stepped", "settled", "glimpsed"):
        yield f"handled {kind}", metrics.of("catga_messages_handled_total", kind), count(ledger.effects, kind)
    yield ("handled kept", metrics.of("catga_messages_handled_total", "kept"),
           count(ledger.done, "kept", "keep") + count(ledger.effects, "kept", "copy"))


def redelivered(ledger, metrics):
    """Yields the comparison of replicas that ran every event which was delivered to them."""
    again = sum(len(notes) - 1 for (place, _), notes in ledger.handled.items() if HANDLERS[place[0]].kind == "kept")
    yield "redelivered kept", metrics.of("catga_messages_redelivered_total", "kept"), again


def check(folder, ledger, dead, loads, workers, counts_runs=True):
    """
    Returns the broken rules of a run that has ended. `dead` is the number of dead letters. `loads`
    and `workers` are processes with `lives`, the ended processes of the system. With `counts_runs`,
    the redelivered events are the further runs.
    """
    senders, replicas = Metrics(folder, "load-*"), Metrics(folder, "worker-*")
    broken = []
    for name, metrics, processes in (("loads", senders, loads), ("replicas", replicas, workers)):
        orderly = sum(life.returncode == 0 for process in processes for life in process.lives)
        broken += differences([(f"files of {name}", len(metrics.files), orderly)])
    broken += differences((name, replicas.all(*names), sum(ledger.figures[name])) for name, names in COUNTERS.items())
    broken += differences([("further tries", senders.all("catga_client_requests_retried_total"),
                            sum(ledger.figures["calls_retried"]))])
    if all_ended(loads):
        broken += differences(sent(ledger, senders))
    if all_ended(workers):
        broken += differences(handled(ledger, replicas))
    if all_ended(workers) and not sum(ledger.figures["disconnects"]) and not any(worker.stops for worker in workers):
        broken += differences([("dead letters", replicas.all("catga_messages_deadlettered_total"), dead)])
        # A replica that ends hands back events that it has not run.
        if counts_runs and all(len(worker.lives) == 1 for worker in workers):
            broken += differences(redelivered(ledger, replicas))
    return broken


def all_ended(processes):
    """Returns whether every process has ended in good order, in each of its lives."""
    return all(life.returncode == 0 for process in processes for life in process.lives)
