#!/usr/bin/env python3
"""
Random systems: the random data of tests/flatc with constants, errors, messages, services and comments.

    random_system.py FOLDER N [SEED]     writes N systems into FOLDER as seeds of tests/fuzz: the files
                                         of a system are one file, with form feeds between them

make(random, number) returns files like random_schema.make. With whole=True they also have features that
the generator does not support; without, catgac generates C from them. Texts contain every difficult
character, and the word `escaped`, which may appear only in comments and strings of the output.
"""

import pathlib
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "flatc"))

from random_schema import Writer  # noqa: E402

NASTY = ["*/ int escaped; /*", "escaped \\", "escaped \\\\ ", "??/ escaped ??=", "%s%n ${escaped} $${", "\u202eescaped\u2066",
         "escaped \u2028\u2029", "`escaped` $(escaped)", "<script>escaped()</script>", '"]); escaped', "/* escaped", "// escaped",
         "@escaped", "#include <escaped>", "#define x escaped", "\tescaped\t", "é 漢字 😀 escaped", "*", "/", "*\\", "escaped *", "% end",
         "| escaped | \\|", "--> escaped", '"""escaped', "'escaped", "escaped?", "[escaped](x) *e* _e_ ~e~ <!-- e"]
PAUSES = ["1ms", "100ms", "1s", "10s", "1m"]


