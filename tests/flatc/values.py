"""
Random values of a schema; their JSON in catga's and in flatc's form; and both read back.

A value is plain Python: bool, int (decimals scaled, times in ns, enums and flags by value), float, str,
bytes (uuids too), list, dict for structs and tables (without absent fields), and Choice for unions.
"""

import base64
import collections
import datetime
import decimal
import json
import math
import re

from schema import single

TEXTS = ["", "a", "anvil", "\"quoted\\\" /", "tab\tline\r\n\b\f", "\x00\x01\x1f\x7f", "gr\u00fc\u00df", "\u20ac \u2028 \ufffd \uffff",
         "\U0001f600\U0010ffff", "x" * 300, "</script>&'", "{}[]:,", "null", "\u00e9" * 31]
EPOCH = datetime.datetime(1970, 1, 1)

Choice = collections.namedtuple("Choice", "name value")  # the name of an alternative, and its value


# ---- Making

class Maker:
    """Tables nest `depth` deep, and a value has about `most` of them."""

    def __init__(self, random, depth=3, most=30):
        self.random, self.depth, self.most, self.left = random, depth, most, 0

    def root(self, declaration):
        self.left = self.most
        return self.table(declaration)

    def table(self, declaration, depth=0):
        rate = self.random.choice([0.0, 0.3, 0.7, 1.0])
        self.left -= 1
        made = {}
        for member in declaration.members:
            if member.deprecated or not (member.required or self.random.random() < rate):
                continue
            if not member.required and (depth >= self.depth or self.left <= 0) and _has_tables(member.type):
                continue
            made[member.name] = self.value(member.type, member, depth)
        return made

    def value(self, type, member=None, depth=0):
        if type.kind == "table":
            return self.table(type.of, depth + 1)
        if type.kind == "union":
            return self.choice(type, depth)
        if type.kind == "array":
            return [self.value(type.of) for _ in range(type.length)]
        if type.kind == "uuid":
            return self.random.randbytes(16)
        if type.kind == "struct":
            return {m.name: self.value(m.type) for m in type.of.members}
        if type.kind == "vector":
            return self.vector(type, member, depth)
        if type.kind == "string":
            return self.text(member)
        if type.kind == "bytes":
            return self.random.randbytes(self.length(member, 70))
        if type.kind == "bool":
            return self.random.random() < 0.5
        if type.kind in ("f32", "f64"):
            return self.floating(type, member)
        return self.integer(type, member)

    def length(self, member, most):
        if member is not None and member.max is not None:
            most = min(most, member.max)
        return self.random.choice([0, 1, most, self.random.randint(0, most)]) if most else 0

    def vector(self, type, member, depth):
        most = (3 if depth < 2 else 1) if _has_tables(type.of) else 9
        if _has_tables(type.of) and (depth >= self.depth or self.left <= 0):
            most = 0
        return [self.value(type.of, None, depth) for _ in range(self.length(member, most))]

    def choice(self, type, depth):
        alternatives = type.of.members
        if depth >= self.depth or self.left <= 0:
            alternatives = [a for a in alternatives if not _has_tables(a.type)] or alternatives
        picked = self.random.choice(alternatives)
        return Choice(picked.name, self.value(picked.type, None, depth))

    def text(self, member):
        limit = member.max if member is not None and member.max is not None else 1 << 20
        fitting = [text for text in TEXTS if len(text.encode()) <= limit]
        return self.random.choice(fitting)

    def integer(self, type, member):
        if type.kind == "flags" and self.random.random() < 0.9:
            return sum(bit for bit in type.of.members.values() if self.random.random() < 0.5)
        if type.kind == "enum" and type.of.members and self.random.random() < 0.9:
            return self.random.choice(list(type.of.members.values()))
        low, high = type.limits
        if member is not None and member.range:
            low, high = (limit if text == "" else _scaled(text, type.digits) for text, limit in zip(member.range, (low, high)))
        near = max(low, min(high, self.random.randint(-100, 100)))
        return self.random.choice([low, high, near, self.random.randint(low, high)])

    def floating(self, type, member):
        low, high = -1e6, 1e6
        if member is not None and member.range:
            low, high = (limit if text == "" else float(text) for text, limit in zip(member.range, (-1e6, 1e6)))
            low, high = min(low, high), max(low, high)
        value = self.random.choice([low, high, self.random.uniform(low, high), max(low, min(high, 0.5))])
        return max(low, min(high, single(value))) if type.kind == "f32" else value


def _has_tables(type):
    return type.kind in ("table", "union") or (type.kind == "vector" and _has_tables(type.of))


