#!/usr/bin/env python3
"""The figures and rules of the cluster's fault tests, with requests of known times."""
import collections
import json
import os
import struct
import sys
import types
import unittest
import unittest.mock

sys.path.insert(0, os.path.join(os.environ.get('CATGA_SOURCE', '.'), 'examples/cluster'))
sys.dont_write_bytecode = True
import demo
import faults
import load
from http_client import Answer
from processes import Failure

FOLDER = os.path.join(os.environ.get('CATGA_TEMP', '.'), 'orders')


def request(began, wait, order='1', status=201):
    body = json.dumps({'orderId': order, 'processedBy': 'OrderService-1'}).encode()
    return load.Request(began, began + wait, Answer(status, {}, body), None)


def no_change(_):
    pass


def test(**settings):
    return faults.Test('a fault', no_change, no_change, 100, 1, (1, 1, 1), **settings)


class Figures(unittest.TestCase):
    def test_percentiles(self):
        waits = [request(0, number / 100) for number in range(100)]
        self.assertAlmostEqual(load.percentile(waits, 0.5), 0.5)
        self.assertAlmostEqual(load.percentile(waits, 0.95), 0.95)
        self.assertAlmostEqual(load.percentile(waits, 1), 0.99)
        self.assertEqual(load.percentile([], 0.5), 0)

    def test_the_longest_gap(self):
        ended = [request(0, 1), request(5, 1), request(5, 2, status=503), request(8, 0.5)]
        self.assertAlmostEqual(load.longest_gap(ended, 0), 5)
        self.assertAlmostEqual(load.longest_gap(ended, 5.5), 2.5)
        self.assertEqual(load.longest_gap([], 0), 0)

    def test_the_parts_of_a_test(self):
        requests = [request(0, 0.5), request(1, 0.2), request(1.9, 0.4), request(2.5, 0.1),
                    request(4.1, 0.9)]
        result = faults.Result(test(), requests, 2, 4, 0)
        self.assertEqual([len(part) for part in (result.before, result.during, result.after)],
                         [2, 2, 1])
        self.assertAlmostEqual(result.recovery, 0.9)
        self.assertEqual(result.success(), 100)
        self.assertEqual(result.broken(), [])

    def test_a_long_wait_breaks_a_rule(self):
        result = faults.Result(test(), [request(0, 0.1), request(2, 1.1)], 1, 4, 0)
        self.assertEqual(result.broken(), ['a request waited 1.10 s'])

    def test_a_high_percentile_breaks_a_rule(self):
        fast, slow = request(0, 0.01), request(2, 0.2)
        result = faults.Result(test(p95=0.12), [fast, slow], 1, 4, 0)
        self.assertEqual(len(result.broken()), 1)
        self.assertEqual(faults.Result(test(), [fast, slow], 1, 4, 0).broken(), [])
        busy = faults.Result(test(p95=0.12), [request(0, 0.1), slow], 1, 4, 0)
        self.assertEqual(busy.broken(), [])

    def test_the_share_of_successes(self):
        result = faults.Result(test(), [request(0, 1), request(2, 0, status=503)], 1, 4, 0)
        self.assertEqual(result.success(), 50)
        self.assertIn('50 %', result.row())

    def test_a_distribution(self):
        demo.show = no_change
        demo.is_even('parts', {'a': 100, 'b': 101, 'c': 99}, 3)
        with self.assertRaises(Failure):
            demo.is_even('parts', {'a': 200, 'b': 50, 'c': 50}, 3)
        with self.assertRaises(Failure):
            demo.is_even('parts', {'a': 150, 'b': 150}, 3)


def cluster_that_handled(*commands):
    """Returns a cluster of one order service, with such a log."""
    log = ''.join(f'处理命令: CreateOrderCommand [MessageId={command}]\n' for command in commands)
    process = types.SimpleNamespace(text=lambda: log)
    return types.SimpleNamespace(named=lambda _: [types.SimpleNamespace(process=process)])


class Handlers(unittest.TestCase):
    """How often each command was handled while the master of Redis was killed."""

    def broken(self, before, after):
        """Returns the broken rules, given the commands before the kill and after it."""
        fault = test()
        result = faults.Result(fault, [request(0, 0.1), request(2, 0.1)], 1, 4, 1)
        fault.handled = collections.Counter(before)
        faults.no_handler_ran_twice(fault)(cluster_that_handled(*before, *after), result)
        return result.broken()

    def test_once(self):
        self.assertEqual(self.broken(['a', 'b'], ['c', 'd']), [])

    def test_twice_since_the_kill(self):
        self.assertEqual(self.broken(['a'], ['b', 'c', 'b']),
                         ['1 of 2 commands were handled twice'])

    def test_before_the_kill_and_since(self):
        self.assertEqual(self.broken(['a', 'b'], ['b', 'c']),
                         ['1 of 2 commands were handled twice'])

    def test_twice_before_an_attempt(self):
        self.assertEqual(self.broken(['a', 'a'], ['b']), [])

    def test_none(self):
        with self.assertRaisesRegex(Failure, 'no command was handled'):
            self.broken(['a'], [])

    def attempts(self, *results):
        """Runs a test with such results, each (command handled twice, latest tick). Returns how
        often it ran."""
        fault = test(make=no_change)
        played = []

        def play(_cluster, _test):
            twice, latest_tick = results[len(played)]
            played.append(twice)
            result = faults.Result(fault, [request(2, 0.1)], 1, 4, latest_tick)
            result.problems += ['a command was handled twice'] * twice
            return result

        with unittest.mock.patch.object(faults, 'play', play), \
                unittest.mock.patch('builtins.print'):
            faults.run(None, None, fault)
        return len(played)

    def test_a_starved_machine_repeats_the_test(self):
        self.assertEqual(self.attempts((False, 1)), 1)
        self.assertEqual(self.attempts((True, 1), (False, 0)), 2)
        for results in ([(True, 0)], [(True, 1), (True, 0)], [(True, 1)] * faults.ATTEMPTS):
            with self.assertRaisesRegex(Failure, 'handled twice'):
                self.attempts(*results)


class Ledger(unittest.TestCase):
    def setUp(self):
        os.makedirs(FOLDER, exist_ok=True)
        for name in os.listdir(FOLDER):
            os.remove(os.path.join(FOLDER, name))
        self.ledger = faults.Ledger(FOLDER)

    def store(self, order, content=struct.pack('=32xI', 5) + b'order'):
        with open(f'{FOLDER}/CreateOrder.{order}', 'wb') as file:
            file.write(content)

    def test_confirmed_orders_are_stored(self):
        self.store('1')
        self.store('2', b'')
        self.store('3', struct.pack('=32xI', 5) + b'orde')
        self.ledger.enter([request(0, 1)])
        self.assertEqual(self.ledger.check(), 1)

    def test_a_lost_order(self):
        self.store('1', b'')
        self.ledger.enter([request(0, 1)])
        with self.assertRaises(Failure):
            self.ledger.check()

    def test_two_requests_with_one_order(self):
        self.store('1')
        self.ledger.enter([request(0, 1), request(1, 1)])
        with self.assertRaises(Failure):
            self.ledger.check()

    def test_an_order_that_was_not_confirmed(self):
        self.store('1')
        self.store('2')
        self.ledger.enter([request(0, 1)])
        with self.assertRaises(Failure):
            self.ledger.check()
        self.ledger.enter([request(0, 1, '2', 504)])
        self.assertEqual(self.ledger.check(), 2)


if __name__ == '__main__':
    unittest.main()