class System(Writer):
    def __init__(self, dice, number, shared=None, whole=False):
        super().__init__(dice, number, shared)
        self.whole = whole
        self.events = []

    def write(self):
        self.constants()
        super().write()
        self.errors()
        self.messages()
        self.document()

    def either(self, text, rate=0.5):
        return text if self.chance(rate) else ""

    def string(self):
        text = self.random.choice(NASTY).replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
        return f'"{text}"'

    def constants(self):
        values = [("u32", "1 << 4 | 3"), ("i8", "-128"), ("u64", "~0"), ("bool", "true"), ("f64", "1e308"), ("f32", "1.0 / 3.0"),
                  ("decimal(3)", "-0.125"), ("duration", "1h + 30m"), ("string", self.string()), ("i64", "-(1 << 62) * 2")]
        for i in range(self.random.randint(0, 4)):
            type, value = self.random.choice(values)
            self.lines.append(f"const {self.letter}_CONST{i}: {type} = {value};")

    def errors(self):
        codes = self.random.sample([1, 2, 399, 600, 1001, 65535], self.random.randint(1, 4))
        names = "".join(f" E{code} = {code}{self.either(f' @http({self.random.randint(400, 599)})')};" for code in codes)
        self.lines.append(f"errors {self.letter}Errors {{{names} }}")

    def keys(self):
        return [f"{type} @key" for type in ["u32", "bool", "uuid @required", "string @required @max(20)"] if self.chance(0.2)] \
            if self.whole else []

    def delivery(self):
        """Returns the annotations of a stored event, and declares its stream on first use."""
        stream = f"{self.letter}Stream"
        declared = any(line.startswith(f"stream {stream} ") for line in self.lines)
        named = self.either(f" @stream({stream})")
        if named and not declared:
            self.lines.append(f"stream {stream} {{ max_age: 7d; {self.either('max_bytes: 1 << 30; ')}"
                              f"{self.either('replicas: 3; ')}{self.either('storage: memory; ')}}}")
        pauses = sorted(self.random.choices(range(len(PAUSES)), k=2))
        backoff = self.either(f", backoff: {PAUSES[pauses[0]]}..{PAUSES[pauses[1]]}")
        return self.random.choice(["@qos(at_least_once)", "@qos(exactly_once)"]) + self.either(f" @retry({self.random.randint(1, 9)}{backoff})") + self.either(" @dead_letter") + \
            self.either(" @dedup(window: 1d)") + self.either(" @timeout(30s)") + named

    def http(self, kind, name, fields):
        """Returns the annotation of a request with these lines of fields. A query string has no tables, structs and unions."""
        records = {*self.tables, *self.structs, *self.unions}
        if kind == "query" and any(field.split(":")[1].split()[0].strip("[];") in records for field in fields):
            return ""
        method = "GET" if kind == "query" else self.random.choice(["POST", "PUT", "PATCH", "DELETE"])
        return f'@http({method} "/{name}/{{asked}}"{self.either(", status: 201")})'

    def request(self, kind, name):
        at = len(self.lines)
        self.body(f"{kind} {name} -> {self.letter}Result{self.either(f' throws {self.letter}Errors')} {{",
                  ["string", "u32"] + self.keys(), ["said", "asked"])
        path = self.either(self.http(kind, name, self.lines[at + 1:-1]))
        once = self.either(" @idempotent" + self.either("(for: 1h)")) if kind == "command" else ""
        self.lines.insert(at, f"{path} @timeout({self.random.choice(PAUSES[1:])}) {self.random.choice(['', '@retry(2)', '@retry(2, backoff: 1ms..10ms)'])}{once}")

    def messages(self):
        self.body(f"table {self.letter}Result {{", ["string"])
        requests = [(self.random.choice(["command", "query"]), f"{self.letter}Request{i}") for i in range(self.random.randint(1, 3))]
        for kind, name in requests:
            self.request(kind, name)
        for i in range(self.random.randint(0, 3)):
            self.events.append(f"{self.letter}Happened{i}")
            if self.chance(0.5):
                self.lines.append(self.delivery())
            self.lines.append(self.either(f'@http(GET "/events/{self.events[-1]}")'))
            self.body(f"event {self.events[-1]} {{", ["string"] + self.keys())
        lines = [f"handle {name};" for _, name in requests] + [f"publish {name};" for name in self.events]
        self.lines.append(f"service {self.letter}Service {{ {' '.join(lines)} }}")
        heard = [f"on {name} {self.random.choice(['group', 'broadcast'])} as {word}{i};" for i, name in enumerate(self.events)
                 for word in self.random.sample(["hears", "writes"], self.random.randint(1, 2))]
        if heard:
            calls = [f"calls {name};" for _, name in requests if self.whole and self.chance(0.3)]
            self.lines.append(f"service {self.letter}Hearer {{ {' '.join(heard + calls)} }}")

    def body(self, head, fields, names=None):
        """Writes a body like the base class, but the first fields may get given names."""
        super().body(head, fields)
        for i, name in enumerate(names or []):
            at = max(j for j, line in enumerate(self.lines) if line == head) + 1 + i
            self.lines[at] = f"    {name}:" + self.lines[at].split(":", 1)[1]

    def document(self):
        """Adds comments before declarations and fields."""
        made = []
        for line in self.lines:
            is_first = line.startswith("    ") or line.split(" ")[0] in ["const", "enum", "flags", "struct", "union", "table", "errors", "service"]
            while is_first and self.chance(0.2):
                made.append("/// " + self.random.choice(NASTY))
            made.append(line.replace("@deprecated", f"@deprecated({self.string()})") if self.chance(0.5) else line)
        self.lines = made


def make(dice, number, whole=False):
    shared = System(dice, number, whole=whole)
    shared.write()
    if dice.random() < 0.6:
        return {f"random{number}.catga": shared.text()}
    system = System(dice, number, shared, whole)
    system.lines.append(f'import "shared{number}.catga";')
    system.write()
    return {f"random{number}.catga": system.text(), f"shared{number}.catga": shared.text()}


def main():
    folder, count, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int((sys.argv + ["1"])[3])
    dice = random.Random(seed)
    for number in range(count):
        texts = list(make(dice, number, whole=dice.random() < 0.5).values())
        joined = "\f".join(texts).replace(f"shared{number}.catga", "1.catga")
        (folder / f"system{number}").write_text(joined)


if __name__ == "__main__":
    main()
