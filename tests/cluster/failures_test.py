#!/usr/bin/env python3
"""The demonstration reports a part that fails, and answers that are none."""
# needs: setpriv
import contextlib
import io
import json
import os
import socket
import subprocess
import sys
import threading
import types
import unittest
import unittest.mock

sys.path.insert(0, os.path.join(os.environ.get('CATGA_SOURCE', '.'), 'examples/cluster'))
sys.dont_write_bytecode = True
import demo
import http_client
import order_cluster
import redis_client
from processes import Failure

PROGRAMS = sys.argv[1] if len(sys.argv) > 1 else '.'


@contextlib.contextmanager
def peer(answer):
    """Answers one connection, and closes it. Gives the port."""
    with socket.create_server(('127.0.0.1', 0)) as listening:
        def serve():
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def play_and_fail(failure):
    """Returns a demonstration that starts a process and fails."""
    def play(_programs, _mode, started):
        started.start('part', ['sh', '-c', 'echo a line of its log']).child.wait()
        raise failure
    return play


class Failures(unittest.TestCase):
    def test_any_failure_shows_the_logs(self):
        for failure in (Failure('it'), ConnectionRefusedError('it'), KeyError('it'),
                        demo.http.client.IncompleteRead(b'it'),
                        json.JSONDecodeError('it', '', 0)):
            errors = io.StringIO()
            with self.subTest(failure), contextlib.redirect_stderr(errors), \
                    unittest.mock.patch.object(demo, 'play', play_and_fail(failure)):
                self.assertEqual(demo.run('/nowhere', ''), 1)
                self.assertRegex(errors.getvalue(), r'FAILED: .*it|FAILED: IncompleteRead')
                self.assertIn('a line of its log', errors.getvalue())

    def test_an_answer_that_is_none(self):
        for answer in (b'', b'nonsense', b'HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\n{'):
            with self.subTest(answer), peer(answer) as port:
                found = http_client.get(port, '/health')
                self.assertEqual((found.status, found.json()), (0, {}))

    def test_a_server_that_refuses_garbage(self):
        for answer in (b'INFO {}\r\n', b"INFO {}\r\n-ERR 'Unknown'\r\nPONG\r\n"):
            with self.subTest(answer), peer(answer) as port:
                cluster = types.SimpleNamespace(server_ports={1: port})
                with self.assertRaises(Failure):
                    order_cluster.Cluster.send_garbage(cluster)
        with peer(b'INFO {}\r\nPONG\r\n') as port:
            order_cluster.Cluster.send_garbage(types.SimpleNamespace(server_ports={1: port}))

    def test_a_reply_of_redis_that_is_none(self):
        text, whole = b'$5\r\nhello\r\n', b'*2\r\n$5\r\nhello\r\n:7\r\n'
        cut = [reply[:length] for reply in (text, whole) for length in range(len(reply))]
        for answer in (*cut, b'$4\r\nhello\r\n', b'$x\r\n', b':\r\n', b'HTTP/1.1 400 No\r\n'):
            with self.subTest(answer), peer(answer) as port:
                with self.assertRaises(ConnectionError):
                    redis_client.ask(('127.0.0.1', port), 'PING')
        with peer(whole) as port:
            self.assertEqual(redis_client.ask(('127.0.0.1', port), 'PING'), ['hello', 7])

    def run_program(self, name, **environment):
        """Runs a program where no server is. Returns its exit code and its errors."""
        found = subprocess.run([os.path.join(PROGRAMS, name)],
                               env={**os.environ, 'NATS_URL': 'nats://127.0.0.1:1',
                                    'CATGA_CONNECT_WAIT_MS': '100', **environment},
                               capture_output=True, text=True, timeout=20, check=False)
        return found.returncode, found.stderr

    def test_an_empty_variable_counts_as_absent(self):
        code, errors = self.run_program('cluster_order_api', REDIS_CONNECTION='')
        self.assertEqual(code, 1, errors)
        self.assertNotIn('redis', errors)
        self.assertIn('there is no connection to a server', errors)
        code, errors = self.run_program('cluster_order_service', CLUSTER_ORDERS='')
        self.assertEqual((code, errors), (
            2, 'order-service: set CLUSTER_ORDERS to an existing folder\n'))
        code, errors = self.run_program('cluster_node', NODE_ID='', NODE_PORT='5001')
        self.assertEqual(code, 2, errors)
        self.assertTrue(errors.startswith('usage: '), errors)

    def test_a_port_that_is_none(self):
        for port in ('5001x', '', '0', '65536', 'x'):
            with self.subTest(port):
                node = subprocess.run([os.path.join(PROGRAMS, 'cluster_node'), 'node1', port],
                                      env=dict(os.environ, NATS_URL='nats://127.0.0.1:1'),
                                      capture_output=True, text=True, timeout=20, check=False)
                self.assertEqual(node.returncode, 2, node.stderr)
                self.assertTrue(node.stderr.startswith('usage: '), node.stderr)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
