"""Runs the service and the gateway of the tests, with the server at $NATS_URL.

Every response to a call is checked against the OpenAPI document that the gateway serves."""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import document

PROGRAMS = sys.argv[1] if len(sys.argv) > 1 else '.'
DEADLINE = 20  # seconds; nothing may take longer


class Process:
    """A program that is ended with the test."""

    def __init__(self, name, environment=None):
        settings = dict(os.environ, **{'CATGA_LOG': 'error', **(environment or {})})
        settings.setdefault('CATGA_INSTANCE', name)
        self.lock = threading.Lock()
        self.ended = None
        self.log = tempfile.TemporaryFile('w+')  # a pipe that nobody reads would be full
        self.child = subprocess.Popen([os.path.join(PROGRAMS, name)], env=settings,
                                      stdout=subprocess.PIPE, stderr=self.log, text=True)

    def stop(self, sign=signal.SIGTERM):
        """Ends the program, once. Returns its exit code and its output."""
        with self.lock:
            if self.ended is None:
                if self.child.poll() is None:
                    self.child.send_signal(sign)
                output, _ = self.child.communicate(timeout=DEADLINE)
                self.ended = self.child.returncode, output, self.errors()
        return self.ended

    def processor_seconds(self):
        """Returns the time for which the program has used a processor."""
        with open(f'/proc/{self.child.pid}/stat', encoding='ascii') as stat:
            user, system = stat.read().rsplit(')', 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf('SC_CLK_TCK')

    def errors(self):
        """Returns what the program wrote to its standard error, after its end."""
        self.log.seek(0)
        return self.log.read()


class Gateway(Process):
    def __init__(self, **environment):
        environment.setdefault('CATGA_HTTP_PORT', '-1')
        super().__init__('things_gateway', environment)
        line = self.child.stdout.readline().split()
        if len(line) != 2:
            raise RuntimeError('the gateway does not start: ' + self.errors())
        self.port, self.admin_port = map(int, line)
        self.kept_document = None

    def document(self):
        if self.kept_document is None:
            response = Connection(self.admin_port).call('GET', '/openapi.json')
            self.kept_document = document.Document(response.json())
        return self.kept_document

    def connect(self):
        return Connection(self.port, self)

    def call(self, method, target, body=None, **headers):
        """Sends one request on a connection of its own. Returns its response."""
        connection = self.connect()
        try:
            return connection.call(method, target, body, **headers)
        finally:
            connection.close()


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def header(self, name):
        """Returns the values of a header, joined as in RFC 9110, section 5.2; None without one."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ', '.join(values) if values else None

    def json(self):
        return json.loads(self.body)


class Connection:
    """A client that sends exactly the bytes of the test, and reads responses strictly."""

    def __init__(self, port, gateway=None):
        self.gateway = gateway
        self.buffer = b''
        self.socket = None
        self.socket = socket.create_connection(('127.0.0.1', port), DEADLINE)

    def __del__(self):
        self.close()

    def close(self):
        if self.socket is not None:
            self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode('latin1'))

    def more(self):
        """Reads once. Returns False at the end of the connection."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b''
        self.buffer += data
        return bool(data)

    def line(self):
        while b'\r\n' not in self.buffer:
            if not self.more():
                raise EOFError(repr(self.buffer))
        line, self.buffer = self.buffer.split(b'\r\n', 1)
        return line.decode('latin1')

    def exactly(self, length):
        while len(self.buffer) < length:
            if not self.more():
                raise EOFError(repr(self.buffer))
        data, self.buffer = self.buffer[:length], self.buffer[length:]
        return data

    def head(self):
        version, status, _ = self.line().split(' ', 2)
        assert version == 'HTTP/1.1', version
        headers = []
        while line := self.line():
            name, value = line.split(':', 1)
            headers.append((name, value.strip()))
        return Response(int(status), headers, b'')

    def chunk(self):
        length = int(self.line(), 16)
        data = self.exactly(length)
        assert self.line() == ''
        return data

    def response(self, has_body=True):
        found = self.head()
        while found.status == 100:
            found = self.head()
        if not has_body or found.status == 204:
            return found
        if found.header('Transfer-Encoding') == 'chunked':
            while chunk := self.chunk():
                found.body += chunk
        else:
            found.body = self.exactly(int(found.header('Content-Length')))
        return found

    def request(self, method, target, body=None, **headers):
        fields = {'Host': 'test'}
        if body is not None:
            if not isinstance(body, (str, bytes)):
                body = json.dumps(body)
            body = body if isinstance(body, bytes) else body.encode()
            fields.update({'Content-Type': 'application/json', 'Content-Length': str(len(body))})
        fields.update({name.replace('_', '-'): value for name, value in headers.items()})
        lines = [f'{name}: {value}\r\n' for name, value in fields.items() if value is not None]
        self.send(f'{method} {target} HTTP/1.1\r\n{"".join(lines)}\r\n'.encode('latin1') +
                  (body or b''))

    def call(self, method, target, body=None, **headers):
        self.request(method, target, body, **headers)
        response = self.response(method != 'HEAD')
        if self.gateway is not None:
            self.gateway.document().check(method, target, response)
        return response

    def is_closed(self, within=DEADLINE):
        """Returns whether the server closes the connection in time, and sends nothing before."""
        self.socket.settimeout(within)
        try:
            return not self.more()
        except TimeoutError:
            return False


class Case(unittest.TestCase):
    """A test with a service and a gateway, which all functions of the class share."""

    gateway_environment = {}

    @classmethod
    def setUpClass(cls):
        cls.service = Process('things_service')
        cls.gateway = Gateway(**cls.gateway_environment)
        wait_for(lambda: cls.gateway.call('POST', '/announcements', {'copies': 0}).status == 200)

    @classmethod
    def tearDownClass(cls):
        for process in (cls.gateway, cls.service):
            code, _, errors = process.stop()
            if code != 0:
                raise AssertionError(f'a program ended with {code}: {errors}')

    def call(self, method, target, body=None, **headers):
        return self.gateway.call(method, target, body, **headers)

    def refused(self, response, status, **members):
        """Checks an error response; `members` are those of its JSON."""
        self.assertEqual(response.status, status, response.body)
        self.assertEqual(response.header('Content-Type'), 'application/problem+json')
        problem = response.json()
        self.assertEqual(problem['status'], status)
        self.assertTrue(problem['title'])
        self.assertTrue(problem['type'])
        for name, value in members.items():
            self.assertEqual(problem.get(name), value, problem)
        return problem

    def wrong(self, response, kind, where, status=400):
        """Checks an error response that names the wrong part of the request."""
        problem = self.refused(response, status)
        self.assertEqual(problem['errors'][0].get(kind), where, problem)
        return problem['detail']


def wait_for(condition, seconds=DEADLINE):
    """Waits until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError('a condition does not come true')
        time.sleep(0.02)


def main():
    """Runs the tests of the script: quiet when green."""
    program = unittest.main(argv=sys.argv[:1] + sys.argv[2:], exit=False, verbosity=1)
    sys.exit(not program.result.wasSuccessful())
