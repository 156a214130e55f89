#!/usr/bin/env python3
"""Each log line is one object of JSON, with the ids of the message that is handled.

lines_test.py PROGRAM local|nats"""
import json
import os
import re
import subprocess
import sys
import unittest

PROGRAM = sys.argv[1:3]
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z')
MEMBERS = ['time', 'level', 'service', 'instance', 'message_id', 'correlation_id', 'trace_id', 'text']
OF_MESSAGES = ['service', 'message_id', 'correlation_id', 'trace_id']
TRACE = '0af7651916cd43dd8448eb211c80319c'


def run(**environment):
    settings = dict(os.environ, CATGA_LOG='debug', CATGA_INSTANCE='one', CATGA_PREFIX=f'logs-{os.getpid()}',
                    **environment)
    return subprocess.run(PROGRAM, env=settings, capture_output=True, check=True, timeout=60)


def refuse_number(text):
    raise ValueError('no member is a number: ' + text)


def parse(line):
    """Reads a line strictly: valid UTF-8, no member twice, no control characters."""
    def members(pairs):
        assert len({name for name, _ in pairs}) == len(pairs), line
        return dict(pairs)
    return json.loads(line.decode('utf-8'), object_pairs_hook=members, parse_int=refuse_number)


class Lines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = run(CATGA_LOG_FORMAT='json')
        cls.raw = done.stderr.splitlines(keepends=True)
        cls.lines = [parse(line) for line in cls.raw]
        cls.noted = [row.split('\t') for row in done.stdout.decode().splitlines()]

    def with_text(self, part):
        found = [line for line in self.lines if part in line['text']]
        self.assertTrue(found, part)
        return found

    def assert_facts(self, line, **facts):
        self.assertEqual({name: line[name] for name in OF_MESSAGES if name in line}, facts)

    def test_form(self):
        for raw, line in zip(self.raw, self.lines):
            self.assertEqual(list(line), [name for name in MEMBERS if name in line])
            self.assertTrue(TIME.fullmatch(line['time']), line)
            self.assertIn(line['level'], ['error', 'warning', 'info', 'debug'])
            self.assertEqual(line['instance'], 'one')
            self.assertNotIn('', line.values())
            self.assertLessEqual(len(raw), 4096)
            self.assertTrue(raw.endswith(b'}\n'))

    def test_odd_text(self):
        self.assertEqual(self.with_text('odd: ')[0]['text'],
                         'odd: "\\\b\n\t\x7f \x85 \ufffd\u65e0 \ufffd\ufffd\ufffd')
        long = self.with_text('long: ')[0]['text']
        self.assertGreater(len(long), 300)
        self.assertEqual(set(long[len('long: '):]), {'\x01'})

    def test_outside_of_handlers(self):
        for part in ('odd: ', 'long: ', 'service: serve '):
            for line in self.with_text(part):
                self.assert_facts(line)

    def test_lines_of_handlers(self):
        """Lines of handlers have exactly the facts that the handlers have seen."""
        self.assertGreaterEqual(len(self.noted), 7)
        for text, service, message, correlation, traceparent in self.noted:
            facts = {'service': service, 'message_id': message, 'correlation_id': correlation,
                     'trace_id': traceparent[3:35]}
            line, = [line for line in self.lines if line['text'] == text]
            self.assert_facts(line, **{name: value for name, value in facts.items() if value})

    def test_a_traced_bus(self):
        """Each line of a handler has the trace of the handler's span, also if that begins there."""
        done = run(CATGA_LOG_FORMAT='json', LOGS_TRACED='1')
        lines = {line['text']: line for line in map(parse, done.stderr.splitlines(keepends=True))}
        noted = [row.split('\t') for row in done.stdout.decode().splitlines()]
        self.assertGreaterEqual(len(noted), 7)
        for text, *_, traceparent in noted:
            self.assertEqual(lines[text]['trace_id'], traceparent[3:35])
            self.assertEqual(len(traceparent), 55)

    def test_a_chain(self):
        """A query and an event of a handler have its id as their correlation id, and its trace."""
        first = self.noted[0][2]
        chain = [row for row in self.noted if row[3] == first]
        self.assertEqual({row[1] for row in chain}, {'Answerer', 'Reader'})
        self.assertEqual({row[4][3:35] for row in chain}, {TRACE})

    def test_lines_of_the_runtime(self):
        """The text of a line about a handled message names its id, which is the member."""
        for line in self.with_text('server: handle '):
            message = re.search(r'id=([\w-]+)', line['text']).group(1)
            self.assertEqual(line.get('message_id', 'none'), message)
            self.assertIn(line['service'], ['Answerer', 'Reader'])

    def test_failures(self):
        by_handler = {(row[0].split()[0], row[2]) for row in self.noted}
        for part, service in (('run Answerer.echo: the handler failed', 'Answerer'),
                              ('refuse test.sample.Echo: not permitted', 'Answerer'),
                              ('run Reader.notify: attempt 1 failed', 'Reader'),
                              ('give up test.sample.Noted 1 in Reader.notify', 'Reader')):
            line = self.with_text(part)[0]
            self.assertEqual(line['service'], service)
            self.assertIn(('notify' if service == 'Reader' else 'echo', line['message_id']), by_handler)
        refused = self.with_text('refuse test.sample.Echo: ')[0]
        self.assertEqual(refused['trace_id'], TRACE)
        self.assertEqual(len(refused['message_id']), 22)

    def test_text_format(self):
        for line in run(CATGA_LOG_FORMAT='text').stderr.decode().splitlines():
            self.assertRegex(line, r'^\d{4}-\d\d-\d\dT[\d:.]+Z catga (error|warning|info|debug): ')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
