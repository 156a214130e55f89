#!/usr/bin/env python3
"""Limits of sizes, times and connections hold, and well-behaved clients do not notice."""
import threading
import time

import fixture


class Limits(fixture.Case):
    gateway_environment = {
        'CATGA_HTTP_HEAD_MS': '500', 'CATGA_HTTP_BODY_MS': '700', 'CATGA_HTTP_SEND_MS': '1000',
        'CATGA_HTTP_IDLE_MS': '3000', 'CATGA_HTTP_BODY': '100000', 'CATGA_HTTP_CONNECTIONS': '50',
        'CATGA_HTTP_CORS_ORIGIN': 'https://shop.example',
    }

    def closing_time(self, connection, step=None, piece='x'):
        """Sends a piece in each step, and returns the seconds until the gateway closes."""
        begun = time.monotonic()
        connection.socket.settimeout(step or fixture.DEADLINE)
        while time.monotonic() - begun < fixture.DEADLINE:
            try:
                if not connection.more():
                    break
            except TimeoutError:
                try:
                    connection.send(piece)
                except OSError:
                    break
        connection.close()
        return time.monotonic() - begun

    def test_a_slow_head(self):
        connection = self.gateway.connect()
        connection.send('GET /things/first HTTP/1.1\r\nX: ')
        self.assertLess(self.closing_time(connection, 0.1), 1.5)

    def test_a_slow_head_on_a_kept_connection(self):
        connection = self.gateway.connect()
        self.assertEqual(connection.call('GET', '/things/first').status, 200)
        time.sleep(1)
        self.assertEqual(connection.call('GET', '/things/first').status, 200)
        time.sleep(0.6)
        connection.send('GET /')
        self.assertLess(self.closing_time(connection, 0.1), 1.5)

    def test_a_slow_body(self):
        connection = self.gateway.connect()
        connection.send('PATCH /things/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
                        'Content-Length: 5000\r\n\r\n{')
        self.assertLess(self.closing_time(connection, 0.1, ' '), 1.7)

    def test_a_slow_reader(self):
        connection = self.gateway.connect()
        note = 90000 * 'n'
        for _ in range(200):
            connection.request('PUT', '/things/x/colors/Red', {'the_note': note})
            if not self.can_send(connection):
                break
        time.sleep(2.5)
        self.assertTrue(self.ends(connection))

    @staticmethod
    def can_send(connection):
        connection.socket.settimeout(0.2)
        try:
            connection.socket.send(b'')
            return True
        except OSError:
            return False

    @staticmethod
    def ends(connection):
        connection.socket.settimeout(5)
        try:
            while connection.more():
                connection.buffer = b''
            return True
        except TimeoutError:
            return False
        finally:
            connection.close()

    def test_an_idle_connection(self):
        connection = self.gateway.connect()
        self.assertTrue(2.5 < self.closing_time(connection) < 6)

    def test_a_handler_may_take_its_time(self):
        self.assertEqual(self.call('POST', '/slow', {'sleepMs': 2000}).status, 200)

    def test_a_large_body(self):
        self.assertEqual(self.call('PUT', '/things/x/colors/Red',
                                   {'the_note': 99900 * 'x'}).status, 200)
        self.refused(self.call('PUT', '/things/x/colors/Red', {'the_note': 100000 * 'x'}), 413)
        connection = self.gateway.connect()
        connection.send('POST /slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
                        'Content-Length: 10485760\r\n\r\n')
        self.refused(connection.response(), 413)
        self.assertTrue(connection.is_closed())
        connection.close()

    def test_a_large_body_in_chunks(self):
        connection = self.gateway.connect()
        connection.send('POST /slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
                        'Transfer-Encoding: chunked\r\n\r\n')
        try:
            for _ in range(1000):
                connection.send('2710\r\n' + 10000 * ' ' + '\r\n')
        except OSError:
            pass
        self.assertTrue(self.ends(connection))

    def test_a_body_in_chunks_is_refused_early(self):
        connection = self.gateway.connect()
        connection.send('POST /slow HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n'
                        'Transfer-Encoding: chunked\r\n\r\n2710\r\n' + 10000 * ' ' + '\r\n')
        self.refused(connection.response(), 415)
        self.assertTrue(connection.is_closed())
        connection.close()

    def test_own_paths_take_no_body(self):
        connection = self.gateway.connect()
        connection.send('GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n')
        self.refused(connection.response(), 400)
        self.assertTrue(connection.is_closed())
        connection.close()

    def test_large_heads(self):
        self.assertEqual(self.call('GET', '/things/' + 9000 * 'x').status, 400)
        connection = self.gateway.connect()
        connection.send('GET /' + 40000 * 'x' + ' HTTP/1.1\r\nHost: x\r\n\r\n')
        self.assertEqual(connection.head().status, 414)
        connection.close()
        connection = self.gateway.connect()
        connection.send('GET / HTTP/1.1\r\nHost: x\r\nX: ' + 40000 * 'x' + '\r\n\r\n')
        self.assertEqual(connection.head().status, 431)
        connection.close()
        self.refused(self.call('GET', '/things/x', **{f'X{i}': '1' for i in range(70)}), 400)

    def test_cors(self):
        response = self.call('OPTIONS', '/things/x', Origin='https://shop.example',
                             Access_Control_Request_Method='PATCH')
        self.assertEqual(response.status, 204)
        self.assertEqual(response.header('Access-Control-Allow-Origin'), 'https://shop.example')
        self.assertIn('PATCH', response.header('Access-Control-Allow-Methods'))
        self.assertIn('Idempotency-Key', response.header('Access-Control-Allow-Headers'))
        response = self.call('GET', '/things/x', Origin='https://shop.example')
        self.assertEqual(response.header('Access-Control-Allow-Origin'), 'https://shop.example')
        self.assertIn('Origin', response.header('Vary'))
        self.assertEqual(self.call('GET', '/things/absent').header('Access-Control-Allow-Origin'),
                         'https://shop.example')

    def test_many_at_once(self):
        """Forty clients with slow and quick requests get their own answers."""
        problems = []

        def client(number):
            connection = self.gateway.connect()
            for turn in range(20):
                name = f'{number}-{turn}'
                if connection.call('GET', f'/things/{name}').json()['thingId'] != name:
                    problems.append(name)
                if turn % 5 == 0 and connection.call('POST', '/slow',
                                                     {'sleepMs': 10}).status != 200:
                    problems.append(name)
            connection.close()
        threads = [threading.Thread(target=client, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(problems, [])


class PerAddress(fixture.Case):
    gateway_environment = {'CATGA_HTTP_CONNECTIONS_PER_ADDRESS': '3'}

    def test_connections_of_an_address(self):
        time.sleep(0.5)  # earlier connections have ended
        connections = [self.gateway.connect() for _ in range(4)]
        answers = 0
        for connection in connections:
            try:
                answers += connection.call('GET', '/things/x').status == 200
            except (EOFError, OSError):
                pass
            connection.close()
        self.assertEqual(answers, 3)


if __name__ == '__main__':
    fixture.main()
