#!/usr/bin/env python3
"""
The script of the Redis containers: real servers and Sentinels, each at an address of its own, fail
over, and start again one by one or all together.
"""
# needs: redis-server redis-sentinel redis-cli setpriv
import ipaddress
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ.get('CATGA_SOURCE', '.')
sys.path.insert(0, os.path.join(SOURCE, 'examples/cluster'))
sys.dont_write_bytecode = True
import processes
from redis_client import Refused, ask, ask_or_none
from sentinels import Sentinels

TEMP = os.environ.get('CATGA_TEMP', '/tmp')
SCRIPT = os.path.join(SOURCE, 'examples/cluster/deploy/kubernetes/redis.sh')
DEADLINE = 30  # seconds
PASSWORD = 'Secret7'
SERVER_PORT, SENTINEL_PORT = 6379, 26379

# A container has the port of its own; here, each has an address. Those of processes differ.
ADDRESSES = [str(ipaddress.ip_address('127.128.0.0') + os.getpid() % 2 ** 20 * 8 + number)
             for number in range(1, 7)]
SERVERS, SENTINELS = ADDRESSES[:3], ADDRESSES[3:]
WRAPPER = '''#!/bin/sh
exec {program} "$@" --bind "$REDIS_NAME"
'''


def wait_for(condition, what):
    return processes.wait_for(condition, what, DEADLINE)


def ask_server(name, *words):
    """Returns the reply of a server, or None without one."""
    return ask_or_none((name, SERVER_PORT), *words, password=PASSWORD)


def ask_sentinel(name, *words):
    return ask((name, SENTINEL_PORT), 'SENTINEL', *words)


def role(server):
    """Returns the role of a server when it answers: 'master', or 'slave' and its master."""
    found = wait_for(lambda: ask_server(server, 'ROLE'), server)
    return found[:2] if found[0] == 'slave' else found[:1]


def refuses(server, *words):
    """Returns whether a master refuses a write."""
    try:
        ask((server, SERVER_PORT), *words, password=PASSWORD)
    except Refused as refusal:
        return str(refusal).startswith('NOREPLICAS')
    return False


