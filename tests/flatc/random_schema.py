"""Random valid schemas. A schema is a dict of file names and texts; the first imports the rest."""

WORDS = ["a", "value", "event", "table", "class", "type", "id", "struct", "bool", "string", "int", "key", "required",
         "long", "enum", "union", "namespace", "x", "count", "created_at", "a1", "include", "root_type", "short", "default"]
SCALARS = ["bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "timestamp", "duration"]
LIMITS = {"i8": (-128, 127), "i16": (-999, 999), "i32": (-(2**31), 2**31 - 1), "i64": (-(2**63), 2**63 - 1),
          "u8": (0, 255), "u16": (0, 65535), "u32": (0, 2**32 - 1), "u64": (0, 2**64 - 1)}


class Writer:
    def __init__(self, random, number, shared=None):
        self.random = random
        self.letter = "B" if shared is None else "A"
        self.namespace = f"r{number}.{self.letter.lower()}"
        self.shared = shared
        self.enums = dict(shared.enums) if shared else {}
        self.flags = dict(shared.flags) if shared else {}
        self.unions = list(shared.unions) if shared else []
        self.ending = list(shared.ending) if shared else []  # the alternatives that need not be tables
        self.structs = list(shared.structs) if shared else []
        self.tables = list(shared.tables) if shared else []
        self.lines = [f"namespace {self.namespace};", f"version {random.randint(1, 999)};"]

    def text(self):
        return "\n".join(self.lines) + "\n"

    def chance(self, rate):
        return self.random.random() < rate

    def json(self, name):
        """Returns a JSON name, sometimes; it differs from those of other members."""
        return f' @json("{name}-{self.letter}\u00e4")' if self.chance(0.15) else ""

    def write(self):
        for i in range(self.random.randint(0, 3)):
            self.enum(f"{self.letter}Enum{i}")
        for i in range(self.random.randint(0, 2)):
            self.flag_set(f"{self.letter}Flags{i}")
        for i in range(self.random.randint(0, 3)):
            self.struct(f"{self.letter}Struct{i}")
        names = [f"{self.letter}Table{i}" for i in range(self.random.randint(1, 4))]
        self.tables += names
        for i in range(self.random.randint(0, 2)):
            self.union(f"{self.letter}Union{i}")
        for name in names:
            self.body(f"table {name} {{", [])
        if self.chance(0.5):
            # It has no limit, so its limited parts cannot exceed the size of a message.
            self.body(f"event {self.letter}Event {{", ["string"])

    def enum(self, name):
        base = self.random.choice(list(LIMITS))
        low, high = LIMITS[base]
        values = {self.random.choice([low, high, self.random.randint(low, high), max(low, self.random.randint(-5, 9))])
                  for _ in range(self.random.randint(1, 6))}
        if self.chance(0.7):
            values.add(0)
        members = {f"V{i}": value for i, value in enumerate(sorted(values))}
        self.enums[name] = members
        self.lines.append(f"enum {name}: {base} {{ " + ", ".join(f"{n} = {v}{self.json(n)}" for n, v in members.items()) + " }")

    def flag_set(self, name):
        base = self.random.choice(["u8", "u16", "u32", "u64"])
        bits = sorted(self.random.sample(range(int(base[1:])), self.random.randint(1, 6)))
        members = {f"F{i}": bit for i, bit in enumerate(bits)}
        self.flags[name] = members
        self.lines.append(f"flags {name}: {base} {{ " + ", ".join(f"{n} = 1 << {b}{self.json(n)}" for n, b in members.items()) + " }")

    def union(self, name):
        kinds = self.tables + self.structs + ["string"]
        picked = [self.random.choice(kinds) for _ in range(self.random.randint(1, 6))]
        texts = [kind if kind != "string" and picked.index(kind) == i and self.chance(0.6) else f"a{i}: {kind}"
                 for i, kind in enumerate(picked)]
        self.unions.append(name)
        self.ending += [name] if any(kind not in self.tables for kind in picked) else []
        self.lines.append(f"union {name} {{ " + ", ".join(text + self.json(f"u{i}") for i, text in enumerate(texts)) + " }")

    def scalar(self):
        choice = self.random.randint(0, 10)
        if choice == 0:
            return f"decimal({self.random.randint(0, 18)})"
        if choice == 10 and self.flags:
            return self.random.choice(list(self.flags))
        return self.random.choice(list(self.enums)) if choice <= 2 and self.enums else self.random.choice(SCALARS)

    def stored(self):
        """Returns a scalar for a member without default: there flatc requires an enum with a member of value 0."""
        while (type := self.scalar()) in self.enums and 0 not in self.enums[type].values():
            pass
        return type

    def names(self, count):
        picked = self.random.sample(WORDS, min(count // 2, len(WORDS)))
        return picked + [f"field_{i}" for i in range(count - len(picked))]

    def struct(self, name):
        self.lines += ["@align(16)"] if self.chance(0.2) else []
        self.lines.append(f"struct {name} {{")
        for member in self.names(self.random.randint(1, 6)):
            nested = self.structs and self.chance(0.2)
            type = self.random.choice(self.structs) if nested else "uuid" if self.chance(0.1) else self.stored()
            self.lines.append(f"    {member}: {f'[{type}:{self.random.randint(1, 5)}]' if self.chance(0.2) else type}{self.json(member)};")
        self.lines.append("}")
        self.structs.append(name)

    def body(self, head, fields):
        count = self.random.choice([0, 1, self.random.randint(2, 9), self.random.randint(5, 30),
                                    self.random.choice([63, 64, 65, 130])])
        fields = fields + [self.field() for _ in range(count)]
        ids = self.ids(fields) if self.chance(0.3) else None
        self.lines.append(head)
        for i, name in enumerate(self.names(len(fields))):
            given = f" @id({ids[i]})" if ids else ""
            self.lines.append(f"    {name}: {fields[i]}{given}{self.json(name)};")
        self.lines.append("}")

    def ids(self, fields):
        """Numbers the fields in any order; the id of a union follows that of its tag."""
        order = list(range(len(fields)))
        self.random.shuffle(order)
        ids, free = {}, 0
        for i in order:
            is_union = fields[i].split()[0].strip("[]") in self.unions
            ids[i] = free + is_union
            free += 1 + is_union
        return ids

    def field(self):
        choice = self.random.randint(0, 11)
        if choice == 11:
            return self.random.choice(["uuid", "[uuid]" + self.maximum()]) + self.rules()
        if choice == 10 and self.unions:
            union = self.random.choice(self.unions)
            # A required field must not be of the same table, or no value would be finite.
            rules = self.rules() if union in self.ending else self.random.choice(["", "", " @deprecated"])
            return self.random.choice([union + rules, f"[{union}]" + self.maximum() + self.rules()])
        if choice <= 4 or choice == 10:
            return self.scalar_field()
        if choice == 5:
            return self.random.choice(["string", "bytes"]) + self.maximum() + self.rules()
        if choice == 6 and self.structs:
            return self.random.choice(self.structs) + self.rules()
        if choice == 7:
            return self.random.choice(self.tables) + ""
        element = self.random.choice(["string", self.random.choice(self.tables), self.scalar(), self.scalar()] + self.structs[-1:])
        return f"[{element}]" + self.maximum() + self.rules()

    def maximum(self):
        return f" @max({self.random.choice([1, 3, 40, 1000])})" if self.chance(0.3) else ""

    def rules(self):
        return self.random.choice(["", "", "", " @required", " @deprecated"])

    def scalar_field(self):
        type = self.scalar()
        if self.chance(0.25):
            return f"{type}?" + self.random.choice(["", "", " @required"])
        deprecated = " @deprecated" if self.chance(0.1) else ""
        if type in self.enums:
            members = self.enums[type]
            needed = 0 not in members.values()
            return type + (f" = {self.random.choice(list(members))}" if needed or self.chance(0.5) else "") + deprecated
        if type in self.flags:
            names = self.random.sample(list(self.flags[type]), self.random.randint(0, len(self.flags[type])))
            return type + (f" = {' | '.join(names)}" if names else "") + deprecated
        if type in LIMITS:
            return type + self.integer_rules(type) + deprecated
        if self.chance(0.5):
            return type + deprecated
        if type == "bool":
            return type + " = true" + deprecated
        if type in ("f32", "f64"):
            return type + f" = {self.random.choice(['0.1', '-2.5', '1e10', '3.14159', '0.5 @range(0.0..1.0)', '1.0 @range(-1.5..)', '3.4028235e38', 'nan', 'inf', '-inf', '-0.0'])}" + deprecated
        if type == "duration":
            return type + self.random.choice([" = 1500ms", " = 2d", " = 1ns", " = 10s @range(1s..1d)"]) + deprecated
        if type == "timestamp":
            return type + deprecated
        return type + self.random.choice([" = 1", " = -3", " = 2 @range(-4..5)"]) + deprecated

    def integer_rules(self, type):
        low, high = LIMITS[type]
        lowest, value, highest = sorted(max(low, min(high, self.random.randint(-120, 120))) for _ in range(3))
        value = self.random.choice([low, high, value]) if self.chance(0.4) else value
        default = f" = {value}"
        if not lowest <= value <= highest or self.chance(0.5):
            return default if self.chance(0.6) else ""
        return default + f" @range({self.random.choice([lowest, '']) if self.chance(0.5) else lowest}..{highest})"


def make(random, number):
    shared = Writer(random, number)
    shared.write()
    if random.random() < 0.6:
        return {f"random{number}.catga": shared.text()}
    writer = Writer(random, number, shared)
    writer.lines.append(f'import "shared{number}.catga";')
    writer.write()
    return {f"random{number}.catga": writer.text(), f"shared{number}.catga": shared.text()}
