#!/usr/bin/env python3
"""Well-behaved clients are served while many others attack the gateway.

    abuse_test.py PROGRAMS           2,000 connections for ten seconds
    abuse_test.py PROGRAMS --long    10,000 connections for a minute; prints a table
"""
import json
import os
import resource
import subprocess
import sys
import threading
import time

import fixture

IS_LONG = '--long' in sys.argv
SECONDS, CONNECTIONS = (60, 10000) if IS_LONG else (8, 2000)
PER_ADDRESS = 50
CLIENTS = 4
P99 = 2  # seconds; generous, since other tests run at the same time
# Limit of the gateway's resident memory: code and heap, and the buffers of each connection.
FIXED_KB = 40000
CONNECTION_KB = 50


class Client(threading.Thread):
    """A well-behaved client: it reads, writes, and sometimes makes a new connection."""

    def __init__(self, port, is_over):
        super().__init__()
        self.port = port
        self.is_over = is_over
        self.times = []
        self.failures = []

    def request(self, connection, number):
        begun = time.monotonic()
        if number % 2 == 0:
            status = connection.call('POST', '/things', {'thingId': 'x'}).status
        else:
            status = connection.call('GET', '/things/x').status
        self.times.append(time.monotonic() - begun)
        if status not in (200, 201):
            self.failures.append(status)

    def run(self):
        try:
            while not self.is_over():
                connection = fixture.Connection(self.port)
                for number in range(20):
                    self.request(connection, number)
                    time.sleep(0.01)
                connection.close()
        except (OSError, EOFError) as error:
            self.failures.append(repr(error))


def measure(port, is_over):
    """Returns the sorted times of requests, and the failures."""
    clients = [Client(port, is_over) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return (sorted(time for client in clients for time in client.times),
            [failure for client in clients for failure in client.failures])


def percentile(times, part):
    return times[int(part * (len(times) - 1))]


def memory_kb(process, name):
    with open(f'/proc/{process.child.pid}/status', encoding='ascii') as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))


def resident_kb(process):
    """Returns the largest resident memory until now."""
    return memory_kb(process, 'VmHWM')


def is_sanitized(process):
    """Returns whether the program has the shadow memory of a sanitizer, many terabytes."""
    return memory_kb(process, 'VmSize') > 1 << 30


def print_table(rows):
    for name, value in rows:
        print(f'| {name} | {value} |')


class Abuse(fixture.Case):
    gateway_environment = {
        'CATGA_HTTP_CONNECTIONS': str(CONNECTIONS + 1000), 'CATGA_HTTP_BODY': '100000',
        'CATGA_HTTP_CONNECTIONS_PER_ADDRESS': str(PER_ADDRESS), 'CATGA_HTTP_HEAD_MS': '2000',
        'CATGA_HTTP_BODY_MS': '2000', 'CATGA_HTTP_SEND_MS': '2000',
    }

    def attack(self):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'attackers.py')
        arguments = [self.gateway.port, SECONDS, CONNECTIONS, PER_ADDRESS]
        return subprocess.Popen([sys.executable, script, *map(str, arguments)],
                                stdout=subprocess.PIPE, text=True)

    def test_well_behaved_clients_are_served(self):
        quiet_end = time.monotonic() + 2
        quiet, _ = measure(self.gateway.port, lambda: time.monotonic() > quiet_end)
        attackers = self.attack()
        times, failures = measure(self.gateway.port, lambda: attackers.poll() is not None)
        counts = json.loads(attackers.communicate()[0])
        if IS_LONG:
            print_table([(f'{name}', f'{count:,}') for name, count in sorted(counts.items())])
            for name, found in (('before', quiet), ('during', times)):
                print_table([(f'p50, p99, maximum {name} the attack (ms)', ', '.join(
                    f'{1000 * percentile(found, part):.1f}' for part in (0.5, 0.99, 1)))])
            print_table([('requests, failed', f'{len(times):,}, {len(failures)}'),
                         ('resident memory (MB)', f'{resident_kb(self.gateway) / 1000:.0f}')])
        self.assertEqual(failures, [])
        self.assertEqual(counts.get('deceived', 0), 0)
        self.assertEqual(counts.get('large bodies accepted', 0), 0)
        self.assertGreater(counts['slow clients closed'], 0)
        self.assertGreaterEqual(counts['idle connections'], CONNECTIONS)
        self.assertLess(percentile(times, 0.99), P99)
        if not is_sanitized(self.gateway):
            self.assertLess(resident_kb(self.gateway), FIXED_KB + CONNECTIONS * CONNECTION_KB)
        self.assertEqual(self.call('GET', '/things/x').status, 200)

    def test_one_address_has_few_connections(self):
        connections = [self.gateway.connect() for _ in range(2 * PER_ADDRESS)]
        for connection in connections:
            try:
                connection.request('GET', '/things/x')
            except OSError:
                pass
        served = sum(self.is_served(connection) for connection in connections)
        self.assertTrue(0 < served <= PER_ADDRESS, served)

    @staticmethod
    def is_served(connection):
        try:
            return connection.response().status == 200
        except (EOFError, OSError):
            return False


if __name__ == '__main__':
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    sys.argv = [argument for argument in sys.argv if argument != '--long']
    fixture.main()
