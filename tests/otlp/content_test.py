#!/usr/bin/env python3
# needs: protoc
"""Requests of an exporter: the content in both encodings, and the batches."""
import unittest

import collector
from collector import Collector, Spans, attributes, number_of

PROTOCOLS = ['http/protobuf', 'http/json']


def export(*commands, **variables):
    """Runs commands against a collector. Returns its requests."""
    target = Collector()
    program = Spans(target, **variables)
    for command in commands:
        program.say(command)
    program.close()
    target.close()
    if target.errors:
        raise AssertionError(target.errors)
    return target.requests


class Content(unittest.TestCase):
    maxDiff = None

    def test_both_protocols_say_the_same(self):
        first, second = (export('odd', 'offer 1 3', exporter_otlp_protocol=protocol)[0] for protocol in PROTOCOLS)
        wide_first, wide_second = first.spans().pop(2), second.spans().pop(2)
        self.assertEqual(first.content, second.content)
        for wide in wide_first, wide_second: # JSON needs more room, so fewer attributes fit
            wide.pop('attributes')
            wide.pop('droppedAttributesCount')
        self.assertEqual(wide_first, wide_second)

    def test_a_span_with_everything(self):
        for protocol in PROTOCOLS:
            span = export('odd', exporter_otlp_protocol=protocol)[0].spans()[0]
            self.assertEqual(attributes(span), {
                'plain': 'text', 'empty': '', 'quoted': 'a "quote" and a \\',
                'controls': '\x01\t\n\x7f with a NUL: \0.', 'unicode': 'Grüße € 🚀',
                'invalid': '\ufffd\ufffd\ufffdok\ufffd\ufffd\ufffd\ufffd \ufffd\ufffd',
                'zero': 0, 'negative': -1, 'lowest': -2**63, 'highest': 2**63 - 1})
            span.pop('attributes')
            self.assertEqual(span, {
                'traceId': 'ab' * 16, 'spanId': '0100000000000000', 'parentSpanId': '11' * 8,
                'traceState': 'vendor=a"b,other=1', 'name': 'process catga.events.shop.orders.v1.OrderShipped',
                'kind': 5, 'startTimeUnixNano': '1544712660000000000', 'endTimeUnixNano': '1544712660000000001',
                'flags': 0x301, 'links': [{'traceId': 'ab' * 16, 'spanId': '11' * 8, 'flags': 0x301}],
                'status': {'message': 'timeout: ä \ufffd', 'code': 2}})

    def test_a_bare_span(self):
        for protocol in PROTOCOLS:
            span = export('odd', exporter_otlp_protocol=protocol)[0].spans()[1]
            self.assertEqual(span, {
                'traceId': 'ab' * 16, 'spanId': '0200000000000000', 'name': 'work', 'kind': 1,
                'startTimeUnixNano': '1544712660000000000', 'endTimeUnixNano': '1544712660000000002',
                'flags': 0x100, 'status': {'code': 2}})

    def test_long_texts_are_cut_and_attributes_left_out(self):
        for protocol in PROTOCOLS:
            span = export('odd', exporter_otlp_protocol=protocol)[0].spans()[2]
            self.assertEqual(span['name'], 'process ' + 'x' * 248)
            self.assertEqual(span['status'], {'message': 'x' * 256, 'code': 2})
            self.assertNotIn('traceState', span)
            self.assertEqual(len(span['attributes']) + span['droppedAttributesCount'], 40)
            self.assertGreater(len(span['attributes']), 2)
            self.assertEqual({pair['value']['stringValue'] for pair in span['attributes']}, {'x' * 256})

    def test_the_resource(self):
        standard = {'telemetry.sdk.name': 'catga', 'telemetry.sdk.language': 'c', 'telemetry.sdk.version': '0.1.0'}
        for variables, expected in [
                ({}, {'service.name': 'unknown_service'}),
                ({'test_service': 'orders'}, {'service.name': 'orders', 'service.instance.id': 'replica-1'}),
                ({'service_name': 'a', 'resource_attributes': 'service.name=b', 'test_service': 'c'},
                 {'service.name': 'a', 'service.instance.id': 'replica-1'}),
                ({'resource_attributes': ' service.name = b%2Cc%20%e2%82%ac ,,service.instance.id=7,x=1,x=2,e=,'
                                         'telemetry.sdk.name=fake', 'test_service': 'c'},
                 {'service.name': 'b,c €', 'service.instance.id': '7', 'x': '2', 'e': ''}),
                ({'resource_attributes': 'x=%ff%00'}, {'service.name': 'unknown_service', 'x': '\ufffd\0'})]:
            for protocol in PROTOCOLS:
                request, = export('offer 1 1', exporter_otlp_protocol=protocol, **variables)
                self.assertEqual(request.resource(), {**standard, **expected})
                self.assertEqual(request.content['resourceSpans'][0]['scopeSpans'][0]['scope'],
                                 {'name': 'catga', 'version': '0.1.0'})

    def test_headers(self):
        for protocol, media_type in zip(PROTOCOLS, ['application/x-protobuf', 'application/json']):
            request, = export('offer 1 1', exporter_otlp_protocol=protocol,
                              exporter_otlp_headers='Authorization=Basic%20YTpi%3D,empty=')
            self.assertEqual(request.headers['Content-Type'], media_type)
            self.assertEqual(request.headers['Authorization'], 'Basic YTpi=')
            self.assertEqual(request.headers['Empty'], '')
            self.assertEqual(request.headers['User-Agent'], 'catga-otlp/0.1.0')
            self.assertNotIn('Content-Encoding', request.headers)

    def test_a_large_request_does_not_wait_for_permission(self):
        request, = export('offer 1 2000', exporter_otlp_protocol='http/json', bsp_max_export_batch_size=2000)
        self.assertGreater(len(request.body), 2**20)
        self.assertNotIn('Expect', request.headers)

    def test_gzip(self):
        for protocol in PROTOCOLS:
            requests = export('offer 1 300', exporter_otlp_compression='gzip', exporter_otlp_protocol=protocol,
                              bsp_max_export_batch_size=100)
            self.assertEqual([len(request.spans()) for request in requests], [100, 100, 100])
            for request in requests:
                self.assertEqual(request.headers['Content-Encoding'], 'gzip')
                self.assertLess(len(request.body), len(request.plain) / 5)


