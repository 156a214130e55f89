#!/usr/bin/env python3
"""Tests of the checker: each line of `broken` breaks one rule, and the texts below break none."""

import unittest

import prose

GOOD = {
    "good.c": '/* What is a claim? A record. */\nconst char *text = "Returns the claim.";\n',
    "good.md": "# Claims\n\nA claim is a record of what is done.\n\n```\nWhat code says.\n```\n"
               f"\n| {'wide ' * 30} |\n\nhttps://example.com/{'x' * 100}\n",
    "good.catga": "table A { a: u32; } //~ error: " + "x" * 100 + "\n",
    "good.def": 'ENTRY(NAME, "' + "x" * 100 + '")\n',
}


def broken_lines():
    """Yields (rule, path, source) for each line RULE | PATH | SOURCE of the list `broken`."""
    for line in prose.read_list("broken"):
        rule, path, source = line.split(" | ", 2)
        yield rule, path, source.replace("\\n", "\n") + "\n"


class Prose(unittest.TestCase):
    def test_each_broken_line_is_found(self):
        for rule, path, source in broken_lines():
            with self.subTest(path=path, source=source):
                self.assertEqual([found[1] for found in prose.findings(path, source)], [rule])

    def test_each_rule_has_a_broken_line(self):
        self.assertEqual({rule for rule, _, _ in broken_lines()},
                         {"riddle", "width", "retired", "name"})

    def test_each_retired_word_and_name_is_found(self):
        sources = "".join(source for _, _, source in broken_lines())
        paths = "".join(f"{path}\n" for _, path, _ in broken_lines())
        for pattern in prose.RETIRED_WORDS + prose.RETIRED_NAMES:
            with self.subTest(pattern=pattern.pattern):
                self.assertTrue(pattern.search(sources + paths))

    def test_good_texts_pass(self):
        for path, source in GOOD.items():
            with self.subTest(path=path):
                self.assertEqual(list(prose.findings(path, source)), [])


if __name__ == "__main__":
    unittest.main()
