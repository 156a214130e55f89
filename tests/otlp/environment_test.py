#!/usr/bin/env python3
# needs: protoc
"""The variables of the environment: when an exporter starts, where it sends, and what it refuses."""
import unittest

from collector import Collector, Spans

ENDPOINT = {'exporter_otlp_endpoint': 'http://127.0.0.1:1'}


def start(**variables):
    program = Spans(**variables)
    program.close()
    return program.started


class Starting(unittest.TestCase):
    def test_without_a_wish_nothing_is_exported(self):
        for variables in [{}, {'exporter_otlp_endpoint': ''}, {'traces_exporter': ''}, {'sdk_disabled': 'false'},
                          {'traces_exporter': 'none', **ENDPOINT}, {'sdk_disabled': 'true', **ENDPOINT},
                          {'sdk_disabled': 'TRUE', 'traces_exporter': 'otlp'},
                          {'exporter_otlp_protocol': 'grpc', 'bsp_schedule_delay': 'x'}]:
            self.assertEqual(start(**variables), 'off', variables)

    def test_with_one_it_is(self):
        for variables in [ENDPOINT, {'traces_exporter': 'otlp'}, {'traces_exporter': 'otlp', **ENDPOINT},
                          {'exporter_otlp_traces_endpoint': 'https://127.0.0.1:1/x'},
                          {'sdk_disabled': 'false', 'exporter_otlp_protocol': '', **ENDPOINT}]:
            self.assertEqual(start(**variables), '1 0', variables)

    def test_samplers(self):
        for sampler, argument, expected in [
                ('', '0.5', '1 0'), ('always_on', '0.5', '1 1'), ('always_off', '', '0 1'),
                ('traceidratio', '0.25', '0.25 1'), ('traceidratio', '', '1 1'),
                ('parentbased_always_on', '', '1 0'), ('parentbased_always_off', '', '0 0'),
                ('parentbased_traceidratio', '1e-3', '0.001 0'), ('PARENTBASED_TRACEIDRATIO', '0', '0 0'),
                ('traceidratio', '1.0', '1 1')]:
            self.assertEqual(start(traces_sampler=sampler, traces_sampler_arg=argument, **ENDPOINT), expected)


class Endpoints(unittest.TestCase):
    def path(self, **variables):
        """Returns the path of a request. In the variables, @ is the address of the collector."""
        target = Collector()
        program = Spans(**{name: value.replace('@', target.url()) for name, value in variables.items()})
        program.say('offer 1 1')
        program.close()
        target.close()
        self.assertEqual(target.errors, [])
        return target.requests[0].path if target.requests else None

    def test_paths(self):
        for variables, path in [
                ({'exporter_otlp_endpoint': '@'}, '/v1/traces'),
                ({'exporter_otlp_endpoint': '@/'}, '/v1/traces'),
                ({'exporter_otlp_endpoint': '@/a/b/'}, '/a/b/v1/traces'),
                ({'exporter_otlp_endpoint': '@/a?key=1'}, '/a/v1/traces?key=1'),
                ({'exporter_otlp_traces_endpoint': '@'}, '/'),
                ({'exporter_otlp_traces_endpoint': '@/own/path'}, '/own/path'),
                ({'exporter_otlp_traces_endpoint': '@/own', 'exporter_otlp_endpoint': 'http://127.0.0.1:1'}, '/own')]:
            self.assertEqual(self.path(**variables), path)

    def test_variables_of_traces_win(self):
        target = Collector()
        program = Spans(target, exporter_otlp_protocol='grpc', exporter_otlp_traces_protocol='http/json',
                        exporter_otlp_headers='a=1,b=2', exporter_otlp_traces_headers='a=3',
                        exporter_otlp_compression='none', exporter_otlp_traces_compression='gzip',
                        exporter_otlp_timeout='x', exporter_otlp_traces_timeout='5000')
        program.say('offer 1 1')
        program.close()
        headers = target.requests[0].headers
        self.assertEqual(headers['Content-Type'], 'application/json')
        self.assertEqual(headers['Content-Encoding'], 'gzip')
        self.assertEqual((headers['a'], headers['b']), ('3', None))