def _scaled(text, digits):
    return int(decimal.Decimal(text).scaleb(digits))


# ---- To JSON

def _json(member):
    return member.json


def _fbs(member):
    return member.fbs


def to_ours(value, declaration):
    return _object(value, declaration, _ours, _json)


def to_flatc(value, declaration):
    return _object(value, declaration, _flatc, _fbs)


def _object(value, declaration, write, name):
    members = {m.name: m for m in declaration.members}
    parts = []
    for key, item in value.items():
        if _is_of_unions(members[key].type):
            parts.append(json.dumps(name(members[key]) + "_type") + ":" + json.dumps(_tags(item, members[key].type, name)))
        parts.append(json.dumps(name(members[key])) + ":" + write(item, members[key].type))
    return "{" + ",".join(parts) + "}"


def _is_of_unions(type):
    return type.kind == "union" or (type.kind == "vector" and type.of.kind == "union")


def _tags(item, type, name):
    """Returns the names of alternatives; flatc uses those of the schema."""
    if not isinstance(item, Choice):
        return [_tags(choice, type.of, name) for choice in item]
    return next(a for a in type.of.members if a.name == item.name).json if name is _json else item.name


def _alternative(type, name):
    return next(a.type for a in type.of.members if a.name == name)


def _ours(value, type):
    if type.kind in ("struct", "table"):
        return to_ours(value, type.of)
    if type.kind == "union":
        return _ours(value.value, _alternative(type, value.name))
    if type.kind == "uuid":
        text = value.hex()
        return json.dumps("-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])))
    if type.kind in ("vector", "array"):
        return "[" + ",".join(_ours(item, type.of) for item in value) + "]"
    if type.kind == "decimal":
        return _decimal_text(value, type.digits)
    if type.kind == "timestamp":
        return json.dumps(_timestamp_text(value))
    if type.kind == "duration":
        return json.dumps(_decimal_text(value, 9) + "s")
    if type.kind == "bytes":
        return json.dumps(base64.b64encode(value).decode())
    return _plain(value, type, type.of.json if type.kind in ("enum", "flags") else None)


def _flatc(value, type):
    if type.kind in ("struct", "table"):
        return to_flatc(value, type.of)
    if type.kind == "union":
        return _flatc(value.value, _alternative(type, value.name))
    if type.kind == "uuid":
        return json.dumps({f"byte_{i}": byte for i, byte in enumerate(value)})
    if type.kind in ("vector", "array"):
        return "[" + ",".join(_flatc(item, type.of) for item in value) + "]"
    if type.kind == "bytes":
        return "[" + ",".join(str(byte) for byte in value) + "]"
    return _plain(value, type)


def _plain(value, type, renamed=None):
    if renamed is not None:
        return _plain_enum(value, {renamed[name]: number for name, number in type.of.members.items()}, type.kind)
    if type.kind in ("enum", "flags"):
        return _plain_enum(value, type.of.members, type.kind)
    if type.kind in ("string", "bool"):
        return json.dumps(value, ensure_ascii=len(str(value)) % 2 == 0)
    return repr(value)


def _plain_enum(value, members, kind):
    if kind == "flags":
        names = [name for name, bit in members.items() if value & bit]
        known = value and sum(members[name] for name in names) == value
        return json.dumps(" ".join(names)) if known else str(value)
    names = [name for name, number in members.items() if number == value]
    return json.dumps(names[0]) if names else str(value)


def _decimal_text(value, digits):
    text = str(abs(value)).rjust(digits + 1, "0")
    whole, fraction = text[: len(text) - digits], text[len(text) - digits:]
    return ("-" if value < 0 else "") + whole + ("." + fraction if digits else "")


def _timestamp_text(value):
    seconds, rest = divmod(value, 10**9)
    text = (EPOCH + datetime.timedelta(seconds=seconds)).isoformat()
    return text + (f".{rest:09}" if rest else "") + "Z"


# ---- From JSON

def from_ours(text, declaration):
    return _read(json.loads(text, parse_float=decimal.Decimal), declaration, _from_ours, _json)


def from_flatc(text, declaration):
    return _read(json.loads(_with_numbers(text)), declaration, _from_flatc, _fbs)


def _with_numbers(text):
    """Replaces flatc's words for infinity and NaN by those of Python's json."""
    words = {"nan": "NaN", "-nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    return re.sub(r'"(?:\\.|[^"\\])*"|-?\b(?:nan|inf)\b', lambda found: words.get(found[0], found[0]), text)


def _read(parsed, declaration, read, name):
    members = {name(m): m for m in declaration.members}
    made = {}
    for key, item in parsed.items():
        if item is None or (key not in members and key.endswith("_type") and _is_of_unions(members[key[:-5]].type)):
            continue
        member = members[key]
        tags = parsed[key + "_type"] if _is_of_unions(member.type) else None
        made[member.name] = _read_unions(item, tags, member.type, read, name) if tags else read(item, member.type)
    return made


def _read_unions(item, tags, type, read, name):
    if type.kind == "vector":
        return [_read_unions(each, tag, type.of, read, name) for each, tag in zip(item, tags, strict=True)]
    found = next(a for a in type.of.members if (a.json if name is _json else a.name) == tags)
    return Choice(found.name, read(item, found.type))


def _from_ours(item, type):
    if type.kind in ("struct", "table"):
        return _read(item, type.of, _from_ours, _json)
    if type.kind == "uuid":
        return bytes.fromhex(item.replace("-", ""))
    if type.kind in ("vector", "array"):
        return [_from_ours(each, type.of) for each in item]
    if type.kind == "decimal":
        return int(decimal.Decimal(item).scaleb(type.digits, decimal.Context(prec=60)))
    if type.kind == "timestamp":
        whole, _, fraction = item.rstrip("Z").partition(".")
        span = datetime.datetime.fromisoformat(whole) - EPOCH
        return (span.days * 86400 + span.seconds) * 10**9 + int(fraction.ljust(9, "0") or "0")
    if type.kind == "duration":
        return int(decimal.Decimal(item.rstrip("s")).scaleb(9, decimal.Context(prec=60)))
    if type.kind == "bytes":
        return base64.b64decode(item, validate=True)
    if type.kind in ("enum", "flags"):
        return _read_enum(item, {type.of.json[name]: number for name, number in type.of.members.items()}, type.kind)
    return _read_plain(item, type)


def _from_flatc(item, type):
    if type.kind in ("struct", "table"):
        return _read(item, type.of, _from_flatc, _fbs)
    if type.kind == "uuid":
        return bytes(item[f"byte_{i}"] for i in range(16))
    if type.kind in ("vector", "array"):
        return [_from_flatc(each, type.of) for each in item]
    if type.kind == "bytes":
        return bytes(item)
    return _read_plain(item, type)


def _read_enum(item, members, kind):
    if not isinstance(item, str):
        return item
    if kind == "flags":
        return sum(members[name] for name in item.split())
    return members[item] if item in members else int(item)


def _read_plain(item, type):
    if type.kind in ("enum", "flags"):
        return _read_enum(item, type.of.members, type.kind)
    if type.kind == "f32":
        return single(float(item))
    return float(item) if type.kind == "f64" else item


# ---- Comparison

def difference(one, other, rough=False, path=""):
    """Returns where two values differ, or None. flatc prints 12 digits behind the point of an f64 and 6 of an f32."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in {**one, **other}:
            if key not in one or key not in other:
                return f"{path}.{key}: {one.get(key, 'absent')!r} and {other.get(key, 'absent')!r}"
            found = difference(one[key], other[key], rough, f"{path}.{key}")
            if found:
                return found
        return None
    if isinstance(one, Choice) and isinstance(other, Choice) and one.name == other.name:
        return difference(one.value, other.value, rough, f"{path}.{one.name}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other))
        return next((d for i, (a, b) in pairs if (d := difference(a, b, rough, f"{path}[{i}]"))), None)
    if isinstance(one, float) and isinstance(other, float) and rough and math.isfinite(one):
        return None if abs(one - other) <= 1e-6 + abs(one) * 1e-7 else f"{path}: {one!r} and {other!r}"
    return None if _equal(one, other) else f"{path}: {one!r} and {other!r}"


def _equal(one, other):
    return type(one) is type(other) and (one == other or (one != one and other != other))


def missing(given, printed, path=""):
    """Returns whether each given value was printed; the output also contains defaults."""
    if isinstance(given, dict):
        for key in given:
            if key not in printed:
                return f"{path}.{key} is not there"
            found = missing(given[key], printed[key], f"{path}.{key}")
            if found:
                return found
        return None
    if isinstance(given, Choice) and isinstance(printed, Choice) and given.name == printed.name:
        return missing(given.value, printed.value, f"{path}.{given.name}")
    if isinstance(given, list) and isinstance(printed, list) and len(given) == len(printed):
        return next((d for i, (a, b) in enumerate(zip(given, printed)) if (d := missing(a, b, f"{path}[{i}]"))), None)
    return None if _equal(given, printed) else f"{path}: {given!r} became {printed!r}"
