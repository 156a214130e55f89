"""
The ledgers of a run: every attempted message, the outcome for its sender, and the actions of the
handlers; and a check of the promises. README.md lists the records and the rules.
"""

import collections
import pathlib

# The handlers of programs/work.catga and trail.catga: the kind of message, and whether every replica gets it.
Handler = collections.namedtuple("Handler", "kind broadcast")
HANDLERS = {
    "act": Handler("act", False),
    "order": Handler("order", False),
    "ask": Handler("ask", False),
    "peek": Handler("peek", False),
    "look": Handler("seen", False),
    "observe": Handler("seen", True),
    "keep": Handler("kept", False),
    "copy": Handler("kept", True),
    "single": Handler("once", False),
    "take": Handler("task", False),
    "follow": Handler("stepped", False),
    "audit_stepped": Handler("stepped", False),
    "audit_settled": Handler("settled", False),
    "audit_glimpsed": Handler("glimpsed", False),
}

KEPT = ("kept", "once")  # stay in the stream of work.catga
TRAIL = ("stepped", "settled")  # stay in that of trail.catga
QUEUED = ("task",)  # a handled one leaves its stream
STORED = (*KEPT, *TRAIL, *QUEUED)  # an acknowledged one reaches every handler
SINGLE = ("act", "seen", "glimpsed")  # no handler gets one twice
ONCE = ("order", "once", "settled")  # no effect happens twice, except in the window that the manual documents
CALLS = ("act", "order", "ask", "peek")  # the caller of a success was answered by a handler

# A replica that is stopped this soon after an effect may not have recorded it.
WINDOW = 0.25  # seconds

Outcome = collections.namedtuple("Outcome", "letter status time")
Note = collections.namedtuple("Note", "time attempt instance")


class Ledger:
    """All ledgers of a folder. `lists` are the records as written; places are (handler, instance or "")."""

    def __init__(self, folder):
        self.torn = []
        self.attempts = {}  # id -> (kind, time)
        self.outcomes = collections.defaultdict(list)  # id -> [Outcome]
        self.handled = collections.defaultdict(list)  # (place, id) -> [Note], in the order of time
        self.effects = collections.defaultdict(list)
        self.done = collections.defaultdict(list)
        self.figures = collections.defaultdict(list)  # name -> [value]
        for path in sorted(pathlib.Path(folder).glob("*.ledger")):
            self.read(path)
        for notes in (self.handled, self.effects, self.done):
            for records in notes.values():
                records.sort()

    def read(self, path):
        text = path.read_text()
        for number, line in enumerate(text.split("\n")[:-1], 1):
            try:
                self.take(line.split(" "))
            except (ValueError, KeyError):
                self.torn.append(f"{path.name}:{number}: {line!r}")
        if text and not text.endswith("\n"):
            self.torn.append(f"{path.name}: the last record has no end")

    def take(self, words):
        if words[0] == "A":
            _, kind, number, time = words
            self.attempts[int(number)] = (kind, int(time))
        elif words[0] in ("K", "F", "U"):
            letter, _, number, status, time = words
            self.outcomes[int(number)].append(Outcome(letter, status, int(time)))
        elif words[0] in ("H", "E", "C"):
            letter, handler, number, attempt, instance, time = words
            place = (handler, instance if HANDLERS[handler].broadcast else "")
            notes = {"H": self.handled, "E": self.effects, "C": self.done}[letter]
            notes[place, int(number)].append(Note(int(time), int(attempt), instance))
        elif words[0] == "S":
            _, name, value, _ = words
            self.figures[name].append(int(value))
        else:
            raise ValueError(words)

    # ---- Questions

    def ids(self, letters, *kinds):
        """Returns the ids of these kinds whose outcome is one of the letters."""
        return {number for number, outcomes in self.outcomes.items()
                if outcomes[0].letter in letters and self.attempts.get(number, ("",))[0] in kinds}

    def sent(self, *kinds):
        return {number for number, (kind, _) in self.attempts.items() if kind in kinds}

    def seen(self, notes, *handlers):
        """Returns the ids that these handlers have in `notes`."""
        return {number for (place, number) in notes if place[0] in handlers}

    def statuses(self, *kinds):
        return collections.Counter(outcome.status for number in self.sent(*kinds)
                                   for outcome in self.outcomes[number][:1] if outcome.letter != "K")

    def successes(self, *kinds):
        """Returns the times at which messages of these kinds were acknowledged, in order, in nanoseconds."""
        return sorted(self.outcomes[number][0].time for number in self.ids("K", *kinds))

    def gap(self, *kinds, since=0):
        """Returns the longest time between two successes, in seconds; the one before `since` counts as the first."""
        times = self.successes(*kinds)
        first = max((i for i, time in enumerate(times) if time <= since), default=0)
        return max((b - a for a, b in zip(times[first:], times[first + 1:])), default=0) / 1e9

    def waits(self, *kinds, letters="K"):
        """Returns the time of each message of these kinds to its outcome, in order, in seconds."""
        return sorted((self.outcomes[number][0].time - self.attempts[number][1]) / 1e9
                      for number in self.ids(letters, *kinds))


class Verdict:
    """`broken` are the broken rules, a sentence each; `figures` are further results."""

    def __init__(self, broken, figures):
        self.broken, self.figures = broken, figures


