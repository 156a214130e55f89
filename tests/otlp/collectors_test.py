#!/usr/bin/env python3
# needs: protoc
"""Collectors that are absent, slow, hostile or overloaded; closing and forking."""
import threading
import time
import unittest

import collector
from collector import Collector, Spans, accept, answer, raw, unused_port

HEAD = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
PARTIAL_PROTOBUF = b'\x0a\x0f\x08\x02\x12\x0btoo\nold...1'
# 2 rejected spans, and an error message of 5000 bytes
LONG_PROTOBUF = b'\x0a\x8d\x27\x08\x02\x12\x88\x27' + b'x' * 5000
PARTIAL_JSON = b'{"partialSuccess": {"errorMessage": "\\"rejectedSpans\\": 9", "rejectedSpans": "2"}}'

# Three spans are one batch, and sent at once.
BATCH = {'bsp_schedule_delay': 600000, 'bsp_max_export_batch_size': 3}


class Fixture(unittest.TestCase):
    def export(self, *answers, **variables):
        """Offers three spans to a collector with these answers. Returns it, the counts and the log."""
        target = Collector(*answers)
        program = Spans(target, **{**BATCH, 'exporter_otlp_timeout': 5000, **variables})
        program.say('offer 1 3')
        counts = program.settle()
        program.close()
        target.close()
        self.assertEqual(target.errors, [])
        return target, counts, program.errors


class Answers(Fixture):
    def test_answers_that_end_it(self):
        for status in 301, 307, 400, 401, 404, 413, 500, 501:
            target, counts, log = self.export(answer(status, Location='/elsewhere'), accept)
            self.assertEqual(counts, (0, 3), status)
            self.assertEqual(len(target.requests), 1)
            self.assertIn('catga warning: otlp: dropping spans: the collector answers with status %d (dropped=3)\n'
                          % status, log)

    def test_answers_that_allow_another_try(self):
        for status in 429, 502, 503, 504:
            target, counts, log = self.export(answer(status), accept)
            self.assertEqual(counts, (3, 0), status)
            first, second = target.requests
            self.assertEqual(first.body, second.body)
            self.assertTrue(0.4 <= second.time - first.time < 5, second.time - first.time)
            self.assertEqual(log, '')

    def test_no_answer_allows_another_try(self):
        for refusal in [collector.close_early, raw(b'SSH-2.0-garbage\r\n'), raw(b'\0' * 100), raw(b'HTTP/1.1 '),
                        raw(b'HTTP/1.1 100 Continue\r\n\r\n')]:
            target, counts, _ = self.export(refusal, accept)
            self.assertEqual(counts, (3, 0))
            self.assertEqual(len(target.requests), 2)

    def test_pauses_grow_and_vary(self):
        target, counts, _ = self.export(*[answer(503)] * 5, accept)
        self.assertEqual(counts, (3, 0))
        times = [request.time for request in target.requests]
        pauses = [after - before for before, after in zip(times, times[1:])]
        for pause, longest in zip(pauses, [1, 2, 4, 5, 5], strict=True):
            self.assertTrue(longest / 2 - 0.05 <= pause <= longest + 3, pauses)
        self.assertNotEqual([round(pause, 1) for pause in pauses], [1, 2, 4, 5, 5])

    def test_retry_after(self):
        target, counts, _ = self.export(answer(503, Retry_After='3'), accept)
        self.assertEqual(counts, (3, 0))
        first, second = target.requests
        self.assertTrue(2.9 <= second.time - first.time < 8)

    def test_retry_after_the_end_gives_up_at_once(self):
        for value in '60', '9999999999', 'Fri, 31 Dec 2100 23:59:59 GMT':
            begin = time.monotonic()
            target, counts, log = self.export(answer(429, Retry_After=value), accept)
            self.assertEqual(counts, (0, 3))
            self.assertEqual(len(target.requests), 1)
            self.assertIn('the collector answers with status 429', log)
            self.assertLess(time.monotonic() - begin, 8)

    def test_a_retry_after_without_meaning_is_ignored(self):
        for value in '99999999999999999999', '-60', 'soon', 'Thu, 01 Jan 1970 00:00:00 GMT':
            target, counts, _ = self.export(answer(503, Retry_After=value), accept)
            self.assertEqual(counts, (3, 0))
            first, second = target.requests
            self.assertGreaterEqual(second.time - first.time, 0.4, value)

    def test_a_batch_is_given_up(self):
        target, counts, log = self.export(answer(503), bsp_export_timeout=2500)
        self.assertEqual(counts, (0, 3))
        self.assertIn(len(target.requests), [2, 3])
        self.assertIn('the collector answers with status 503 (dropped=3)', log)

    def test_partial_success_is_not_retried(self):
        for protocol, body in [('http/protobuf', PARTIAL_PROTOBUF), ('http/protobuf', LONG_PROTOBUF),
                               ('http/json', PARTIAL_JSON)]:
            target, counts, log = self.export(answer(200, body), exporter_otlp_protocol=protocol)
            self.assertEqual(counts, (1, 2))
            self.assertEqual(len(target.requests), 1)
            self.assertIn('the collector answers with status 200 (dropped=2)', log)


