"""A small collector of traces, and the trace of one order as a tree."""
import http.server
import json
import threading

TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
CLIENT = '00f067aa0ba902b7'
PARENT = f'00-{TRACE}-{CLIENT}-01'  # the client's span, which is sampled


class Collector:
    """Receives spans by OTLP, as JSON, in this process."""

    def __init__(self, port):
        collector = self
        self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                collector.requests.append(json.loads(body))
                self.send_response(200)
                self.send_header('Content-Type', 'application/json')
                self.end_headers()
                self.wfile.write(b'{}')

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def environment(self):
        """Returns the variables of programs: only requests that are sampled already are traced."""
        return {
            'OTEL_EXPORTER_OTLP_ENDPOINT': f'http://127.0.0.1:{self.server.server_address[1]}',
            'OTEL_EXPORTER_OTLP_PROTOCOL': 'http/json',
            'OTEL_TRACES_SAMPLER': 'parentbased_always_off',
            'OTEL_BSP_SCHEDULE_DELAY': '200',
        }

    def spans(self):
        """Returns the spans of the client's trace, each with the instance that made it."""
        return [span | {'instance': instance_of(resource)}
                for request in list(self.requests) for resource in request['resourceSpans']
                for scope in resource['scopeSpans'] for span in scope['spans']
                if span['traceId'] == TRACE]


def instance_of(resource):
    return next(pair['value']['stringValue'] for pair in resource['resource']['attributes']
                if pair['key'] == 'service.instance.id')


def complete(spans, notifications):
    """Returns the spans when all have arrived: the request and the handling of HTTP and of NATS,
    two commands to Redis, the event, each notification service that hears it, and the one that
    sends the e-mail."""
    return spans if len(spans) >= 4 + 2 + notifications + 1 else None


def children(spans, parent):
    found = [span for span in spans if span.get('parentSpanId', '') == parent]
    return sorted(found, key=lambda span: int(span['startTimeUnixNano']))


def tree(spans, parent=CLIENT, indent=''):
    """Returns a line for each span, below its parent."""
    lines = []
    for span in children(spans, parent):
        took = (int(span['endTimeUnixNano']) - int(span['startTimeUnixNano'])) / 1e6
        links = ', linked' if span.get('links') else ''
        lines.append(f'{indent}{span["name"]} ({span["instance"]}, {took:.1f} ms{links})')
        below = tree(spans, span['spanId'], indent + '  ')
        lines += [below] if below else []
    return '\n'.join(lines)