def some(ids):
    """Returns a few of a set of ids, for a sentence."""
    listed = sorted(ids)
    return f"{len(listed)} ({', '.join(str(number) for number in listed[:3])}{', ...' if len(listed) > 3 else ''})"


def places(ledger, kind, replicas):
    """Returns the places where a message of this kind must arrive: its group, and each replica of its broadcast."""
    for name, handler in HANDLERS.items():
        if handler.kind == kind:
            yield from ((name, replica) for replica in replicas) if handler.broadcast else [(name, "")]


def lost(ledger, kind, replicas, dead):
    """Returns (place, id) of acknowledged messages without effect there that are not dead letters of that handler."""
    return {(place, number) for place in places(ledger, kind, replicas) for number in ledger.ids("K", kind)
            if (place, number) not in ledger.effects and (place, number) not in dead}


def twice(notes, kinds):
    """Returns the ids that a place has more than once, of handlers for these kinds."""
    return {number for (place, number), records in notes.items()
            if len(records) > 1 and HANDLERS[place[0]].kind in kinds}


def is_excused(ledger, place, number, effect, stops):
    """Returns whether the replica was stopped after it entered the handler, before it could record the effect."""
    entered = max((note.time for note in ledger.handled.get((place, number), ())
                   if note.instance == effect.instance and note.time <= effect.time), default=effect.time)
    return any(replica == effect.instance and entered <= end and begin < effect.time + WINDOW * 1e9
               for replica, begin, end in stops)


def repeated(ledger, kinds, stops):
    """Returns the ids with more than one effect that is not excused."""
    return {number for (place, number), notes in ledger.effects.items() if HANDLERS[place[0]].kind in kinds
            and sum(not is_excused(ledger, place, number, note, stops) for note in notes) > 1}


def overtaking(ledger, place, numbers):
    """Returns the ids whose first effect was before that of an earlier one of `numbers`, which are in the order of storing."""
    latest, ids = 0, set()
    for number in numbers:
        if (place, number) not in ledger.effects:
            continue
        time = ledger.effects[place, number][0].time
        if time < latest:
            ids.add(number)
        latest = max(latest, time)
    return ids


def check(ledger, replicas=(), dead=(), stops=(), ended=True):
    """
    Checks the rules on the ledger of a run at rest. `replicas` are those that every broadcast must
    have reached, `dead` the (place, id) of the dead letters, and `stops` the (replica, from, to) of
    the killed, paused or disconnected ones. `ended` is false if a sender was killed, so that outcomes
    may be missing.
    """
    dead = set(dead)
    broken = [f"a record is torn: {line}" for line in ledger.torn]
    seen = {(number, HANDLERS[place[0]].kind) for notes in (ledger.handled, ledger.effects) for place, number in notes}
    refused = {number for number, outcomes in ledger.outcomes.items() if outcomes[0].letter == "F"}

    def rule(name, ids):
        if ids:
            broken.append(f"{name}: {some(ids)}")

    for kind in STORED:
        missing = lost(ledger, kind, replicas, dead)
        for place in sorted({place for place, _ in missing}):
            rule(f"lost by {'@'.join(filter(None, place))}", {number for at, number in missing if at == place})
    rule("phantom", {number for number, kind in seen if ledger.attempts.get(number, ("",))[0] != kind})
    rule("refused, but seen", {number for number, _ in seen} & refused)
    rule("handled twice", twice(ledger.handled, SINGLE))
    rule("effect twice", repeated(ledger, ONCE, stops))
    rule("answered by nobody", ledger.ids("K", *CALLS) - {number for _, number in ledger.effects})
    rule("two outcomes", {number for number, outcomes in ledger.outcomes.items() if len(outcomes) > 1})
    if ended:
        rule("no outcome", set(ledger.attempts) - set(ledger.outcomes))
    return Verdict(broken, figures_of(ledger, replicas, dead))


def figures_of(ledger, replicas, dead):
    stored, handed = ledger.ids("K", *STORED), ledger.ids("K", "seen")
    missing = {number for place, number in lost(ledger, "seen", replicas, dead) if place[0] == "look"}
    return {
        "acknowledged": len(stored),
        "lost": len({number for kind in STORED for _, number in lost(ledger, kind, replicas, dead)}),
        "duplicates": sum(len(records) - 1 for (place, _), records in ledger.handled.items()
                          if HANDLERS[place[0]].kind in STORED),
        "duplicate_effects": len(twice(ledger.effects, ("kept", "stepped", "task"))),
        "resolved": len(ledger.ids("U", *STORED) & ledger.seen(
            ledger.effects, "keep", "single", "take", "follow", "audit_settled")),
        "unknown": len(ledger.ids("U", *STORED)),
        "seen": len(handed),
        "seen_lost": len(missing),
        "queries": len(ledger.sent("ask")),
        "queries_failed": len(ledger.ids("FU", "ask")),
        "commands": len(ledger.sent("act")),
        "commands_failed": len(ledger.ids("F", "act")),
        "commands_unknown": len(ledger.ids("U", "act")),
        "orders": len(ledger.sent("order")),
        "orders_failed": len(ledger.ids("F", "order")),
        "orders_unknown": len(ledger.ids("U", "order")),
        "once": len(ledger.ids("K", "once")),
        "in_window": len(twice(ledger.effects, ONCE)),
    }
