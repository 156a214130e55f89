"""Checks documents of OpenAPI without a network: check.py FILE...

Prints a line for each mistake. The script `run` beside this file asks validators of others.
"""

import json
import re
import sys

METHODS = {"get", "post", "put", "patch", "delete"}


def unique_members(pairs):
    """Returns an object, and refuses a member that occurs twice."""
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError("members occur twice: " + ", ".join(twice))
    return dict(pairs)


def values(value):
    """Yields a value of JSON and all values in it."""
    yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from values(child)


def operations(document):
    """Yields the path, the method and the object of each operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def check_references(document):
    """Each $ref leads to a schema, and each schema has a $ref."""
    schemas = {"#/components/schemas/" + name for name in document["components"]["schemas"]}
    used = {value["$ref"] for value in values(document) if isinstance(value, dict) and "$ref" in value}
    for name in sorted(used - schemas):
        yield f"{name} does not exist"
    for name in sorted(schemas - used):
        yield f"{name} is not used"


def check_ids(document):
    """Each operation has an id of its own."""
    seen = set()
    for path, method, operation in operations(document):
        name = operation["operationId"]
        if name in seen:
            yield f"{method} {path}: the id {name} occurs twice"
        seen.add(name)


def check_methods(document):
    """The methods are those of HTTP."""
    for path, method, _ in operations(document):
        if method not in METHODS:
            yield f"{path}: {method} is no method"


def check_paths(document):
    """No two paths match the same requests."""
    seen = {}
    for path in document["paths"]:
        first = seen.setdefault(re.sub(r"\{[^}]*\}", "{}", path), path)
        if first != path:
            yield f"{path} has the segments of {first}"


def check_parameters(document):
    """The fields in braces are the parameters of the path, which are required."""
    for path, method, operation in operations(document):
        place = f"{method} {path}"
        parameters = operation.get("parameters", [])
        keys = [(parameter["in"], parameter["name"]) for parameter in parameters]
        in_path = [parameter for parameter in parameters if parameter["in"] == "path"]
        if sorted(re.findall(r"\{([^}]*)\}", path)) != sorted(p["name"] for p in in_path):
            yield f"{place}: other parameters than the path"
        if not all(parameter.get("required") for parameter in in_path):
            yield f"{place}: a parameter of the path is not required"
        if len(set(keys)) != len(keys):
            yield f"{place}: a parameter occurs twice"


def check_responses(document):
    """Each operation has a success, an error of the client, and a default."""
    for path, method, operation in operations(document):
        statuses = operation["responses"]
        for wanted in ("2", "4", "default"):
            if not any(status.startswith(wanted) for status in statuses):
                yield f"{method} {path}: no response {wanted}"
        for status, response in statuses.items():
            for content in response.get("content", {}).values():
                for name, example in content.get("examples", {}).items():
                    if str(example["value"]["status"]) != status:
                        yield f"{method} {path}: the example {name} has another status"


def check_required(document):
    """A required member of an object is a member."""
    for value in values(document):
        if isinstance(value, dict) and isinstance(value.get("required"), list):
            for name in value["required"]:
                if name not in value["properties"]:
                    yield f"{name} is required, and no property"


CHECKS = (check_references, check_ids, check_methods, check_paths, check_parameters,
          check_responses, check_required)


def mistakes(text):
    """Yields the mistakes in the text of a document."""
    try:
        document = json.loads(text, object_pairs_hook=unique_members)
    except ValueError as error:
        yield f"no JSON: {error}"
        return
    if document["openapi"] != "3.1.0":
        yield "no document of OpenAPI 3.1.0"
    for check in CHECKS:
        yield from check(document)


def main(files):
    """Checks files; the status is 1 after a mistake."""
    found = 0
    for file in files:
        with open(file, encoding="utf-8") as opened:
            for mistake in mistakes(opened.read()):
                print(f"{file}: {mistake}")
                found += 1
    return found > 0 or not files


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
