#!/usr/bin/env python3
"""
declarations.py [--fix] FILE...: a blank line follows the declarations at the beginning of a function.
Prints each violation; --fix inserts the line.
"""

import re
import sys

QUALIFIERS = (r"(?:(?:static|const|volatile|unsigned|signed|struct|enum|union|register|_Atomic|"
              r"sig_atomic_t|_Alignas\(\w+\)) )*")
VALUE = r"(?:\[[^\]]*\])*(?: = .*|;|,.*|\[.*)?$"
DECLARATION = re.compile(
    r"    (?!return\b|goto\b|else\b|case\b|break\b)" + QUALIFIERS +
    r"(?:(?:struct|enum|union)(?: \w+)? \{$"  # a type with its members
    r"|[A-Za-z_]\w*(?:\(\w+\))?(?: const)? \**\(\*(?:const )?\w+(?:\[[^\]]*\])*\)\(.*"  # a function
    r"|[A-Za-z_]\w*(?:\(\w+\))?(?: const)? \**(?:const )?\w+" + VALUE + ")"
)
COMMENT = re.compile(r"\s*/\*.*?\*/$")
LITERAL = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])+'")


def ends_of_declarations(text):
    """Yields the index of each first statement that follows declarations directly."""
    lines = [COMMENT.sub("", LITERAL.sub('""', line)) for line in text]
    for start, line in enumerate(lines):
        if line != "{" or start == 0 or not lines[start - 1].endswith(")"):
            continue
        at = start + 1
        while at < len(lines) and DECLARATION.match(lines[at]):
            depth = lines[at].count("{") - lines[at].count("}")
            while depth > 0 or not lines[at].endswith(";"):
                at += 1
                depth += lines[at].count("{") - lines[at].count("}")
            at += 1
        if at > start + 1 and lines[at].strip() not in ("", "}"):
            yield at


def main():
    fixes = sys.argv[1:2] == ["--fix"]
    found = False
    for path in sys.argv[2 if fixes else 1:]:
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        places = list(ends_of_declarations(lines))
        for at in reversed(places):
            lines.insert(at, "")
        if fixes and places:
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(lines))
        elif places:
            found = True
            print("\n".join(f"{path}:{at + 1}: no blank line after the declarations" for at in places))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
