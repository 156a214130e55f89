#!/usr/bin/env python3
"""The cluster ends with its demonstration, however that ends, and a port in use is named."""
# needs: nats-server redis-server redis-sentinel haproxy prometheus setpriv
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

PROGRAMS = sys.argv[1] if len(sys.argv) > 1 else ''
DEMO = os.path.join(os.environ.get('CATGA_SOURCE', '.'), 'examples/cluster/demo.py')
TEMP = os.environ.get('CATGA_TEMP', '/tmp')
DEADLINE = 60  # seconds


def left_processes():
    """Returns the processes that work in the folder of this test."""
    found = []
    for path in glob.glob('/proc/[0-9]*/environ'):
        try:
            with open(path, 'rb') as file:
                if f'TMPDIR={TEMP}\0'.encode() in file.read():
                    found.append(path)
        except OSError:
            pass  # it has ended, or belongs to another user
    return found


def start(*arguments):
    return subprocess.Popen([sys.executable, DEMO, PROGRAMS, *arguments], text=True,
                            env=dict(os.environ, TMPDIR=TEMP), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


class Ending(unittest.TestCase):
    def end(self, number, step, processes):
        """Starts the demonstration, and sends it a signal at a step, when so many processes run."""
        demo = start('--short')
        line = ' '
        while line and not line.startswith('== ' + step):
            line = demo.stdout.readline()
        self.assertGreaterEqual(len(left_processes()), processes)
        demo.send_signal(number)
        demo.communicate(timeout=DEADLINE)
        # Those of a killed demonstration end a moment later.
        end = time.monotonic() + DEADLINE
        while left_processes() and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(left_processes(), [])
        return demo.returncode

    def test_termination(self):
        self.assertEqual(self.end(signal.SIGTERM, 'Ten orders', 22), 128 + signal.SIGTERM)
        self.assertEqual(glob.glob(TEMP + '/catga-cluster-*'), [])

    def test_an_interruption(self):
        self.assertEqual(self.end(signal.SIGINT, 'Three order services', 10), 128 + signal.SIGINT)

    def test_a_killed_demonstration(self):
        self.assertEqual(self.end(signal.SIGKILL, 'Three order services', 10), -signal.SIGKILL)
        for folder in glob.glob(TEMP + '/catga-cluster-*'):
            shutil.rmtree(folder)

    def test_a_cluster_that_stays(self):
        demo = start('--keep')
        lines = []
        while not lines or (lines[-1] and not lines[-1].startswith('  curl')):
            lines.append(demo.stdout.readline())
        demo.send_signal(signal.SIGINT)
        output, errors = demo.communicate(timeout=DEADLINE)
        if 'is in use' in errors:
            self.skipTest(errors)
        text = ''.join(lines)
        self.assertRegex(text, 'OrderApi-1 +http://127.0.0.1:5001\n')
        self.assertIn('/OrderService-3.log\n', text)
        self.assertIn('http://127.0.0.1:8080/api/orders', text)
        self.assertEqual((output, errors, demo.returncode), ('', '', 128 + signal.SIGINT))

    def test_a_missing_program(self):
        demo = subprocess.run([sys.executable, DEMO, '/nowhere', '--short'], text=True,
                              capture_output=True, timeout=DEADLINE, check=False)
        self.assertEqual(demo.returncode, 1)
        self.assertIn('/nowhere/cluster_order_service is not installed', demo.stderr)

    def test_a_port_in_use(self):
        """The first port that the cluster takes is in use: by this test, if by no one else."""
        with socket.socket() as used:
            used.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                used.bind(('127.0.0.1', 4222))
                used.listen()
            except OSError:
                pass
            demo = start('--keep')
            _, errors = demo.communicate(timeout=DEADLINE)
        self.assertEqual(demo.returncode, 1)
        self.assertIn('FAILED: port 4222 is in use, and nats-1 needs it', errors)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
