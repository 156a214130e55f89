#!/usr/bin/env python3
"""
prose.py [FILE...]: the tree is written in plain English, as far as a script can tell. Without files:
every file that git knows.

Checked in comments, documents, manual pages, diagnostics and log lines:

    riddle      no sentence begins with What, Who, Whoever or Whose, unless it is a question
    width       no line exceeds 100 columns; rows of tables and lines with an address may
    retired     words that stood for something that has a usual name do not occur
    name        nor do they occur in names of functions, types, files and macros

Quotations and names that others own are listed in `exceptions`, with the reason.
"""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
WIDTH = 100

CODE = {".c", ".h", ".cc", ".hpp", ".y", ".def"}
SCRIPTS = {".py", ".sh", ".cmake", ""}
PROSE = {".md", ".1", ".3", ".5", ".7"}
SCHEMAS = {".catga"}

BINARY = re.compile(rb"\0")
ADDRESS = re.compile(r"https?://|mailto:")
SENTENCE = re.compile(r"(?:^|(?<=[.!?:;] )|(?<=[.!?] {2}))(What|Who|Whoever|Whose)\b[^.?!]*(.?)", re.S)


def read_list(name):
    """The lines of a list beside this file, without comments and blank lines."""
    lines = (HERE / name).read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def tracked_files():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, check=True, capture_output=True, text=True)
    return [path for path in listed.stdout.split("\0") if path and (TOP / path).is_file()]


class Exceptions:
    """PATH (a glob) | RULE | TEXT, a part of the line, or * | why"""

    def __init__(self):
        self.entries = [tuple(part.strip() for part in line.split(" | ", 3)) for line in read_list("exceptions")]
        self.used = set()

    def allow(self, path, rule, line):
        for entry in self.entries:
            pattern, of, text, _ = entry
            if of in (rule, "*") and pathlib.PurePath(path).match(pattern) and (text == "*" or text in line):
                self.used.add(entry)
                return True
        return False

    def unused(self):
        return [entry for entry in self.entries if entry not in self.used]


def comments_and_texts(source, suffix):
    """Yields (line number, prose) for each comment and each text of a program; adjacent lines are one."""
    if suffix in SCRIPTS:
        pattern = re.compile(r"(?:^[ \t]*#(?!!)[^\n]*\n)+|\"\"\".*?\"\"\"|(?<=\s)# [^\n]*", re.S | re.M)
    else:
        pattern = re.compile(r"/\*.*?\*/|(?:^[ \t]*//[^\n]*\n)+|//[^\n]*|(?:\"(?:\\.|[^\"\\\n])*\"\s*)+", re.S | re.M)
    for found in pattern.finditer(source):
        text = found.group()
        if text.startswith('"') and not text.startswith('"""'):
            prose = re.sub(r'"\s*"', "", text).strip('"\n\t ')
        else:
            prose = re.sub(r"^[ \t]*(?:/\*+|\*/|\*|//+!?<?|#+)|\*/", " ", text, flags=re.M)
        yield source.count("\n", 0, found.start()) + 1, re.sub(r"[ \t]*\n[ \t]*", "\n", prose).strip()


def paragraphs(source):
    """Yields (line number, paragraph) of a document, without fenced code."""
    number, kept, fenced = 1, [], False
    for line in source.split("\n") + [""]:
        if line.lstrip().startswith("```"):
            fenced = not fenced
        breaks = fenced or not line.strip() or line.lstrip().startswith(("```", "|", "#", "-", "*", "1.", "    "))
        if breaks and kept:
            yield number - len(kept), "\n".join(kept)
            kept = []
        if not fenced and line.strip() and not line.lstrip().startswith("```"):
            kept.append(line.lstrip("#->*| 0123456789."))
        number += 1


def prose_of(source, suffix):
    return paragraphs(source) if suffix in PROSE else comments_and_texts(source, suffix)


def riddles(source, suffix):
    for number, text in prose_of(source, suffix):
        for found in SENTENCE.finditer(re.sub(r"\n", " ", text)):
            if found.group(2) != "?":
                yield number, found.group(0)[:70]


def wide_lines(source, suffix):
    for number, line in enumerate(source.split("\n"), 1):
        table = suffix == ".md" and line.lstrip().startswith("|")
        row = suffix == ".def" and re.match(r"[A-Z_]+\(", line)
        expectation = suffix in SCHEMAS and "//~" in line
        if len(line) > WIDTH and not (table or row or expectation or ADDRESS.search(line)):
            yield number, f"{len(line)} columns"


def retired_words(source):
    patterns = [re.compile(rf"(?<![A-Za-z]){word}(?![A-Za-z])", re.I) for word in read_list("retired_words")]
    for number, line in enumerate(source.split("\n"), 1):
        for pattern in patterns:
            found = pattern.search(line)
            if found:
                yield number, found.group()


def retired_names(source):
    patterns = [re.compile(word) for word in read_list("retired_names")]
    for number, line in enumerate(source.split("\n"), 1):
        for pattern in patterns:
            found = pattern.search(line)
            if found:
                yield number, found.group()


def check(path, exceptions):
    raw = (TOP / path).read_bytes()
    if BINARY.search(raw):
        return []
    source = raw.decode("utf-8", "replace")
    suffix = pathlib.PurePath(path).suffix
    rules = {
        "riddle": riddles(source, suffix) if suffix in CODE | SCRIPTS | PROSE | SCHEMAS else (),
        "width": wide_lines(source, suffix) if suffix in CODE | PROSE | SCHEMAS else (),
        "retired": retired_words(source),
        "name": [*retired_names(source), *((0, name) for _, name in retired_names(path))],
    }
    lines = source.split("\n")
    return [
        f"{path}:{number}: {rule}: {text}"
        for rule, found in rules.items()
        for number, text in found
        if not exceptions.allow(path, rule, lines[number - 1] if number else path)
    ]


def main():
    exceptions = Exceptions()
    paths = sys.argv[1:] or tracked_files()
    findings = [finding for path in paths for finding in check(path, exceptions)]
    if not sys.argv[1:]:
        findings += [f"tests/prose/exceptions: not needed: {' | '.join(entry)}" for entry in exceptions.unused()]
    print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
