#!/usr/bin/env python3
"""The spans of requests: the gateway and the service print theirs, and every request has a trace of
its own."""
import json
import unittest

import fixture

SERVER, CLIENT, PRODUCER, CONSUMER = range(2, 6)
PARENT = 'b7ad6b7169203331'
ZERO = 16 * '0'
MEMBERS = ','.join(f'k{i:02}=v' for i in range(40))


def trace(number):
    return f'{number:032x}'


def context(number, flags='01', version='00'):
    return f'{version}-{trace(number)}-{PARENT}-{flags}'


class Traces(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        service = fixture.Process('things_service', {'THINGS_TRACES': '1'})
        gateway = fixture.Gateway(THINGS_TRACES='1')
        fixture.wait_for(lambda: gateway.call('POST', '/announcements', {'copies': 0}).status == 200)
        cls.told = cls.send(gateway)
        spans = []
        for process in (gateway, service):
            code, _, lines = process.stop()
            spans += [json.loads(line) for line in lines.splitlines() if line.startswith('{')]
            assert code == 0, lines
        cls.spans = spans

    @staticmethod
    def send(gateway):
        gateway.call('GET', '/things/x?', traceparent=context(1), tracestate='a=1')
        gateway.call('POST', '/slow', {'fail': True}, traceparent=context(2))
        told = gateway.call('POST', '/context', {}, traceparent=context(3)).json()['traceParent']
        gateway.call('POST', '/things', '[', traceparent=context(4))
        gateway.call('GET', '/things/invalid', traceparent=context(5, version='ff'))
        gateway.call('GET', '/things/x', traceparent=context(6, flags='00'))
        gateway.call('HEAD', '/things/x', traceparent=context(7))
        gateway.call('GET', '/nothing', traceparent=context(8))
        gateway.call('GET', '/things/x', traceparent=context(9), tracestate=MEMBERS)
        gateway.call('GET', 'http://test/things/y', traceparent=context(10))
        gateway.call('POST', '/announcements', {}, traceparent=context(11))
        stream = gateway.connect()
        stream.request('GET', '/announcements', traceparent=context(12))
        stream.head()
        stream.close()
        leaving = gateway.connect()
        leaving.send('POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
                     f'traceparent: {context(13)}\r\nContent-Length: 100\r\n\r\n{{')
        leaving.close()
        fixture.wait_for(lambda: gateway.call('GET', '/things/last').status != 503)
        return told

    def of(self, number):
        return [span for span in self.spans if span['trace'] == trace(number)]

    def child(self, parent, kind):
        found = [span for span in self.spans if span['parent'] == parent['span'] and
                 span['trace'] == parent['trace'] and span['kind'] == kind]
        self.assertEqual(len(found), 1, (parent, found))
        return found[0]

    def root(self, number):
        found = [span for span in self.of(number) if span['parent'] == PARENT]
        self.assertEqual(len(found), 1, self.of(number))
        return found[0]

    def test_a_request_its_call_and_its_handler_are_one_trace(self):
        request = self.root(1)
        self.assertEqual((request['name'], request['kind']), ('GET /things/{thingId}', SERVER))
        self.assertEqual(request['http.request.method'], 'GET')
        self.assertEqual(request['http.route'], '/things/{thingId}')
        self.assertEqual(request['url.path'], '/things/x')
        self.assertEqual(request['url.scheme'], 'http')
        self.assertEqual(request['http.response.status_code'], 200)
        self.assertFalse(request['failed'])
        self.assertNotIn('error.type', request)
        call = self.child(request, CLIENT)
        self.assertTrue(call['name'].startswith('request '), call)
        handling = self.child(call, SERVER)
        self.assertEqual(len(self.of(1)), 3)
        for span in self.of(1):
            self.assertEqual(span['tracestate'], 'a=1')
        self.assertTrue(handling['name'].startswith('process '), handling)

    def test_the_handler_sees_its_own_span(self):
        handling = self.child(self.child(self.root(3), CLIENT), SERVER)
        self.assertEqual(self.told, f'00-{trace(3)}-{handling["span"]}-01')

    def test_a_failure_of_the_service_fails_the_request(self):
        request = self.root(2)
        self.assertTrue(request['failed'])
        self.assertEqual(request['http.response.status_code'], 500)
        self.assertEqual(request['error.type'], '500')
        self.assertTrue(self.child(request, CLIENT)['failed'])

    def test_a_mistake_of_the_client_is_no_failure(self):
        request = self.root(4)
        self.assertFalse(request['failed'])
        self.assertEqual(request['http.response.status_code'], 400)
        self.assertEqual(len(self.of(4)), 1)

    def test_an_invalid_context_begins_a_trace(self):
        self.assertEqual(self.of(5), [])
        request = [span for span in self.spans if span.get('url.path') == '/things/invalid'][0]
        self.assertEqual(request['parent'], ZERO)
        self.child(self.child(request, CLIENT), SERVER)

    def test_the_client_decides_about_sampling(self):
        self.assertEqual(self.of(6), [])

    def test_methods_and_targets(self):
        self.assertEqual(self.root(7)['name'], 'HEAD /things/{thingId}')
        self.assertEqual(self.root(10)['url.path'], '/things/y')

    def test_paths_without_a_route_and_streams_have_no_span(self):
        self.assertEqual(self.of(8), [])
        self.assertEqual(self.of(12), [])

    def test_a_long_tracestate_is_cut_between_members(self):
        for span in self.of(9):
            self.assertEqual(span['tracestate'], MEMBERS[:32 * 6 - 1])

    def test_an_event_of_the_handler_reaches_the_gateway_in_the_trace(self):
        handling = self.child(self.child(self.root(11), CLIENT), SERVER)
        self.child(self.child(handling, PRODUCER), CONSUMER)

    def test_a_client_that_leaves_gets_a_failed_span(self):
        request = self.root(13)
        self.assertTrue(request['failed'])
        self.assertEqual(request['error.type'], 'connection_closed')
        self.assertEqual(request['status'],
                         'the connection was closed before the request was complete')
        self.assertNotIn('http.response.status_code', request)


if __name__ == '__main__':
    fixture.main()
