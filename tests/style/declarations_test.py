#!/usr/bin/env python3
"""Tests of declarations.py: each function of BAD lacks the blank line, those of GOOD do not."""

import unittest

import declarations

FORMS = [
    "int x;",
    "const char *text = NULL;",
    "static const char *const words[] = {\"a\",\n                                    \"b\"};",
    "struct stat found;",
    "catga_status status = open(&bus); /* a comment */",
    "atomic_uint counts[4];",
    "_Alignas(8) uint8_t data[8];",
    "int (*function)(void) = NULL;",
    "struct {\n        int z;\n    } q;",
]


def function(declaration, separator):
    return f"int f(void)\n{{\n    {declaration}\n{separator}    return 0;\n}}".split("\n")


class Declarations(unittest.TestCase):
    def test_a_missing_line_is_found(self):
        for form in FORMS:
            with self.subTest(form=form):
                self.assertEqual(len(list(declarations.ends_of_declarations(function(form, "")))), 1)

    def test_a_line_that_is_there_is_accepted(self):
        for form in FORMS:
            with self.subTest(form=form):
                self.assertEqual(list(declarations.ends_of_declarations(function(form, "\n"))), [])

    def test_declarations_in_a_row_are_one_block(self):
        for form in FORMS:
            with self.subTest(form=form):
                lines = function(f"int first;\n    {form}", "\n")
                self.assertEqual(list(declarations.ends_of_declarations(lines)), [])

    def test_statements_are_no_declarations(self):
        for statement in ("return 0;", "call(a, b);", "x = 1;", "(void)state;", "if (a)", "goto end;"):
            with self.subTest(statement=statement):
                lines = function(statement, "")
                self.assertEqual(list(declarations.ends_of_declarations(lines)), [])


if __name__ == "__main__":
    unittest.main()
