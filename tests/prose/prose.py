#!/usr/bin/env python3
"""
prose.py [FILE...]: checks that the tree is written in plain English, as far as a script can. Without
arguments it checks every file in git.

It checks comments, documents, manual pages, diagnostics and log lines:

    riddle      no sentence begins with What, Who, Whoever or Whose, unless it is a question
    width       no line exceeds 100 columns, except rows of tables and lines with an address
    retired     no word of `retired_words` occurs
    name        no name of `retired_names` occurs, in text or as the name of a file

`exceptions` lists quotations and names of others, each with a reason.
"""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
WIDTH = 100

CODE = {".c", ".h", ".cc", ".hpp", ".y", ".def"}
INPUTS = {".fbs", ".js", ".pml"}
SCRIPTS = {".py", ".sh", ".bash", ".fish", ".cmake", ".awk", ""}
PROSE = {".md", ".1", ".3", ".5", ".7"}
SCHEMAS = {".catga"}

ADDRESS = re.compile(r"https?://|mailto:")
SENTENCE = re.compile(
    r"(?:^|(?<=[.!?:;] )|(?<=\| )|(?<=[.!?] {2}))(What|Who|Whoever|Whose)\b[^.?!]*(.?)", re.S)

COMMENTS_IN_SCRIPTS = re.compile(
    r"(?:^[ \t]*#(?!!)[^\n]*\n)+|\"\"\".*?\"\"\"|(?<=\s)# [^\n]*", re.S | re.M)
COMMENTS_AND_TEXTS_IN_CODE = re.compile(
    r"/\*.*?\*/|(?:^[ \t]*(?://|%#)[^\n]*\n)+|//[^\n]*|(?:\"(?:\\.|[^\"\\\n])*\"\s*)+", re.S | re.M)


def read_list(name):
    """Returns the lines of a list beside this file, without comments and blank lines."""
    lines = (HERE / name).read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


RETIRED_WORDS = [re.compile(rf"(?<![A-Za-z]){word}(?![A-Za-z])", re.I)
                 for word in read_list("retired_words")]
RETIRED_NAMES = [re.compile(name) for name in read_list("retired_names")]


def tracked_files():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, check=True, capture_output=True,
                            text=True)
    return [path for path in listed.stdout.split("\0") if path and (TOP / path).is_file()]


class Exceptions:
    """The lines of `exceptions`: PATH (a glob) | RULE | TEXT (a part of the line), or * | REASON"""

    def __init__(self):
        self.entries = [tuple(part.strip() for part in line.split(" | ", 3))
                        for line in read_list("exceptions")]
        self.used = set()

    def allow(self, path, rule, line):
        for entry in self.entries:
            pattern, of, text, _ = entry
            if of in (rule, "*") and pathlib.PurePath(path).match(pattern) and \
                    (text == "*" or text in line):
                self.used.add(entry)
                return True
        return False

    def unused(self):
        return [entry for entry in self.entries if entry not in self.used]


def suffix_of(path):
    """Returns the suffix that decides how a file is read."""
    name = pathlib.PurePath(path.removesuffix(".in"))
    return ".cmake" if name.name == "CMakeLists.txt" else name.suffix


def comments_and_texts(source, suffix):
    """Yields (line number, prose) for each comment and text of a program; adjacent lines are one."""
    pattern = COMMENTS_IN_SCRIPTS if suffix in SCRIPTS else COMMENTS_AND_TEXTS_IN_CODE
    for found in pattern.finditer(source):
        text = found.group()
        if text.startswith('"') and not text.startswith('"""'):
            prose = re.sub(r'"\s*"', "", text).strip('"\n\t ')
        else:
            prose = re.sub(r"^[ \t]*(?:/\*+|\*/|\*|//+!?<?|%?#+)|\*/", " ", text, flags=re.M)
            prose = prose.strip('"-\n\t ')
        yield source.count("\n", 0, found.start()) + 1, re.sub(r"[ \t]*\n[ \t]*", "\n", prose)


def paragraphs(source):
    """Yields (line number, paragraph) of a document, without fenced code."""
    number, kept, fenced = 1, [], False
    for line in source.split("\n") + [""]:
        fence = line.lstrip().startswith("```")
        fenced = fenced != fence
        starts = line.lstrip().startswith(("|", "#", "-", "*", "1.", ".", "    "))
        if (fence or fenced or starts or not line.strip()) and kept:
            yield number - len(kept), "\n".join(kept)
            kept = []
        macro = line.startswith(".")  # of a manual page
        if not fence and not fenced and not macro and line.strip():
            kept.append(line.lstrip("#->*| 0123456789."))
        number += 1


def riddles(source, suffix):
    prose = paragraphs(source) if suffix in PROSE else comments_and_texts(source, suffix)
    for number, text in prose:
        for found in SENTENCE.finditer(re.sub(r"\n *\n", ". ", text).replace("\n", " ")):
            if found.group(2) != "?":
                yield number, found.group(0)[:70]


def wide_lines(source, suffix):
    for number, line in enumerate(source.split("\n"), 1):
        row = suffix == ".md" and line.lstrip().startswith("|")
        entry = suffix == ".def" and re.match(r"[A-Z_]+\(", line)
        expectation = suffix in SCHEMAS and "//~" in line
        if len(line) > WIDTH and not (row or entry or expectation or ADDRESS.search(line)):
            yield number, f"{len(line)} columns"


def matches(source, patterns):
    """Yields (line number, text) for the first match of a pattern in each line."""
    for number, line in enumerate(source.split("\n"), 1):
        found = next(filter(None, (pattern.search(line) for pattern in patterns)), None)
        if found:
            yield number, found.group()


def findings(path, source):
    """Yields (line number, rule, text); the number is 0 for the name of the file."""
    suffix = suffix_of(path)
    if suffix in CODE | INPUTS | SCRIPTS | PROSE | SCHEMAS:
        yield from ((number, "riddle", text) for number, text in riddles(source, suffix))
    if suffix in CODE | PROSE | SCHEMAS:
        yield from ((number, "width", text) for number, text in wide_lines(source, suffix))
    yield from ((number, "retired", text) for number, text in matches(source, RETIRED_WORDS))
    yield from ((number, "name", text) for number, text in matches(source, RETIRED_NAMES))
    yield from ((0, "name", text) for _, text in matches(path, RETIRED_NAMES))


def check(path, exceptions):
    """Returns the findings of a file that no exception allows."""
    raw = (TOP / path).read_bytes()
    if b"\0" in raw:
        return []
    source = raw.decode("utf-8", "replace")
    lines = [path] + source.split("\n")
    return [f"{path}:{number}: {rule}: {text}" for number, rule, text in findings(path, source)
            if not exceptions.allow(path, rule, lines[number])]


def main():
    exceptions = Exceptions()
    paths = sys.argv[1:] or tracked_files()
    found = [finding for path in paths for finding in check(path, exceptions)]
    if not sys.argv[1:]:
        found += [f"tests/prose/exceptions: not needed: {' | '.join(entry)}"
                  for entry in exceptions.unused()]
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
