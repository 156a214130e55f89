"""A schema as catgac understands it, from `catgac --dump=model`, with the names of its .fbs."""

import re
import struct

INTEGERS = {"i8": (-(2**7), 2**7 - 1), "i16": (-(2**15), 2**15 - 1), "i32": (-(2**31), 2**31 - 1),
            "i64": (-(2**63), 2**63 - 1), "u8": (0, 2**8 - 1), "u16": (0, 2**16 - 1),
            "u32": (0, 2**32 - 1), "u64": (0, 2**64 - 1)}


class Type:
    """
    `kind`: bool, integer, f32, f64, decimal, timestamp, duration, enum, flags, uuid, string, bytes, struct, table, union,
    vector or array, which has a `length`.
    """

    length = 0

    def __init__(self, kind, of=None, limits=None, digits=0, optional=False):
        self.kind, self.of, self.limits, self.digits, self.optional = kind, of, limits, digits, optional

    def is_scalar(self):
        return self.kind not in ("uuid", "string", "bytes", "struct", "table", "union", "vector", "array")


class Declaration:
    """
    An enum or flags (members: name to value; json: name to name in JSON), a struct, table or union (members: Member in
    their order).
    """

    def __init__(self, kind, name, base=None, identifier=None):
        self.kind, self.name, self.base, self.identifier = kind, name, base, identifier
        self.members = {} if self.is_enum() else []
        self.json = {}
        self.fbs = name

    def is_enum(self):
        return self.kind in ("enum", "flags")


class Member:
    def __init__(self, name, type_text, rest):
        self.name, self.fbs, self.type_text, self.type = name, name, type_text, None
        self.json = _json(name, rest)
        self.required = " required" in rest
        self.deprecated = " deprecated" in rest
        self.max = int(m[1]) if (m := re.search(r" max (\d+)", rest)) else None
        self.range = m.groups() if (m := re.search(r" range (\S*?)\.\.(\S*)", rest)) else None


def _json(name, rest):
    found = re.search(r' json "(.*)"$', rest)
    return found[1] if found else name


class Module:
    def __init__(self, namespace):
        self.namespace, self.declarations, self.imported = namespace, [], False

    def of_kind(self, *kinds):
        return [d for d in self.declarations if d.kind in kinds]


def load(dump):
    """Returns the modules of a dump, with the main one last."""
    modules = [_read_module(text) for text in re.split(r"^(?=module )", dump, flags=re.M) if text.startswith("module ")]
    named = {d.name: d for module in modules for d in module.declarations}
    for declaration in named.values():
        if not declaration.is_enum():
            for member in declaration.members:
                member.type = _type(member.type_text, named)
    return modules


def _read_module(text):
    module, now = None, None
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("///") or words[:2] == ["at", "most"]:
            continue
        if words[0] == "module":
            module = Module(words[3])
            module.imported = words[-1] == "imported"
        elif line.startswith("   "):
            if now is not None and now.is_enum():
                now.members[words[0]] = int(words[2])
                now.json[words[0]] = _json(words[0], line)
            elif now is not None:
                _, _, name, type_text, rest = re.fullmatch(r"\s*(id|at|tag) (\d+) (\w+): (\S+)(.*)", line).groups()
                if not type_text.lstrip("[").startswith("tag("):
                    now.members.append(Member(name, type_text, rest))
        else:
            now = _declaration(words)
            if now is not None:
                module.declarations.append(now)
    return module


def _declaration(words):
    if words[0] in ("enum", "flags"):
        return Declaration(words[0], words[1].rstrip(":"), base=words[2])
    if words[0] in ("struct", "union"):
        return Declaration(words[0], words[1])
    if words[0] == "table":
        return Declaration("table", words[1], identifier=words[3])
    if words[0] == "body":
        return Declaration("table", words[2], identifier=words[4])
    return None


def _type(text, named):
    if array := re.fullmatch(r"\[(.*):(\d+)\]", text):
        found = Type("array", of=_type(array[1], named))
        found.length = int(array[2])
        return found
    if text.startswith("["):
        return Type("vector", of=_type(text[1:-1], named))
    if text.endswith("?"):
        found = _type(text[:-1], named)
        found.optional = True
        return found
    if text in INTEGERS:
        return Type("integer", limits=INTEGERS[text])
    if text.startswith("decimal("):
        return Type("decimal", limits=INTEGERS["i64"], digits=int(text[8:-1]))
    if text in ("timestamp", "duration"):
        return Type(text, limits=INTEGERS["i64"])
    if text in ("bool", "f32", "f64", "uuid", "string", "bytes"):
        return Type(text)
    declaration = named[text.rsplit(".", 1)[-1]]
    limits = INTEGERS[declaration.base] if declaration.is_enum() else None
    return Type(declaration.kind, of=declaration, limits=limits)


def take_fbs_names(module, fbs):
    """Pairs the names: both list the same declarations in the same order, and flatc's reserved words have an underscore."""
    fbs = re.sub(r"//.*", "", fbs)
    for kind, *more in (("enum", "flags"), ("struct",), ("union",), ("table",)):
        blocks = re.findall(rf"^{kind} (\w+)[^{{]*{{(.*?)^}}", fbs, flags=re.M | re.S)
        blocks = [block for block in blocks if not block[0].startswith("Uuid_")]
        declared = module.of_kind(kind, *more)
        assert len(blocks) == len(declared), f"{kind}s of the .fbs are not those of the model"
        for declaration, (name, body) in zip(declared, blocks):
            declaration.fbs = name
            if kind in ("enum", "union"):
                continue
            names = re.findall(r"^\s*(\w+):", body, flags=re.M)
            assert len(names) == len(declaration.members), f"fields of {name}"
            for member, member_name in zip(declaration.members, names):
                member.fbs = member_name


def single(value):
    """Returns the nearest f32."""
    return struct.unpack("<f", struct.pack("<f", value))[0]
