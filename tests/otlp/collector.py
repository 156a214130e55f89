"""A collector of traces that answers as a test wants, and a program that makes spans.

Bodies are decoded by protoc or by Python's JSON into the same dictionaries; whatever is not as the
protocol demands raises an error."""
import functools
import gzip
import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else 'otlp_spans'
DEADLINE = 30  # seconds; nothing may take longer


# ---- Protocol Buffers

LINE = re.compile(r'(\w+) \{$|(\w+): (?:"(.*)"|(\S+))$|(\})$')
LISTS = {'resource_spans', 'scope_spans', 'spans', 'attributes', 'links'}
IDS = {'trace_id', 'span_id', 'parent_span_id'}
ESCAPE = re.compile(rb'\\([0-7]{3}|.)')


def unescape(text):
    named = {b'n': b'\n', b'r': b'\r', b't': b'\t', b'"': b'"', b"'": b"'", b'\\': b'\\'}
    return ESCAPE.sub(lambda found: named.get(found[1]) or bytes([int(found[1], 8)]), text.encode())


def camel(name):
    return re.sub(r'_(\w)', lambda found: found[1].upper(), name)


def value_of(name, quoted, bare):
    if quoted is None:
        return str(int(bare)) if name.endswith('nano') or name == 'int_value' else int(bare)
    return unescape(quoted).hex() if name in IDS else unescape(quoted).decode()


def read_message(lines):
    """Reads the text form of a message, up to its brace, in the names and values of JSON."""
    message = {}
    for line in lines:
        begins, name, quoted, bare, ends = LINE.match(line.strip()).groups()
        if ends:
            break
        name = name or begins
        if name.isdigit():
            raise ValueError('unknown field ' + name)
        value = read_message(lines) if begins else value_of(name, quoted, bare)
        if name in LISTS:
            message.setdefault(camel(name), []).append(value)
        elif camel(name) in message:
            raise ValueError('two fields ' + name)
        else:
            message[camel(name)] = value
    return message


def decode_protobuf(body):
    decoded = subprocess.run(['protoc', '--decode=Request', '--proto_path', HERE, 'traces.proto'], input=body,
                             capture_output=True, check=True)
    if decoded.stderr:
        raise ValueError(decoded.stderr.decode())
    return read_message(iter(decoded.stdout.decode().splitlines()))


# ---- JSON

