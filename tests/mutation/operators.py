"""
The changes that a mutation makes to one line of C: each is a fault that a careful reader could
overlook and that a test must detect.
"""

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Mutation:
    line: int  # from 0
    operator: str
    before: str  # the line
    after: str

    def sentence(self):
        return f"{self.operator}: {self.before.strip()}  ->  {self.after.strip()}"


COMPARISONS = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">"}
CONNECTIVES = {"&&": "||", "||": "&&"}
STEPS = {"+ 1": "+ 2", "- 1": "- 0", "++": "--", "--": "++"}

COMPARISON = re.compile(r"(?<=[\w)\]] )(==|!=|<=|>=|<|>)(?= [\w(&*!'\"-])")
CONNECTIVE = re.compile(r"&&|\|\|")
STEP = re.compile(r"[+-] 1\b(?!\.)|\+\+|--")
NUMBER = re.compile(r"(?<![\w.%])(\d+)(?![\w.])")
CONDITION = re.compile(r"^(\s*(?:\} else )?(?:if|while) \()(.*)(\)(?: \{)?\s*)$")
CALL = re.compile(r"^\s*(?:\(void\))?[a-z_][\w.>-]*\(.*\);\s*$")
ASSIGNMENT = re.compile(r"^(\s*)(?:[a-z_*][\w.>\[\]-]*) (?:=|\|=|\+=|-=|&=) (?!.*\{).*;\s*$")
# No test can detect that these were not called: nothing leaks and nothing changes.
UNSEEN = re.compile(r"^\s*(?:\(void\))?(?:\w+_destroy|nats_ReleaseThreadMemory|sched_yield)\(")
NEGATION = re.compile(r"!(?=[a-z_(])")


def mask(source):
    """Returns the source with comments, texts and directives blanked; columns do not change."""
    pattern = re.compile(
        r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:[^\n\\]|\\.|\\\n)*',
        re.S | re.M,
    )
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), source)


def replaced(line, found, text):
    return line[: found.start()] + text + line[found.end():]


def of_table(name, pattern, table, masked, line):
    for found in pattern.finditer(masked):
        yield name, replaced(line, found, table[found.group()])


def of_condition(masked, line):
    found = CONDITION.match(masked)
    if found is None or found.group(2).count("(") != found.group(2).count(")"):
        return
    inner = line[found.start(2): found.end(2)]
    head, tail = line[: found.end(1)], line[found.start(3):]
    yield "drop check", f"{head}0 && ({inner}){tail}"
    if "while" not in found.group(1):
        yield "force check", f"{head}1 || ({inner}){tail}"


def of_line(masked, line):
    """Yields (operator, the changed line) for each change that the line permits."""
    yield from of_table("flip comparison", COMPARISON, COMPARISONS, masked, line)
    yield from of_table("swap connective", CONNECTIVE, CONNECTIVES, masked, line)
    yield from of_table("off by one", STEP, STEPS, masked, line)
    for found in NEGATION.finditer(masked):
        yield "drop negation", replaced(line, found, "")
    for found in NUMBER.finditer(masked):
        if not re.search(r"(?:enum|case|\[)\s*$", masked[: found.start()]):
            yield "off by one", replaced(line, found, str(int(found.group()) + 1))
    yield from of_condition(masked, line)
    if CALL.match(masked) and not UNSEEN.match(masked):
        yield "remove call", re.sub(r"\S.*", ";", line)
    if ASSIGNMENT.match(masked):
        yield "remove assignment", re.sub(r"\S.*", ";", line)


def is_statement(lines, index):
    """Returns whether the line is a statement by itself: the previous line is complete."""
    for before in reversed(lines[:index]):
        if before.strip():
            return before.rstrip().endswith((";", "{", "}", ":", ")", "else"))
    return False


def mutations(source):
    """Returns every mutation of a file, in the order of its lines."""
    masked = mask(source).split("\n")
    original = source.split("\n")
    inside = False
    for index, (dark, line) in enumerate(zip(masked, original)):
        if line.startswith("{"):
            inside = True
        elif line.startswith("}"):
            inside = False
        if not inside or not dark.strip():
            continue
        seen = {line}
        for operator, after in of_line(dark, line):
            if operator.startswith("remove") and not is_statement(masked, index):
                continue
            if after not in seen:
                seen.add(after)
                yield Mutation(index, operator, line, after)
