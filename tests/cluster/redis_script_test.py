#!/usr/bin/env python3
"""The script of the Redis containers: real servers and Sentinels, each at an address of its own,
fail over, and a server that starts again follows the new master."""
# needs: redis-server redis-sentinel redis-cli
import os
import signal
import subprocess
import sys
import time
import unittest

SOURCE = os.environ.get('CATGA_SOURCE', '.')
TEMP = os.environ.get('CATGA_TEMP', '/tmp')
SCRIPT = os.path.join(SOURCE, 'examples/cluster/deploy/kubernetes/redis.sh')
DEADLINE = 120  # seconds
SERVERS = ['127.0.71.1', '127.0.71.2', '127.0.71.3']
SENTINELS = ['127.0.72.1', '127.0.72.2', '127.0.72.3']
PASSWORD = 'secret'

# A container has the port of its own; here, each has an address.
WRAPPER = '''#!/bin/sh
exec {program} "$@" --bind "$REDIS_NAME"
'''


def cli(name, port, *words, password=PASSWORD):
    """Returns the lines of an answer; none without an answer."""
    found = subprocess.run(['redis-cli', '-h', name, '-p', str(port), '--raw', *words],
                           capture_output=True, text=True, check=False,
                           env=dict(os.environ, REDISCLI_AUTH=password))
    return found.stdout.splitlines() if found.returncode == 0 else []


def role(server):
    return next(iter(cli(server, 6379, 'ROLE')), None)


class Script(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.children = {}
        cls.wrappers = os.path.join(TEMP, 'wrappers')
        os.mkdir(cls.wrappers)
        for program in ('redis-server', 'redis-sentinel'):
            path = os.path.join(cls.wrappers, program)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(WRAPPER.format(program='/usr/bin/' + program))
            os.chmod(path, 0o755)

    @classmethod
    def tearDownClass(cls):
        for child in cls.children.values():
            child.kill()
            child.wait()

    def start(self, kind, name):
        data = os.path.join(TEMP, name)
        os.makedirs(data, exist_ok=True)
        with open(data + '.log', 'a', encoding='utf-8') as log:
            self.children[name] = subprocess.Popen(
                ['sh', SCRIPT, kind], stdout=log, stderr=log, start_new_session=True,
                env=dict(os.environ, PATH=self.wrappers + ':' + os.environ['PATH'],
                         REDIS_NAME=name, REDIS_MASTER=SERVERS[0], REDIS_PASSWORD=PASSWORD,
                         REDIS_SENTINELS=' '.join(SENTINELS), REDIS_DATA=data))

    def wait_for(self, condition, what):
        end = time.monotonic() + DEADLINE
        while not (value := condition()):
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.1)
        return value

    def master(self):
        """Returns the master that all Sentinels name, or None."""
        named = {tuple(cli(name, 26379, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'orders',
                           password='')) for name in SENTINELS}
        return next((server for server in SERVERS if named == {(server, '6379')}), None)

    def is_whole(self):
        """Returns whether each Sentinel knows two others and two connected replicas."""
        for name in SENTINELS:
            text = '\n'.join(cli(name, 26379, 'SENTINEL', 'MASTER', 'orders', password=''))
            replicas = cli(name, 26379, 'SENTINEL', 'REPLICAS', 'orders', password='')
            if ('num-other-sentinels\n2\n' not in text or replicas.count('slave') < 2
                    or 's_down' in ','.join(replicas) or replicas.count('ok') != 2):
                return False
        return True

    def test_a_failover(self):
        for name in SERVERS:
            self.start('server', name)
        self.wait_for(lambda: [role(name) for name in SERVERS] == ['master', 'slave', 'slave'],
                      'the servers')
        for name in SENTINELS:
            self.start('sentinel', name)
        self.wait_for(self.is_whole, 'the Sentinels')
        self.assertIn('NOAUTH Authentication required.',
                      cli(SERVERS[0], 6379, 'PING', password='wrong'))
        self.wait_for(lambda: cli(SERVERS[0], 6379, 'SET', 'key', 'value') == ['OK'],
                      'a replica that receives writes')

        self.children[SERVERS[0]].kill()
        self.children[SERVERS[0]].wait()
        self.wait_for(lambda: self.master() not in (None, SERVERS[0]), 'another master')
        master = self.master()
        self.assertEqual(cli(master, 6379, 'GET', 'key'), ['value'])

        self.start('server', SERVERS[0])
        self.wait_for(lambda: role(SERVERS[0]) == 'slave', 'the old master to be a replica')
        self.assertEqual(cli(SERVERS[0], 6379, 'ROLE')[1], master)
        self.wait_for(self.is_whole, 'the Sentinels to know the replica')

        # A Sentinel that starts again keeps its id, and knows the new master.
        before = cli(SENTINELS[0], 26379, 'SENTINEL', 'MYID', password='')
        self.children[SENTINELS[0]].send_signal(signal.SIGTERM)
        self.children[SENTINELS[0]].wait()
        self.start('sentinel', SENTINELS[0])
        self.wait_for(self.is_whole, 'the Sentinel to be back')
        self.assertEqual(cli(SENTINELS[0], 26379, 'SENTINEL', 'MYID', password=''), before)
        self.assertEqual(self.master(), master)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