def unique(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError('a name occurs twice: %r' % pairs)
    return dict(pairs)


def without_empty(value):
    """Omits what Protocol Buffers omit: empty lists."""
    if isinstance(value, dict):
        return {name: without_empty(inner) for name, inner in value.items() if inner != []}
    return [without_empty(inner) for inner in value] if isinstance(value, list) else value


def decode_json(body):
    return without_empty(json.loads(body.decode(), object_pairs_hook=unique))


# ---- Requests

class Request:
    """A request, which is decoded when a test looks at it, so that the answer does not wait for that."""

    def __init__(self, path, headers, body):
        self.path = path
        self.headers = headers
        self.body = body
        self.time = time.monotonic()

    @functools.cached_property
    def plain(self):
        return gzip.decompress(self.body) if self.headers.get('Content-Encoding') == 'gzip' else self.body

    @functools.cached_property
    def content(self):
        decode = {'application/x-protobuf': decode_protobuf, 'application/json': decode_json}
        return decode[self.headers['Content-Type']](self.plain)

    def resource(self):
        return attributes(self.content['resourceSpans'][0]['resource'])

    def spans(self):
        return self.content['resourceSpans'][0]['scopeSpans'][0]['spans']


def attributes(message):
    """Returns attributes as a dictionary; the value of a number is an int."""
    result = {}
    for pair in message.get('attributes', []):
        (kind, value), = pair['value'].items()
        result[pair['key']] = {'stringValue': str, 'intValue': int}[kind](value)
    return result


def number_of(span):
    """Returns the number of a usual span."""
    return int.from_bytes(bytes.fromhex(span['spanId']), sys.byteorder)


# ---- Answers: functions of the handler of a request

def accept(handler):
    answer(200)(handler)


def answer(status, body=b'', **headers):
    def run(handler):
        handler.send_response_only(status)
        for name, value in headers.items():
            handler.send_header(name.replace('_', '-'), value)
        handler.send_header('Content-Length', str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
    return run


def close_early(handler):
    handler.close_connection = True


def never(handler):
    """Does not answer until the client goes."""
    handler.connection.settimeout(DEADLINE)
    handler.connection.recv(1)
    handler.close_connection = True


def raw(*pieces, repeat=1, pause=0.0):
    """Sends exact bytes, the last piece repeatedly, until the client goes."""
    def run(handler):
        handler.close_connection = True
        try:
            for piece in pieces[:-1]:
                handler.connection.sendall(piece)
            for _ in range(repeat):
                handler.connection.sendall(pieces[-1])
                time.sleep(pause)
        except OSError:
            pass
    return run


class Collector:
    """Keeps the requests, and answers with the given functions in order, then with the last one."""

    def __init__(self, *answers, port=0, tls=None):
        collector = self
        self.requests = []
        self.arrived = threading.Condition()
        self.answers = list(answers) or [accept]
        self.errors = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                collector.handle(self)

            def do_GET(self):
                collector.errors.append('a redirect was followed')

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(('127.0.0.1', port), Handler)
        self.port = self.server.server_address[1]
        self.scheme = 'http' if tls is None else 'https'
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def handle(self, handler):
        body = handler.rfile.read(int(handler.headers['Content-Length']))
        with self.arrived:
            self.requests.append(Request(handler.path, handler.headers, body))
            answer_now = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            self.arrived.notify_all()
        answer_now(handler)

    def wait(self, count):
        """Waits for a number of requests, and returns them."""
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(self.requests) >= count, DEADLINE):
                raise TimeoutError('%d requests, %r' % (len(self.requests), self.errors))
            return list(self.requests)

    def spans(self):
        return [span for request in self.requests for span in request.spans()]

    def url(self):
        return '%s://127.0.0.1:%d' % (self.scheme, self.port)

    def close(self):
        """Ends the collector, and decodes all requests."""
        self.server.shutdown()
        self.server.server_close()
        self.errors += [request.path for request in self.requests if not request.spans()]


def unused_port():
    with socket.create_server(('127.0.0.1', 0)) as server:
        return server.getsockname()[1]


class Spans:
    """The program that makes spans. Environment variables are given in lower case, without OTEL_."""

    def __init__(self, collector=None, **variables):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith('OTEL_') and not name.lower().endswith('_proxy')}
        if collector is not None:
            variables.setdefault('exporter_otlp_endpoint', collector.url())
        for name, value in variables.items():
            name = name.upper() if name.startswith('test_') else 'OTEL_' + name.upper()
            environment[name] = str(value)
        self.child = subprocess.Popen([PROGRAM], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True)
        self.started = self.child.stdout.readline().strip()
        self.errors = None

    def say(self, line):
        """Gives a command. Returns the numbers of the answer."""
        self.child.stdin.write(line + '\n')
        self.child.stdin.flush()
        said = self.child.stdout.readline()
        if not said:
            raise EOFError(self.child.stderr.read())
        return [int(word) for word in said.split()]

    def settle(self):
        """Waits until each span is counted. Returns how many were exported and dropped."""
        return tuple(self.say('settle'))

    def processor_time(self):
        """Returns the seconds of processor time that the program has taken."""
        with open('/proc/%d/stat' % self.child.pid) as file:
            fields = file.read().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def close(self):
        """Closes the exporter. Returns the milliseconds that this took; None without an exporter."""
        output, self.errors = self.child.communicate('close\n', timeout=DEADLINE + 30)
        if self.child.returncode != 0:
            raise ChildProcessError(self.errors)
        return int(output) if output.strip() else None
