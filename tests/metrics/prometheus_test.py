#!/usr/bin/env python3
"""A real Prometheus scrapes two replicas, and answers the queries of the sources' dashboards."""
# needs: prometheus
import json
import os
import socket
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else ''
TEMP = os.environ.get('CATGA_TEMP', '')
DEADLINE = 60  # seconds
ROUNDS, COMMANDS = 4, 100  # in each replica, a second apart; every tenth command fails

CONFIGURATION = '''global:
  scrape_interval: 1s
scrape_configs:
  - job_name: catga
    static_configs:
      - targets: [{targets}]
'''


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as server:
        return server.getsockname()[1]


def wait_for(condition):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError('nothing happened in time')
        time.sleep(0.1)


class Replica:
    def __init__(self, number):
        self.child = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      text=True,
                                      env=dict(os.environ, CATGA_INSTANCE=f'replica{number}',
                                               CATGA_LOG='error'))
        self.target = f'127.0.0.1:{int(self.child.stdout.readline())}'

    def send(self, count):
        self.child.stdin.write(f'{count}\n')
        self.child.stdin.flush()

    def ended(self):
        return int(self.child.stdout.readline())


class Prometheus:
    def __init__(self, targets):
        port = free_port()
        path = os.path.join(TEMP, 'prometheus.yml')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(CONFIGURATION.format(targets=', '.join(f'"{name}"' for name in targets)))
        self.url = f'http://127.0.0.1:{port}/'
        with open(os.path.join(TEMP, 'log'), 'w', encoding='utf-8') as log:
            self.child = subprocess.Popen(
                ['prometheus', f'--config.file={path}', f'--web.listen-address=127.0.0.1:{port}',
                 f'--storage.tsdb.path={TEMP}/data'], stdout=log, stderr=log)

    def get(self, path):
        try:
            with urllib.request.urlopen(self.url + path, timeout=DEADLINE) as response:
                return response.read().decode()
        except (urllib.error.URLError, ConnectionError):
            return ''

    def query(self, text):
        """Returns the values of a query, by their labels."""
        answer = self.get('api/v1/query?' + urllib.parse.urlencode({'query': text}))
        result = json.loads(answer)['data']['result'] if answer else []
        return {tuple(sorted(row['metric'].items())): float(row['value'][1]) for row in result}

    def value(self, text):
        values = self.query(text)
        assert len(values) < 2, (text, values)
        return next(iter(values.values()), None)


class Queries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.replicas = [Replica(number) for number in (1, 2)]
        cls.prometheus = Prometheus([replica.target for replica in cls.replicas])
        wait_for(lambda: cls.prometheus.value('sum(up)') == 2)
        for _ in range(ROUNDS):
            for replica in cls.replicas:
                replica.send(COMMANDS)
            for replica in cls.replicas:
                assert replica.ended() == COMMANDS
            time.sleep(1)
        cls.total = ROUNDS * COMMANDS * len(cls.replicas)
        wait_for(lambda: cls.prometheus.value('sum(catga_requests_total)') == cls.total)

    @classmethod
    def tearDownClass(cls):
        for replica in cls.replicas:
            replica.child.communicate('')
            assert replica.child.returncode == 0
        cls.prometheus.child.terminate()
        cls.prometheus.child.wait(DEADLINE)

    def value(self, text):
        found = self.prometheus.value(text)
        self.assertIsNotNone(found, text)
        return found

    def test_counts(self):
        self.assertEqual(self.value('sum(catga_client_requests_total)'), self.total)
        self.assertEqual(self.value('sum(catga_requests_failed)'), self.total / 10)
        self.assertEqual(self.value('sum(catga_request_duration_count)'), self.total)
        self.assertEqual(self.value('sum(catga_requests_failed_total{reason="handler_failed"})'),
                         self.total / 10)

    def test_rate_of_requests(self):
        self.assertGreater(self.value('sum(rate(catga_requests_total[1m]))'), 1)

    def test_rate_of_each_instance(self):
        rates = self.prometheus.query('sum(rate(catga_requests_total[1m])) by (instance)')
        self.assertEqual(set(rates), {(('instance', replica.target),) for replica in self.replicas})
        self.assertGreater(min(rates.values()), 0)

    def test_latency(self):
        for quantile in (0.5, 0.95, 0.99):
            found = self.value(f'histogram_quantile({quantile}, '
                               'sum(rate(catga_request_duration_bucket[5m])) by (le))')
            self.assertTrue(0 < found < 10, found)

    def test_rate_of_errors(self):
        found = self.value('sum(rate(catga_requests_failed[1m])) / '
                           'sum(rate(catga_requests_total[1m]))')
        self.assertAlmostEqual(found, 0.1, delta=0.03)

    def test_balance(self):
        labels = '{service="order-service"}'
        found = self.value(f'stddev(rate(catga_requests_total{labels}[5m])) / '
                           f'avg(rate(catga_requests_total{labels}[5m]))')
        self.assertTrue(0 <= found < 0.9, found)

    def test_health_of_the_scrape(self):
        self.assertEqual(self.value('count(catga_build_info)'), 2)
        self.assertEqual(self.value('sum(catga_nats_connected)'), 2)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