class Batches(unittest.TestCase):
    def test_full_batches_are_sent_at_once(self):
        target = Collector()
        program = Spans(target, bsp_schedule_delay=600000, bsp_max_export_batch_size=50)
        program.say('offer 1 49')
        self.assertEqual(target.requests, [])
        program.say('offer 1 1')
        self.assertEqual(len(target.wait(1)[0].spans()), 50)
        program.close()
        self.assertEqual(len(target.requests), 1)

    def test_others_after_the_delay(self):
        target = Collector()
        program = Spans(target, bsp_schedule_delay=300)
        program.say('offer 1 3')
        self.assertEqual(len(target.wait(1)[0].spans()), 3)
        program.say('offer 1 2')
        first, second = target.wait(2)
        self.assertEqual(len(second.spans()), 2)
        self.assertGreater(second.time - first.time, 0.25)
        program.close()

    def test_an_idle_exporter_sends_nothing(self):
        target = Collector()
        program = Spans(target, bsp_schedule_delay=1)
        program.say('count')
        program.close()
        self.assertEqual(target.requests, [])

    def test_each_span_is_sent_once_and_in_order(self):
        target = Collector()
        program = Spans(target, bsp_max_queue_size=10000, bsp_max_export_batch_size=300,
                        exporter_otlp_protocol='http/json')
        program.say('offer 1 5000')
        self.assertEqual(program.settle(), (5000, 0))
        program.close()
        self.assertEqual([number_of(span) for span in target.spans()], list(range(5000)))

    def test_a_full_queue_drops_the_newest_and_counts_them(self):
        target = Collector(collector.never)
        program = Spans(target, bsp_max_queue_size=100, bsp_max_export_batch_size=10, exporter_otlp_timeout=2000,
                        bsp_export_timeout=2200, bsp_schedule_delay=600000)
        program.say('offer 1 10')
        target.wait(1)
        program.say('offer 1 150')
        self.assertEqual(program.say('count'), [0, 50])
        target.answers[0] = collector.accept
        self.assertEqual(program.settle(), (100, 60))
        program.close()
        self.assertEqual([number_of(span) for span in target.spans()[10:]], list(range(100)))
        self.assertIn('dropping spans', program.errors)

    def test_each_span_of_many_threads_is_counted_once(self):
        target = Collector()
        for size, batch in (1, 1), (2, 1), (7, 3), (64, 64), (3000, 512):
            program = Spans(target, bsp_max_queue_size=size, bsp_max_export_batch_size=batch,
                            exporter_otlp_protocol='http/json')
            del target.requests[:]
            program.say('offer 8 %d' % (20 * size + 1000))
            exported, dropped = program.settle()
            self.assertEqual(exported + dropped, 8 * (20 * size + 1000))
            program.close()
            numbers = [number_of(span) for span in target.spans()]
            self.assertEqual(len(numbers), exported)
            self.assertEqual(len(set(numbers)), exported)
        self.assertEqual(target.errors, [])


unittest.main()