class Script(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=TEMP)
        self.processes = processes.Processes(self.folder)
        self.addCleanup(self.processes.end)
        self.sentinels = Sentinels([(name, SENTINEL_PORT) for name in SENTINELS], len(SERVERS))
        self.running = {}
        for program in ('redis-server', 'redis-sentinel'):
            path = os.path.join(self.folder, program)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(WRAPPER.format(program='/usr/bin/' + program))
            os.chmod(path, 0o755)

    def environment(self, name, **changes):
        return {'PATH': self.folder + ':' + os.environ['PATH'], 'REDIS_NAME': name,
                'REDIS_MASTER': SERVERS[0], 'REDIS_PASSWORD': PASSWORD,
                'REDIS_SENTINELS': ' '.join(SENTINELS), 'REDIS_DATA': self.data(name), **changes}

    def data(self, name, file=''):
        return os.path.join(self.folder, 'data-' + name, file)

    def start(self, *names, **changes):
        for name in names:
            os.makedirs(self.data(name), exist_ok=True)
            kind = 'server' if name in SERVERS else 'sentinel'
            self.running[name] = self.processes.start(name, ['sh', SCRIPT, kind],
                                                      **self.environment(name, **changes))

    def stop(self, *names):
        for name in names:
            self.running[name].send(signal.SIGTERM)
        for name in names:
            self.running[name].ended()

    def start_all(self):
        """Starts everything. The first server is the master."""
        self.start(*SERVERS)
        self.assertEqual([role(name)[0] for name in SERVERS], ['master', 'slave', 'slave'])
        self.start(*SENTINELS)
        self.wait_until_whole()
        wait_for(lambda: ask_server(SERVERS[0], 'SET', 'key', 'value') == 'OK',
                 'a replica that receives writes')

    def wait_until_whole(self):
        for name in SENTINELS:  # they look at the servers every ten seconds; here, more often
            wait_for(lambda name=name: ask_or_none((name, SENTINEL_PORT), 'SENTINEL', 'DEBUG',
                                                   'info-period', '300', 'publish-period', '300')
                     == 'OK', name)
        wait_for(self.sentinels.know_all, 'the Sentinels to know each other and all servers')

    def other_master(self):
        """Waits until all Sentinels name another master than the first one. Returns its name."""
        return wait_for(lambda: self.sentinels.master() not in (None, (SERVERS[0], SERVER_PORT))
                        and self.sentinels.master(), 'another master')[0]

    def fail_over(self):
        """Lets the Sentinels replace the first master, which lives. Returns the new one."""
        wait_for(lambda: ask_or_none((SENTINELS[0], SENTINEL_PORT), 'SENTINEL', 'FAILOVER',
                                     'orders') == 'OK', 'a fail-over')
        master = self.other_master()
        self.wait_until_whole()
        return master

    def began_with(self, sentinel):
        """Returns the master that a Sentinel knew at its start. Fails if it changed since."""
        text = wait_for(lambda: self.running[sentinel].lines_with('+monitor'), sentinel)[0]
        self.assertEqual(self.running[sentinel].lines_with('switch-master'), [])
        return re.search(r'\+monitor master orders (\S+) 6379 quorum 2', text)[1]

    def test_a_killed_master(self):
        self.start_all()
        self.running[SERVERS[0]].kill()
        master = self.other_master()
        self.assertEqual(ask_server(master, 'GET', 'key'), 'value')

        # The old master follows the new one from its start on, not since a Sentinel said so.
        self.start(SERVERS[0])
        self.assertEqual(role(SERVERS[0]), ['slave', master])
        self.wait_until_whole()
        self.assertEqual(self.running[SERVERS[0]].lines_with('user request'), [])

    def test_sentinels_that_start_again(self):
        self.start_all()
        master = self.fail_over()
        before = ask_sentinel(SENTINELS[0], 'MYID')
        os.rename(self.data(SENTINELS[0]), self.data(SENTINELS[0]).rstrip('/') + '.lost')
        self.stop(SENTINELS[0])
        self.start(SENTINELS[0])
        self.wait_until_whole()
        self.assertEqual(self.began_with(SENTINELS[0]), master)
        self.assertEqual(ask_sentinel(SENTINELS[0], 'MYID'), before)

        # None can ask another.
        self.stop(*SENTINELS)
        self.start(*SENTINELS)
        self.wait_until_whole()
        self.assertEqual([self.began_with(name) for name in SENTINELS], [master] * 3)
        self.assertEqual(self.sentinels.master(), (master, SERVER_PORT))

    def test_everything_starts_again(self):
        self.start_all()
        master = self.fail_over()
        self.stop(*SENTINELS, *SERVERS)
        self.start(*SERVERS)
        for name in SERVERS:
            self.assertEqual(role(name), ['master'] if name == master else ['slave', master])
        self.start(*SENTINELS)
        self.wait_until_whole()
        self.assertEqual([self.began_with(name) for name in SENTINELS], [master] * 3)
        self.assertEqual(ask_server(master, 'GET', 'key'), 'value')

    def test_another_password(self):
        self.start_all()
        self.stop(*SENTINELS, *SERVERS)
        self.start(*SERVERS, *SENTINELS, REDIS_PASSWORD='Other8')
        self.wait_until_whole()
        self.assertIsNone(ask_server(SERVERS[0], 'PING'))

    def test_a_master_that_is_cut_off(self):
        self.start_all()
        self.stop(*SENTINELS)
        for name in SERVERS[1:]:
            self.running[name].send(signal.SIGSTOP)
        self.addCleanup(lambda: [self.running[name].send(signal.SIGCONT) for name in SERVERS[1:]])
        wait_for(lambda: refuses(SERVERS[0], 'SET', 'key', 'lost'), 'the master to refuse a write')

    def test_passwords_and_files_are_private(self):
        self.start_all()
        for words in (('PING',), ('AUTH', 'wrong')):
            with self.assertRaisesRegex(Refused, 'NOAUTH|WRONGPASS'):
                ask((SERVERS[0], SERVER_PORT), *words)
        for name in ADDRESSES:
            for file in os.listdir(self.data(name)):
                mode = stat.S_IMODE(os.stat(self.data(name, file)).st_mode)
                self.assertEqual(mode & 0o77, 0, file)

    def refused(self, *arguments, **changes):
        """Returns what the script says when it refuses to start."""
        os.makedirs(self.data(SERVERS[0]), exist_ok=True)
        found = subprocess.run(['sh', SCRIPT, *arguments], capture_output=True, text=True,
                               timeout=DEADLINE, check=False,
                               env={**os.environ, **self.environment(SERVERS[0], **changes)})
        self.assertEqual((found.returncode, found.stdout), (2, ''))
        self.assertEqual(os.listdir(self.data(SERVERS[0])), [])
        return found.stderr

    def test_wrong_arguments(self):
        for arguments in ((), ('replica',), ('server', 'sentinel')):
            with self.subTest(arguments):
                self.assertEqual(self.refused(*arguments), 'usage: redis.sh server|sentinel\n')

    def test_wrong_passwords(self):
        for password in ('', 'two words', 'a#b', 'a@b', 'ends with a line break\n', 'übel'):
            with self.subTest(password):
                self.assertIn('REDIS_PASSWORD must consist of letters and digits',
                              self.refused('server', REDIS_PASSWORD=password))


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
