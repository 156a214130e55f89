"""Checks that route tables have the operations and schemas of the document: routes.py FILE.routes.c...

The document stands beside the tables, in FILE.openapi.json.
"""

import json
import re
import sys

LINES = re.compile(r"^static const char \*const (\w+)\[\] = \{\n(.*?)    NULL,\n\};$", re.M | re.S)
SCHEMA = re.compile(r'^    \{"([^"]+)", (schema\d+)\},$', re.M)
ROUTE = re.compile(r'^        "(\w+)",\n        "(/[^"]*)",\n.*?^        (operation\d+),$', re.M | re.S)


def text_of(literal):
    """Returns the text of a C string with escapes in octal."""
    plain = literal.replace("\\?", "?").encode("ascii").decode("unicode_escape")
    return plain.encode("latin-1").decode("utf-8")


def read_objects(code):
    """Returns the objects of JSON in the lists of lines, by the name of the list."""
    return {name: json.loads("\n".join(text_of(line) for line in re.findall(r'^    "(.*)",$', lines, re.M)))
            for name, lines in LINES.findall(code)}


def mistakes(code, document):
    """Yields the differences between tables and a document."""
    objects = read_objects(code)
    schemas = {name: objects[lines] for name, lines in SCHEMA.findall(code)}
    if schemas != document["components"]["schemas"]:
        yield "the schemas differ"
    count = sum(len(methods) for methods in document["paths"].values())
    routes = ROUTE.findall(code)
    if len(routes) != count:
        yield f"{len(routes)} routes, and {count} operations in the document"
    for method, path, lines in routes:
        if document["paths"].get(path, {}).get(method.lower()) != objects[lines]:
            yield f"{method} {path} differs"


def main(files):
    """Checks files; the status is 1 after a difference."""
    found = 0
    for file in files:
        with open(file, encoding="ascii") as code:
            with open(file.removesuffix(".routes.c") + ".openapi.json", encoding="utf-8") as document:
                for mistake in mistakes(code.read(), json.load(document)):
                    print(f"{file}: {mistake}")
                    found += 1
    return found > 0 or not files


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
