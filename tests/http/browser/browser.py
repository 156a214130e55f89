#!/usr/bin/env python3
"""Chromium receives events and makes requests across origins. `run` beside this file explains."""
import http.server
import json
import os
import subprocess
import sys
import threading
import unittest
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import fixture  # noqa: E402

FOLDER = os.environ['CATGA_TEMP']
ANY_PORT = '-1'

LISTEN = '''
window.received = [];
window.opened = 0;
window.source = new EventSource(arguments[0] + '/announcements');
window.source.onopen = () => window.opened++;
window.source.addEventListener('Announced', event =>
    window.received.push([event.lastEventId, JSON.parse(event.data).textLine]));
'''

PATCH = '''
const done = arguments[arguments.length - 1];
fetch(arguments[0] + '/things/x', {
    method: 'PATCH',
    headers: {'Content-Type': 'application/json', 'Idempotency-Key': '"form-17"'},
    body: JSON.stringify({price: 1.25}),
}).then(response => response.json()).then(thing => done(thing.price), error => done(error.name));
'''


class Page(http.server.BaseHTTPRequestHandler):
    """An empty page."""

    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'text/html')
        self.end_headers()

    def log_message(self, *_):
        pass


def serve_page():
    """Serves the page at a port of its own, and returns its origin."""
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'http://127.0.0.1:{server.server_port}'


class Browser:
    """A headless Chromium, driven by the WebDriver protocol of the W3C."""

    OPTIONS = {'args': ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage',
                        '--disable-gpu', f'--user-data-dir={FOLDER}/profile']}

    def __init__(self):
        self.driver = subprocess.Popen(['chromedriver', '--port=0'], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        line = next(line for line in self.driver.stdout if 'successfully' in line)
        self.url = 'http://127.0.0.1:' + line.split('port ')[1].rstrip('.\n')
        made = self.command('POST', '/session', {
            'capabilities': {'alwaysMatch': {'goog:chromeOptions': self.OPTIONS}}})
        self.url += '/session/' + made['sessionId']

    def command(self, method, path, content=None):
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)['value']

    def open(self, url):
        self.command('POST', '/url', {'url': url})

    def run(self, script, *arguments):
        return self.command('POST', '/execute/sync', {'script': script, 'args': arguments})

    def run_async(self, script, *arguments):
        return self.command('POST', '/execute/async', {'script': script, 'args': arguments})

    def close(self):
        self.command('DELETE', '')
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()


class Origins(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.allowed = serve_page()
        cls.other = serve_page()
        cls.service = fixture.Process('things_service')
        cls.start_gateway(ANY_PORT)
        cls.browser = Browser()

    @classmethod
    def start_gateway(cls, port):
        cls.gateway = fixture.Gateway(CATGA_HTTP_PORT=port, CATGA_HTTP_CORS_ORIGIN=cls.allowed)
        cls.url = f'http://127.0.0.1:{cls.gateway.port}'

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.gateway.stop()
        cls.service.stop()

    def announce(self, text):
        """Publishes an event until the page has received it."""
        def is_received():
            self.gateway.call('POST', '/announcements', {'textLine': text})
            return any(event[1] == text for event in self.browser.run('return received'))
        fixture.wait_for(is_received)

    def test_events_and_a_restart_of_the_gateway(self):
        self.browser.open(self.allowed)
        self.browser.run(LISTEN, self.url)
        self.announce('before')
        self.assertTrue(all(event[0] for event in self.browser.run('return received')))
        self.gateway.stop()
        self.start_gateway(str(self.gateway.port))
        self.announce('after')
        self.assertEqual(self.browser.run('return opened'), 2)
        self.browser.run('source.close()')

    def test_events_are_hidden_from_other_origins(self):
        self.browser.open(self.other)
        self.browser.run(LISTEN, self.url)
        fixture.wait_for(lambda: self.browser.run('return source.readyState') == 2)
        self.assertEqual(self.browser.run('return opened'), 0)

    def test_a_request_with_preflight(self):
        self.browser.open(self.allowed)
        self.assertEqual(self.browser.run_async(PATCH, self.url), 1.25)

    def test_a_request_of_another_origin(self):
        self.browser.open(self.other)
        self.assertEqual(self.browser.run_async(PATCH, self.url), 'TypeError')


if __name__ == '__main__':
    result = unittest.main(argv=sys.argv[:1], exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - failed} passed, {failed} failed')
    sys.exit(failed > 0)
