#!/usr/bin/env python3
"""The metrics of the gateway, at /metrics."""
import os
import sys

import fixture

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'metrics'))
import exposition  # noqa: E402

TEXT = 'text/plain; version=0.0.4; charset=utf-8'
OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
PROMETHEUS = ('application/openmetrics-text;version=1.0.0,application/openmetrics-text;'
              'version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1')


class MetricsCase(fixture.Case):
    gateway_environment = {'CATGA_HTTP_METRICS': '1'}

    def read(self, accept=None):
        """Returns the samples, after checking them strictly."""
        response = self.call('GET', '/metrics', Accept=accept)
        self.assertEqual(response.status, 200)
        kind = response.header('Content-Type')
        self.assertIn(kind, (TEXT, OPENMETRICS))
        self.assertEqual(response.header('Cache-Control'), 'no-store')
        return exposition.read(response.body.decode(), kind == OPENMETRICS), kind

    def value(self, name, **labels):
        found = self.read()[0]
        return sum(value for key, value in found.items()
                   if key[0] == name and labels.items() <= dict(key[1]).items())


class Metrics(MetricsCase):
    def test_calls_are_counted(self):
        labels = {'method': 'test.http.GetThing'}
        before = self.value('catga_client_requests_total', **labels)
        for name in ('x', 'y', 'absent'):
            self.call('GET', '/things/' + name)
        self.assertEqual(self.value('catga_client_requests_total', **labels), before + 3)
        self.assertEqual(self.value('catga_client_requests_declared_errors_total', **labels), 1)
        self.assertEqual(self.value('catga_client_request_duration_seconds_count', **labels),
                         before + 3)

    def test_requests_are_counted(self):
        before = self.value('catga_http_requests_total')
        refused = self.value('catga_http_refused_total')
        self.refused(self.call('GET', '/nothing'), 404)
        self.assertEqual(self.value('catga_http_refused_total'), refused + 1)
        self.assertEqual(self.value('catga_http_requests_total'), before + 4)
        self.assertEqual(self.value('catga_http_streams_dropped_total'), 0)

    def test_metrics_of_the_program(self):
        for accept in (None, 'application/openmetrics-text'):
            self.assertEqual(self.read(accept)[0]['things_sold_total', ()], 7)

    def test_the_format(self):
        for accept, kind in ((None, TEXT), ('*/*', TEXT), ('text/plain', TEXT), (PROMETHEUS, TEXT),
                             ('application/openmetrics-text', OPENMETRICS), ('image/png', TEXT)):
            with self.subTest(accept):
                self.assertEqual(self.read(accept)[1], kind)

    def test_other_methods(self):
        self.assertEqual(self.call('HEAD', '/metrics').status, 200)
        self.assertEqual(self.refused(self.call('POST', '/metrics', '{}'), 405)['status'], 405)


class WithoutAliases(MetricsCase):
    gateway_environment = {'CATGA_HTTP_METRICS': '1', 'CATGA_METRICS_COMPAT': '0',
                           'CATGA_HTTP_ENDPOINT': 'http://127.0.0.1:5001'}

    def test_prometheus_gets_openmetrics(self):
        self.assertEqual(self.read(PROMETHEUS)[1], OPENMETRICS)
        self.assertEqual(self.read('*/*')[1], TEXT)

    def test_accept_in_two_lines(self):
        """Lines of one header are one list, RFC 9110, section 5.3."""
        lines = ('Accept: text/plain;q=0.5\r\n', 'Accept: application/openmetrics-text\r\n')
        for order in (lines, lines[::-1]):
            connection = self.gateway.connect()
            connection.send('GET /metrics HTTP/1.1\r\nHost: test\r\n' + ''.join(order) + '\r\n')
            self.assertEqual(connection.response().header('Content-Type'), OPENMETRICS)
            connection.close()

    def test_nodes_are_counted(self):
        self.assertEqual(self.value('catga_nodes_online'), 1)


class Absent(fixture.Case):
    def test_no_metrics(self):
        self.refused(self.call('GET', '/metrics'), 404)


class OwnPort(fixture.Case):
    gateway_environment = {'CATGA_HTTP_METRICS': '1', 'CATGA_HTTP_ADMIN_PORT': '-1'}

    def test_the_other_port_of_metrics(self):
        self.refused(self.call('GET', '/metrics'), 404)
        connection = fixture.Connection(self.gateway.admin_port)
        self.assertEqual(connection.call('GET', '/metrics').status, 200)
        connection.close()


if __name__ == '__main__':
    fixture.main()
