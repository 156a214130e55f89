#!/usr/bin/env python3
"""A service with too much work, and a service that answers with invalid bytes."""
import os
import sys
import threading

import fixture

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'delivery'))
import nats  # noqa: E402

# More than the service's 64 workers and its backlog of one.
CLIENTS = 160


class Overload(fixture.Case):
    gateway_environment = {'CATGA_HTTP_CONNECTIONS_PER_ADDRESS': '200'}

    @classmethod
    def setUpClass(cls):
        os.environ['CATGA_BACKLOG'] = '1'
        super().setUpClass()
        del os.environ['CATGA_BACKLOG']

    def test_too_much_work(self):
        responses = []
        threads = [threading.Thread(target=lambda: responses.append(
            self.call('POST', '/slow', {'sleepMs': 1000}))) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refused = [response for response in responses if response.status != 200]
        self.assertEqual(len(responses), CLIENTS)
        self.assertTrue(0 < len(refused) < CLIENTS, len(refused))
        for response in refused:
            self.refused(response, 429, type='about:blank')
            self.assertEqual(response.header('Retry-After'), '1')
        self.assertEqual(self.call('POST', '/slow', {}).status, 200)


class Responder(threading.Thread):
    """Answers each message to a subject with the same bytes."""

    def __init__(self, subject, answer):
        super().__init__()
        self.answer = answer
        self.client = nats.Nats(os.environ['NATS_URL'], fixture.DEADLINE)
        self.client.write(f'SUB {subject} 7\r\n'.encode())
        self.client.flush()

    def run(self):
        while words := self.client.file.readline().split():
            if words[0] == b'PING':
                self.client.write(b'PONG\r\n')
            elif words[0] in (b'MSG', b'HMSG'):
                self.client.file.read(int(words[-1]) + 2)
                self.client.publish(words[3].decode(), self.answer)

    def stop(self):
        self.client.socket.shutdown(2)
        self.join(fixture.DEADLINE)
        self.client.__exit__()


class OtherSchema(fixture.Case):
    def test_invalid_results(self):
        for answer in (b'', b'no result', b'\x08\x00\x00\x00AAAA' + 16 * b'\xff'):
            with self.subTest(answer):
                responder = Responder('catga.commands.test.http.v1.Nobody', answer)
                responder.start()
                try:
                    self.refused(self.call('POST', '/nobody', {}), 502, type='about:blank')
                finally:
                    responder.stop()


if __name__ == '__main__':
    fixture.main()