class Refusals(unittest.TestCase):
    def test_wrong_values_are_refused(self):
        number = 'a number from 1 to 3600000'
        for name, value, accepted in [
                ('sdk_disabled', 'yes', 'false, true'),
                ('traces_exporter', 'console', 'otlp, none'),
                ('exporter_otlp_endpoint', 'localhost:4318', 'an address, http://... or https://...'),
                ('exporter_otlp_endpoint', 'ftp://localhost', 'an address, http://... or https://...'),
                ('exporter_otlp_endpoint', 'http://', 'an address, http://... or https://...'),
                ('exporter_otlp_traces_endpoint', 'http://a b', 'an address, http://... or https://...'),
                ('exporter_otlp_protocol', 'grpc', 'http/protobuf, http/json'),
                ('exporter_otlp_traces_protocol', 'http/jso', 'http/protobuf, http/json'),
                ('exporter_otlp_compression', 'zstd', 'none, gzip'),
                ('exporter_otlp_timeout', '0', number),
                ('exporter_otlp_traces_timeout', '10s', number),
                ('bsp_export_timeout', '-1', number),
                ('bsp_schedule_delay', '3600001', number),
                ('bsp_max_queue_size', '65537', 'a number from 1 to 65536'),
                ('bsp_max_export_batch_size', '2049', 'a number from 1 to 2048'),
                ('exporter_otlp_certificate', '/nonexistent', 'a readable file in PEM format'),
                ('exporter_otlp_client_certificate', '/nonexistent', 'a readable file in PEM format'),
                ('exporter_otlp_traces_client_key', '/nonexistent', 'a readable file in PEM format'),
                ('resource_attributes', 'a', 'name=value,name=value, percent-encoded'),
                ('resource_attributes', 'a=1,=2', 'name=value,name=value, percent-encoded'),
                ('resource_attributes', 'a=%2', 'name=value,name=value, percent-encoded'),
                ('resource_attributes', 'a=%g0', 'name=value,name=value, percent-encoded'),
                ('traces_sampler', 'parentbased_sometimes',
                 'always_on, always_off or traceidratio, or parentbased_ and one of these')]:
            expected = 'CATGA_INVALID_ARGUMENT: OTEL_%s: accepted is: %s (value="%s")' % (name.upper(), accepted, value)
            self.assertEqual(start(**{'traces_exporter': 'otlp', name: value}), expected)

    def test_wrong_ratios_are_refused(self):
        for ratio in '1.1', '-0.1', 'half', '0,5', '0.1234567890123456', 'nan', '1e9':
            self.assertEqual(start(traces_sampler='traceidratio', traces_sampler_arg=ratio, **ENDPOINT),
                             'CATGA_INVALID_ARGUMENT: OTEL_TRACES_SAMPLER_ARG: accepted is: '
                             'a number from 0 to 1, with at most 15 decimals (value="%s")' % ratio)

    def test_wrong_headers_are_refused_without_their_values(self):
        for headers in 'secret', 'a=1,secret', 'a=%0d%0aX: secret', 'a b=secret', 'a=%00secret', 'a=%7fsecret':
            self.assertEqual(start(exporter_otlp_headers=headers, **ENDPOINT),
                             'CATGA_INVALID_ARGUMENT: OTEL_EXPORTER_OTLP_HEADERS: accepted is: '
                             'name=value,name=value, percent-encoded (value="...")')

    def test_wrong_endpoints_are_refused_without_their_passwords(self):
        for endpoint in 'http://user:secret@', 'ftp://user:secret@host', 'user:secret@host:4318':
            self.assertEqual(start(exporter_otlp_endpoint=endpoint),
                             'CATGA_INVALID_ARGUMENT: OTEL_EXPORTER_OTLP_ENDPOINT: accepted is: '
                             'an address, http://... or https://... (value="...")')

    def test_a_wrong_option_is_refused(self):
        self.assertEqual(start(test_close_ms=-1, **ENDPOINT),
                         'CATGA_INVALID_ARGUMENT: close_ms: accepted is: a number from 1 to 3600000 (value=-1)')


unittest.main()