class Absent(Fixture):
    def test_a_collector_that_comes_later(self):
        port = unused_port()
        program = Spans(exporter_otlp_endpoint='http://127.0.0.1:%d' % port, **BATCH)
        program.say('offer 1 3')
        time.sleep(0.3)
        target = Collector(port=port)
        self.assertEqual(program.settle(), (3, 0))
        self.assertEqual(len(target.requests), 1)
        program.close()

    def test_an_absent_collector(self):
        program = Spans(exporter_otlp_endpoint='http://127.0.0.1:%d' % unused_port(), bsp_export_timeout=800,
                        **BATCH)
        program.say('offer 1 3')
        self.assertEqual(program.settle(), (0, 3))
        program.close()
        self.assertIn('catga warning: otlp: dropping spans: Failed to connect to 127.0.0.1', program.errors)

    def test_giving_up_needs_no_processor_time(self):
        program = Spans(exporter_otlp_endpoint='http://127.0.0.1:%d' % unused_port(), bsp_export_timeout=3000,
                        **BATCH)
        begin = time.monotonic()
        program.say('offer 1 3')
        self.assertEqual(program.settle(), (0, 3))
        self.assertLess(time.monotonic() - begin, 3.4)
        self.assertLess(program.processor_time(), 0.5)
        program.close()

    def test_reports_are_rare(self):
        _, counts, log = self.export(answer(400), bsp_max_export_batch_size=1)
        self.assertEqual(counts, (0, 3))
        self.assertEqual(log.count('\n'), 1)


