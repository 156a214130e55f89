#!/usr/bin/env python3
"""Events are sent to HTTP clients as server-sent events."""
import json
import threading
import time

import fixture


class Stream:
    """A client that receives events."""

    def __init__(self, gateway, **headers):
        self.connection = gateway.connect()
        self.connection.request('GET', '/announcements', Accept='text/event-stream', **headers)
        self.head = self.connection.head()
        self.text = ''

    def event(self):
        """Returns the fields of the next event; comments are skipped."""
        while True:
            while '\n\n' not in self.text:
                self.text += self.connection.chunk().decode()
            block, self.text = self.text.split('\n\n', 1)
            if not block.startswith(':'):
                return dict(line.split(': ', 1) for line in block.split('\n'))

    def close(self):
        self.connection.close()


class Events(fixture.Case):
    gateway_environment = {'CATGA_HTTP_STREAMS': '20'}

    def announce(self, text, copies=1):
        response = self.call('POST', '/announcements', {'textLine': text, 'copies': copies})
        self.assertEqual(response.status, 200, response.body)

    def stream(self):
        """Returns a new client. An event finds earlier clients that are gone."""
        for _ in range(100):
            made = Stream(self.gateway)
            if made.head.status == 200:
                return made
            made.close()
            self.announce('wake')
        raise AssertionError('clients that are gone keep their places')

    def test_an_event(self):
        stream = self.stream()
        self.assertEqual(stream.head.header('Content-Type'), 'text/event-stream')
        self.assertEqual(stream.head.header('Cache-Control'), 'no-store')
        self.announce('line\nbreak and ä')
        event = stream.event()
        self.assertEqual(event['event'], 'Announced')
        self.assertTrue(event['id'])
        self.assertEqual(json.loads(event['data']), {'textLine': 'line\nbreak and ä', 'number': 0})
        stream.close()

    def test_every_client_gets_every_event_in_order(self):
        streams = [self.stream() for _ in range(10)]
        self.announce('many', 100)
        for stream in streams:
            events = [stream.event() for _ in range(100)]
            while json.loads(events[0]['data'])['textLine'] == 'wake':
                events = events[1:] + [stream.event()]
            numbers = [json.loads(event['data'])['number'] for event in events]
            self.assertEqual(numbers, list(range(100)))
            stream.close()

    def test_clients_that_leave(self):
        for _ in range(60):
            self.stream().close()

    def test_too_many_clients(self):
        streams = [self.stream() for _ in range(20)]
        response = self.call('GET', '/announcements')
        self.refused(response, 503)
        self.assertEqual(response.header('Retry-After'), '1')
        for stream in streams:
            stream.close()
        self.stream().close()

    def test_a_slow_client_is_dropped(self):
        slow = self.stream()
        quick = self.stream()
        reader = threading.Thread(target=lambda: [quick.event() for _ in range(3000)])
        reader.start()
        for _ in range(30):
            self.announce(5000 * 'x', 100)
        reader.join(fixture.DEADLINE)
        self.assertFalse(reader.is_alive())
        time.sleep(1)  # the gateway closes within half a second, also while nothing is read
        slow.connection.socket.settimeout(5)
        received = 0
        while slow.connection.more():
            received += len(slow.connection.buffer)
            slow.connection.buffer = b''
        self.assertLess(received, 3000 * 5000)
        quick.close()

    def test_media_types_and_methods(self):
        self.refused(self.call('GET', '/announcements', Accept='application/json'), 406)
        self.assertEqual(self.call('HEAD', '/announcements').status, 405)
        self.assertEqual(self.call('OPTIONS', '/announcements').header('Allow'),
                         'GET, POST, OPTIONS')
        self.refused(self.call('DELETE', '/announcements'), 405)

    def test_a_comment_finds_dead_clients(self):
        stream = self.stream()
        stream.connection.socket.settimeout(20)
        begun = time.monotonic()
        while stream.connection.chunk() != b':\n\n':
            pass  # late events of other tests
        self.assertLess(time.monotonic() - begun, 17)
        stream.close()


if __name__ == '__main__':
    fixture.main()
