#!/usr/bin/env python3
"""Each operator of operators.py changes what it should, and nothing in comments, texts or directives."""

import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import operators  # noqa: E402


def changed(line, before="{"):
    source = f"int f(void)\n{{\n{before}\n{line}\n}}\n"
    return {(found.operator, found.after.strip()) for found in operators.mutations(source) if found.line == 3}


class Operators(unittest.TestCase):
    def test_a_comparison_is_flipped(self):
        self.assertIn(("flip comparison", "x = a <= b;"), changed("x = a < b;"))
        self.assertIn(("flip comparison", "x = a != b;"), changed("x = a == b;"))

    def test_a_connective_is_swapped(self):
        self.assertIn(("swap connective", "return a || b;"), changed("return a && b;"))

    def test_a_check_is_dropped_and_forced(self):
        self.assertIn(("drop check", "if (0 && (a > b))"), changed("if (a > b)"))
        self.assertIn(("force check", "if (1 || (a > b))"), changed("if (a > b)"))
        self.assertNotIn("force check", {operator for operator, _ in changed("while (a > b)")})

    def test_a_negation_is_dropped(self):
        self.assertIn(("drop negation", "return found;"), changed("return !found;"))

    def test_a_number_is_off_by_one(self):
        self.assertIn(("off by one", "x = a + 2;"), changed("x = a + 1;"))
        self.assertIn(("off by one", "x = 8;"), changed("x = 7;"))

    def test_a_call_and_an_assignment_are_removed(self):
        self.assertIn(("remove call", ";"), changed("close(file);"))
        self.assertIn(("remove assignment", ";"), changed("at->count = 0;"))
        self.assertNotIn(("remove call", ";"), changed("other(b));", before="x = call(a,"))

    def test_a_declaration_stays(self):
        self.assertNotIn(("remove assignment", ";"), changed("int x = 0;"))

    def test_comments_texts_and_directives_stay(self):
        for line in ("/* a < b */", "// a == b", 'text = "a && b";', "#define A(x) (x < 1)"):
            self.assertEqual(set(), {found for found in changed(line) if found[0] != "remove assignment"}, line)

    def test_only_functions_are_changed(self):
        self.assertEqual([], list(operators.mutations("enum { A = 1 };\nstatic const int x = 7;\n")))

    def test_a_change_is_made_once(self):
        lines = [found.after for found in operators.mutations("int f(void)\n{\n    return a + 1;\n}\n")]
        self.assertEqual(len(lines), len(set(lines)))


if __name__ == "__main__":
    unittest.main(verbosity=0)
