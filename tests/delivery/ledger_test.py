#!/usr/bin/env python3
"""Tests of the checker: invented ledgers that keep every rule, and one for each rule that breaks it."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import ledger  # noqa: E402

GOOD = {
    "load": "A kept 1 100\nK kept 1 CATGA_OK 200\nA seen 2 300\nK seen 2 CATGA_OK 310\n"
            "A act 3 400\nK act 3 CATGA_OK 500\nS disconnects 0 900\n",
    "a": "H keep 1 1 a 150\nE keep 1 1 a 160\nC keep 1 1 a 170\nH copy 1 1 a 150\nE copy 1 1 a 150\n"
         "H look 2 1 a 320\nE look 2 1 a 320\nH observe 2 1 a 320\nE observe 2 1 a 320\n"
         "H act 3 1 a 450\nE act 3 1 a 451\n",
    "b": "H copy 1 1 b 155\nE copy 1 1 b 156\nH observe 2 1 b 320\nE observe 2 1 b 320\n",
}


class Checker(unittest.TestCase):
    def read(self, files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                pathlib.Path(folder, f"{name}.ledger").write_text(text)
            return ledger.Ledger(folder)

    def check(self, change=None, add=None, **options):
        """Checks the good ledgers after `change` = (file, old, new) and `add` = (file, text)."""
        files = dict(GOOD)
        if change:
            name, old, new = change
            self.assertIn(old, files[name])
            files[name] = files[name].replace(old, new)
        if add:
            files[add[0]] += add[1]
        return ledger.check(self.read(files), ("a", "b"), **options)

    def breaks(self, rule, **how):
        broken = self.check(**how).broken
        self.assertEqual([line.split(":")[0] for line in broken], [rule], broken)

    def test_all_is_well(self):
        verdict = self.check()
        self.assertEqual(verdict.broken, [])
        self.assertEqual(verdict.figures["acknowledged"], 1)
        self.assertEqual(verdict.figures["seen_lost"], 0)

    def test_lost_by_the_group(self):
        self.breaks("lost by keep", change=("a", "E keep 1 1 a 160\n", ""))

    def test_lost_by_one_replica(self):
        self.breaks("lost by copy@b", change=("b", "E copy 1 1 b 156\n", ""))

    def test_a_dead_letter_is_not_lost(self):
        self.assertEqual(self.check(change=("a", "E keep 1 1 a 160\n", ""), dead=[(("keep", ""), 1)]).broken, [])

    def test_phantom(self):
        self.breaks("phantom", add=("a", "H keep 9 1 a 999\n"))

    def test_phantom_of_another_kind(self):
        self.breaks("phantom", add=("a", "H look 3 1 a 999\n"))

    def test_refused_but_seen(self):
        self.breaks("refused, but seen", change=("load", "K act 3 CATGA_OK", "F act 3 CATGA_NO_RESPONDERS"))

    def test_a_command_runs_twice(self):
        self.breaks("handled twice", add=("b", "H act 3 1 b 600\n"))

    def test_an_event_that_may_be_lost_comes_twice(self):
        self.breaks("handled twice", add=("a", "H observe 2 1 a 600\n"))

    def test_a_command_that_is_done_once_is_done_twice(self):
        add = ("a", "H order 9 1 a 500\nE order 9 1 a 510\nH order 9 2 b 800\nE order 9 2 b 810\n")
        change = ("load", "S disconnects", "A order 9 400\nK order 9 CATGA_OK 900\nS disconnects")
        late = 510 + int(ledger.WINDOW * 1e9)
        for stops in ([], [("b", 520, 520)], [("c", 520, 520)], [("a", 400, 499)], [("a", late, late)], [("b", 0, 799)]):
            self.breaks("effect twice", add=add, change=change, stops=stops)
        for stops in ([("a", 520, 520)], [("a", 505, 505)], [("a", 400, 600)], [("b", 805, 805)]):
            verdict = self.check(add=add, change=change, stops=stops)
            self.assertEqual((verdict.broken, verdict.figures["in_window"]), ([], 1))

    def test_an_event_that_is_handled_once_is_handled_twice(self):
        change = ("load", "S disconnects", "A once 9 400\nK once 9 CATGA_OK 450\nS disconnects")
        good = "H single 9 1 a 500\nE single 9 1 a 510\nH single 9 2 b 800\n"
        self.assertEqual(self.check(add=("a", good), change=change).broken, [])
        self.breaks("effect twice", add=("a", good + "E single 9 2 b 810\n"), change=change)
        self.breaks("lost by single", change=change)

    def test_answered_by_nobody(self):
        self.breaks("answered by nobody", change=("a", "H act 3 1 a 450\nE act 3 1 a 451\n", ""))

    def test_two_outcomes(self):
        self.breaks("two outcomes", add=("load", "U act 3 CATGA_TIMEOUT 700\n"))

    def test_no_outcome(self):
        self.breaks("no outcome", add=("load", "A ask 4 800\n"))
        self.assertEqual(self.check(add=("load", "A ask 4 800\n"), ended=False).broken, [])

    def test_torn(self):
        self.breaks("a record is torn", add=("a", "H ke"))
        self.breaks("a record is torn", add=("a", "H keep\n"))
        self.breaks("a record is torn", add=("a", "Z 1 2\n"))

    def test_a_stored_event_may_come_twice_and_is_counted(self):
        verdict = self.check(add=("b", "H keep 1 2 b 700\nE keep 1 2 b 710\n"))
        self.assertEqual(verdict.broken, [])
        self.assertEqual((verdict.figures["duplicates"], verdict.figures["duplicate_effects"]), (1, 1))

    def test_what_may_be_lost_is_counted(self):
        verdict = self.check(change=("a", "E look 2 1 a 320\n", ""))
        self.assertEqual((verdict.broken, verdict.figures["seen_lost"]), ([], 1))

    def test_unknown_that_arrived(self):
        verdict = self.check(change=("load", "K kept 1 CATGA_OK", "U kept 1 CATGA_TIMEOUT"))
        self.assertEqual((verdict.broken, verdict.figures["resolved"], verdict.figures["unknown"]), ([], 1, 1))

    def test_overtaking(self):
        effects = "".join(f"E follow {number} 1 a {time}\n" for number, time in ((5, 10), (3, 20), (4, 30), (5, 40)))
        read = self.read({"a": effects})
        self.assertEqual(ledger.overtaking(read, ("follow", ""), [5, 3, 7, 4]), set())
        self.assertEqual(ledger.overtaking(read, ("follow", ""), [3, 5, 4]), {5})
        self.assertEqual(ledger.overtaking(read, ("follow", ""), [4, 5, 3]), {5, 3})

    def test_a_family_has_the_rules_of_its_events(self):
        sent = "A stepped 9 100\nK stepped 9 CATGA_OK 110\nA glimpsed 8 100\nK glimpsed 8 CATGA_OK 110\n"
        change = ("load", "S disconnects", sent + "S disconnects")
        good = "H follow 9 1 a 200\nE follow 9 1 a 210\nH audit_stepped 9 1 a 200\nE audit_stepped 9 1 a 210\n"
        self.assertEqual(self.check(add=("a", good), change=change).broken, [])
        self.breaks("lost by audit_stepped", add=("a", good.split("H audit")[0]), change=change)
        twice = "H audit_glimpsed 8 1 a 200\nH audit_glimpsed 8 1 b 300\n"
        self.breaks("handled twice", add=("a", good + twice), change=change)

    def test_gap(self):
        times = "".join(f"A ask {i} {time}\nK ask {i} CATGA_OK {time}\n"
                        for i, time in enumerate((0, 10**9, 5 * 10**9, 6 * 10**9, 8 * 10**9), 100))
        read = self.read({"load": times})
        self.assertEqual(read.gap("ask"), 4)
        self.assertEqual(read.gap("ask", since=5 * 10**9), 2)
        self.assertEqual(read.gap("ask", since=2 * 10**9), 4)
        self.assertEqual(read.waits("ask"), [0, 0, 0, 0, 0])


unittest.main()
