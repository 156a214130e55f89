"""Serves figures for Prometheus at /metrics."""
import http.server


def serve(port, exposition):
    """Answers each request with the text that `exposition` returns, without end."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = exposition().encode()
            self.send_response(200)
            self.send_header('Content-Type', 'text/plain; version=0.0.4')
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler).serve_forever()