class Hostile(Fixture):
    """The status decides whether spans were accepted, whatever the body is."""

    def test_bodies_of_success(self):
        for name, body in {
                'endless': raw(HEAD + b'\r\n', b'x' * 65536, repeat=10**6),
                'endless in chunks': raw(HEAD + b'Transfer-Encoding: chunked\r\n\r\n', b'400\r\n' + b'x' * 1024 + b'\r\n', repeat=10**6),
                'short': raw(HEAD + b'Content-Length: 1000\r\n\r\nabc'),
                'slow': raw(HEAD + b'Content-Length: 1000\r\n\r\n', b'x', repeat=90, pause=0.1),
                'garbage': answer(200, b'\xff' * 5000),
                'broken': answer(200, b'\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x08'),
                'wrong JSON': answer(200, b'{"rejectedSpans": ')}.items():
            for protocol in 'http/protobuf', 'http/json':
                begin = time.monotonic()
                target, counts, _ = self.export(body, exporter_otlp_protocol=protocol,
                                                exporter_otlp_timeout=1000 if name == 'slow' else 10000)
                self.assertEqual(counts, (3, 0), name)
                self.assertEqual(len(target.requests), 1)
                self.assertLess(time.monotonic() - begin, 9, name)

    def test_endless_heads(self):
        _, counts, _ = self.export(raw(HEAD + b'X: y\r\n' * 20000 + b'\r\n' + PARTIAL_PROTOBUF))
        self.assertEqual(counts, (3, 0)) # the body was not received
        for head in [raw(b'HTTP/1.1 100 Continue\r\n\r\n', repeat=10**6),
                     raw(b'HTTP/1.1 200 OK\r\nX: ', b'y' * 65536, repeat=10**4)]:
            begin = time.monotonic()
            self.export(head, bsp_export_timeout=700)
            self.assertLess(time.monotonic() - begin, 8)

    def test_more_rejected_than_sent(self):
        for protocol, body in [('http/json', b'{"rejectedSpans":"99999999999999999999999"}'),
                               ('http/protobuf', b'\x0a\x0b\x08' + b'\xff' * 9 + b'\x01')]:
            _, counts, _ = self.export(answer(200, body), exporter_otlp_protocol=protocol)
            self.assertEqual(counts, (0, 3))

    def test_a_collector_that_never_answers(self):
        target, counts, log = self.export(collector.never, exporter_otlp_timeout=300, bsp_export_timeout=400)
        self.assertEqual(counts, (0, 3))
        self.assertIn('Operation timed out', log)
        self.assertEqual(len(target.requests), 1)

    def test_producers_do_not_wait_for_it(self):
        target = Collector(collector.never)
        program = Spans(target, bsp_schedule_delay=1, test_close_ms=1)
        program.say('offer 1 1')
        target.wait(1)
        begin = time.monotonic()
        program.say('offer 4 10000')
        self.assertLess(time.monotonic() - begin, 5)
        program.close()


class Closing(Fixture):
    def test_closing_sends_what_is_left(self):
        target = Collector()
        program = Spans(target, bsp_schedule_delay=600000, bsp_max_export_batch_size=512)
        program.say('offer 1 1300')
        self.assertLess(program.close(), 3000)
        self.assertEqual(len(target.spans()), 1300)

    def test_closing_has_a_limit(self):
        for target in Collector(collector.never), Collector(answer(503)), Collector(answer(503, Retry_After='20')):
            program = Spans(target, bsp_schedule_delay=600000, test_close_ms=700)
            program.say('offer 1 10')
            self.assertLess(program.close(), 3500)
            self.assertEqual(target.errors, [])

    def test_closing_ends_a_request_under_way(self):
        target = Collector(collector.never)
        program = Spans(target, bsp_schedule_delay=1, test_close_ms=500)
        program.say('offer 1 10')
        target.wait(1)
        self.assertTrue(450 <= program.close() < 3500)

    def test_closing_with_a_dead_collector(self):
        program = Spans(exporter_otlp_endpoint='http://127.0.0.1:%d' % unused_port(), test_close_ms=600)
        program.say('offer 1 2000')
        self.assertLess(program.close(), 3500)
        self.assertIn('dropping spans', program.errors)

    def test_closing_tries_again_without_the_pause(self):
        target = Collector(*[answer(503)] * 3, accept)
        program = Spans(target, **BATCH)
        program.say('offer 1 3')
        target.wait(3)
        threading.Event().wait(0.2) # into a pause of two seconds or more
        self.assertLess(program.close(), 1500)
        self.assertEqual(len(target.requests), 4)

    def test_an_idle_exporter_closes_at_once(self):
        program = Spans(Collector())
        self.assertLess(program.close(), 500)


class Processes(Fixture):
    def test_the_connection_is_closed_on_exec(self):
        program = Spans(Collector(), **BATCH)
        program.say('offer 1 3')
        self.assertEqual(program.settle(), (3, 0))
        self.assertEqual(program.say('connections'), [1, 0])
        program.close()

    def test_a_child_exports_nothing(self):
        target = Collector()
        program = Spans(target, bsp_schedule_delay=600000)
        program.say('offer 1 1')
        code, milliseconds = program.say('fork')
        self.assertEqual(code, 7)
        self.assertLess(milliseconds, 1000)
        program.say('offer 1 1')
        program.close()
        self.assertEqual([collector.number_of(span) for span in target.spans()], [0, 0])


unittest.main()
