#!/usr/bin/env python3
"""The three middlewares of examples/middleware: middleware_test.py FOLDER, with $NATS_URL."""
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest

FOLDER = sys.argv[1]
ENVIRONMENT = dict(os.environ, CATGA_PREFIX=f'notes-{os.getpid()}', CATGA_INSTANCE='one')
DENIED = 'CATGA_NOT_PERMITTED 403 the header Authorization names no user'


def call(*arguments):
    done = subprocess.run([os.path.join(FOLDER, 'notes_caller'), *arguments], env=ENVIRONMENT,
                          capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout.strip()


class Middleware(unittest.TestCase):
    def setUp(self):
        self.service = subprocess.Popen([os.path.join(FOLDER, 'notes_service')],
                                        env=dict(ENVIRONMENT, CATGA_LOG_FORMAT='json'),
                                        stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.service.kill)
        lines = [json.loads(self.service.stderr.readline()) for _ in range(3)]
        self.assertEqual(sorted(line['text'].split()[1] for line in lines),
                         ['connected', 'serve', 'serve'])
        end = time.monotonic() + 20
        while call('', 'first')[1] != DENIED:  # until the server has seen the subscriptions
            self.assertLess(time.monotonic(), end)

    def stop(self):
        """Ends the service. Returns the lines of the audit."""
        self.service.send_signal(signal.SIGTERM)
        _, errors = self.service.communicate(timeout=20)
        self.assertEqual(self.service.returncode, 0)
        lines = [json.loads(line) for line in errors.splitlines()]
        return [line for line in lines if line['text'].startswith('audit: ')][1:]

    def test_users_and_audit(self):
        self.assertEqual(call('token-of-alice', 'buy milk'), (0, 'buy milk'))
        self.assertEqual(call('token-of-bob'), (0, 'buy milk'))
        for token in ('', 'wrong', 'token-of-alic', 'token-of-alice!'):
            self.assertEqual(call(token, 'stolen'), (1, DENIED))
        self.assertEqual(call('token-of-bob'), (0, 'buy milk'))
        audit = self.stop()
        texts = [re.sub(r' \(bytes=\d+\)$', '', line['text']) for line in audit]
        self.assertEqual(texts, ['audit: notes.WriteNote by alice: CATGA_OK',
                                 'audit: notes.ReadNote by bob: CATGA_OK']
                         + 4 * ['audit: notes.WriteNote by nobody: CATGA_NOT_PERMITTED']
                         + ['audit: notes.ReadNote by bob: CATGA_OK'])
        self.assertEqual({line['service'] for line in audit}, {'Notes'})
        commands = [line['message_id'] for line in audit if 'WriteNote' in line['text']]
        self.assertEqual(len(set(commands)), 5)
        self.assertNotIn('message_id', audit[1])

    def test_rate(self):
        """Commands do not retry here, so those above the rate fail; strangers take nothing of it."""
        for _ in range(3):
            self.assertEqual(call('wrong', 'x'), (1, DENIED))
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            results = list(pool.map(lambda _: call('token-of-alice', 'x'), range(15)))
        seconds = time.monotonic() - begun
        allowed = results.count((0, 'x'))
        refused = results.count((1, 'CATGA_OVERLOADED 429 too many messages in a short time'))
        self.assertEqual(allowed + refused, 15, results)
        self.assertGreaterEqual(allowed, 5)
        self.assertLessEqual(allowed, 6 + seconds * 2)
        self.assertEqual(len(self.stop()), 18)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
