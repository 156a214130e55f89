#!/usr/bin/env python3
"""Tests of the comparison of metrics with ledgers: each count that is off by one is found."""

import pathlib
import re
import sys
import tempfile
import types
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import ledger  # noqa: E402
import measures  # noqa: E402

LOAD = ("A kept 1 100\nK kept 1 CATGA_OK 200\nA seen 2 300\nK seen 2 CATGA_OK 310\nA act 3 400\nK act 3 CATGA_OK 500\n"
        "A act 4 400\nF act 4 CATGA_NO_RESPONDERS 500\nA once 5 400\nU once 5 CATGA_TIMEOUT 500\nA seen 6 300\n"
        "F seen 6 CATGA_DISCONNECTED 310\nS calls_retried 2 900\nS disconnects 0 900\n")
WORKER = ("H keep 1 1 a 150\nH keep 1 2 a 152\nE keep 1 2 a 160\nC keep 1 2 a 170\nH copy 1 1 a 150\nE copy 1 1 a 150\n"
          "H look 2 1 a 320\nE look 2 1 a 320\nH observe 2 1 a 320\nE observe 2 1 a 320\nH act 3 1 a 450\nE act 3 1 a 451\n"
          "H single 5 1 a 450\nE single 5 1 a 451\nS handled 6 900\nS handlers_failed 1 900\nS bad_messages 1 900\n"
          "S redelivered 1 900\nS retried_later 1 900\nS dead_letters 1 900\nS given_up 1 900\nS repeated 1 900\n"
          "S claims_held 1 900\nS disconnects 0 900\n")


def text_of(*samples):
    """Returns a text of metrics; each sample is a line without the prefix `catga_`."""
    lines, heads = [], set()
    for sample in samples:
        name = "catga_" + sample.split("{")[0]
        if name not in heads:
            lines += [f"# TYPE {name} counter", f"# HELP {name} Help."]
            heads.add(name)
        lines.append("catga_" + sample)
    return "\n".join(lines) + "\n"


SENT = text_of(
    'client_requests_total{method="test.work.Act"} 2', 'client_requests_failed_total{method="test.work.Act",reason="no_responders"} 1',
    'client_requests_retried_total{method="test.work.Act"} 2',
    'messages_published_total{type="test.work.Kept"} 1', 'messages_published_total{type="test.work.Seen"} 1',
    'messages_publish_failed_total{type="test.work.Once",reason="timeout"} 1',
    'messages_publish_failed_total{type="test.work.Seen",reason="disconnected"} 1',
    'messages_acked_total{type="test.work.Kept"} 1')
S = 'service="worker",type="test.work.'
HANDLED = text_of(
    f'messages_handled_total{{{S}Kept"}} 2', f'messages_handled_total{{{S}Seen"}} 2', f'messages_handled_total{{{S}Act"}} 1',
    f'messages_handled_total{{{S}Once"}} 1', f'messages_failed_total{{{S}Kept",reason="handler_failed"}} 1',
    f'messages_failed_total{{{S}Once",reason="in_progress"}} 1', f'messages_redelivered_total{{{S}Kept"}} 1',
    f'messages_retried_total{{{S}Kept"}} 1', f'messages_deadlettered_total{{{S}Kept"}} 1',
    f'messages_given_up_total{{{S}Kept"}} 1', f'messages_verify_failed_total{{{S}Kept"}} 1',
    f'messages_duplicates_suppressed_total{{{S}Once"}} 1')


def process(*codes, stops=()):
    return types.SimpleNamespace(lives=[types.SimpleNamespace(returncode=code) for code in codes], stops=list(stops))


class Comparison(unittest.TestCase):
    def check(self, sent=SENT, handled=HANDLED, dead=1, loads=None, workers=None):
        with tempfile.TemporaryDirectory() as folder:
            files = {"load-1.ledger": LOAD, "worker-a.ledger": WORKER, "load-1.ledger.1.metrics": sent,
                     "worker-a.ledger.2.metrics": handled}
            for name, text in files.items():
                pathlib.Path(folder, name).write_text(text)
            return measures.check(folder, ledger.Ledger(folder), dead, loads or [process(0)], workers or [process(0)])

    def test_equal_counts(self):
        self.assertEqual(self.check(), [])

    def test_every_count_that_is_off_by_one(self):
        for name, text in (("sent", SENT), ("handled", HANDLED)):
            for sample in re.finditer(r" (\d+)$", text, re.MULTILINE):
                for change in (-1, 1):
                    wrong = f"{text[:sample.start(1)]}{int(sample[1]) + change}{text[sample.end(1):]}"
                    self.assertNotEqual(self.check(**{name: wrong}), [], wrong[:sample.end()].split("\n")[-1])

    def test_a_dead_letter_that_is_not_stored(self):
        self.assertEqual(self.check(dead=2), ["metrics: dead letters: 1, and 2 in the ledgers"])

    def test_a_process_without_metrics(self):
        self.assertIn("metrics: files of loads: 1, and 2 in the ledgers", self.check(loads=[process(0), process(0)]))

    def test_a_killed_process_leaves_no_counts(self):
        less = HANDLED.replace('Act"} 1', 'Act"} 0').replace('Seen"} 2', 'Seen"} 3')
        self.assertEqual(self.check(handled=less, workers=[process(-9, 0)]), [])
        self.assertNotEqual(self.check(handled=less, workers=[process(0)]), [])


if __name__ == "__main__":
    unittest.main()
