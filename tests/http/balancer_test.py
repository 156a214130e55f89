#!/usr/bin/env python3
"""A rolling restart of gateways behind a load balancer fails no request.

nginx and HAProxy run with the configurations that runtime/http/README.md recommends."""
# needs: nginx haproxy
import os
import random
import re
import socket
import subprocess
import threading
import time

import fixture

SOURCE = os.environ['CATGA_SOURCE']
FOLDER = os.environ['CATGA_TEMP']
os.environ['PATH'] += ':/usr/sbin'  # of servers in Debian
CLIENTS = 8
PAUSE = 1  # seconds; what the manual recommends

NGINX = '''
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/errors;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {recipe}
}}
'''

HAPROXY = '''
global
    maxconn 1000
defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
{recipe}
'''


def free_port():
    """Returns a port below those of outgoing connections, which could take it during a restart."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(('127.0.0.1', port))
                return port
            except OSError:
                pass


def recipe(language):
    """Returns a configuration of the manual, and the time that gateways need to leave."""
    with open(SOURCE + '/runtime/http/README.md', encoding='utf-8') as manual:
        text = manual.read()
    configuration = re.search(f'```{language}\n(.*?)```', text, re.DOTALL)[1]
    leave_ms = re.search('`CATGA_HTTP_LEAVE_MS=([0-9]+)`', text)[1]
    return configuration, leave_ms


class Client(threading.Thread):
    """A client that keeps its connection, and makes requests until it is told to stop."""

    def __init__(self, port, number):
        super().__init__()
        self.port = port
        self.number = number
        self.stops = threading.Event()
        self.connection = None
        self.requests = 0
        self.failures = []

    def request(self):
        name = f'{self.number}-{self.requests}'
        if self.connection is None:
            self.connection = fixture.Connection(self.port)
        if self.requests % 2 == 0:
            response = self.connection.call('POST', '/things', {'thingId': name})
        else:
            response = self.connection.call('GET', '/things/' + name)
        if not 200 <= response.status < 300 or response.json()['thingId'] != name:
            self.failures.append((name, response.status, response.body))
        if response.header('Connection') == 'close':
            self.connection.close()
            self.connection = None

    def run(self):
        while not self.stops.is_set():
            try:
                self.request()
            except (EOFError, OSError) as error:
                self.failures.append((self.requests, repr(error)))
                self.connection = None
            self.requests += 1
            time.sleep(random.choice((0, 0, 0.001, 0.01, 0.1)))


class RollingRestart(fixture.unittest.TestCase):
    def setUp(self):
        self.port = free_port()
        self.gateway_ports = [free_port(), free_port()]
        self.service = fixture.Process('things_service')
        self.leave_ms = ''
        self.gateways = []
        self.balancer = None

    def tearDown(self):
        for process in (self.balancer, self.service.child, *(each.child for each in self.gateways)):
            process.kill()
            process.wait()

    def write_configuration(self, language, frame):
        """Writes the file that the manual recommends, with the ports of this test, in a frame."""
        configuration, self.leave_ms = recipe(language)
        for address, port in zip(('10.0.0.7:8080', '10.0.0.8:8080'), self.gateway_ports):
            configuration = configuration.replace(address, f'127.0.0.1:{port}')
        configuration = configuration.replace(' *:80', f' 127.0.0.1:{self.port}')
        with open(FOLDER + '/configuration', 'w', encoding='utf-8') as file:
            file.write(frame.format(folder=FOLDER, recipe=configuration))

    def start(self, *command):
        self.gateways = [self.start_gateway(port) for port in self.gateway_ports]
        with open(FOLDER + '/output', 'w', encoding='utf-8') as output:
            self.balancer = subprocess.Popen(command, stdout=output, stderr=output)
        fixture.wait_for(self.serves)

    def start_gateway(self, port):
        return fixture.Gateway(CATGA_HTTP_PORT=str(port), CATGA_HTTP_LEAVE_MS=self.leave_ms,
                               CATGA_INSTANCE=f'gateway-{port}')

    def serves(self):
        try:
            return fixture.Connection(self.port).call('GET', '/things/x').status == 200
        except (EOFError, OSError):
            return False

    def restart(self, index):
        code, _, errors = self.gateways[index].stop()
        self.assertEqual(code, 0, errors)
        self.gateways[index] = self.start_gateway(self.gateway_ports[index])
        self.assertEqual(self.gateways[index].call('GET', '/ready').status, 200)
        time.sleep(PAUSE)

    def restart_under_load(self, order):
        """Restarts gateways, and checks that no request fails."""
        clients = [Client(self.port, number) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(0.5)
        for index in order:
            self.restart(index)
        for client in clients:
            client.stops.set()
        for client in clients:
            client.join(fixture.DEADLINE)
        self.assertEqual([failure for client in clients for failure in client.failures], [])
        self.assertGreater(sum(client.requests for client in clients), 500)

    def test_nginx(self):
        self.write_configuration('nginx', NGINX)
        self.start('nginx', '-p', FOLDER, '-e', FOLDER + '/errors', '-c',
                   FOLDER + '/configuration')
        self.restart_under_load((0, 1, 0, 1))

    def test_origins_behind_nginx(self):
        """A page of the balancer's own host is no page of another origin."""
        self.write_configuration('nginx', NGINX)
        self.start('nginx', '-p', FOLDER, '-e', FOLDER + '/errors', '-c',
                   FOLDER + '/configuration')
        for host, origin, status in (('shop.example', 'http://shop.example', 201),
                                     (f'localhost:{self.port}', f'http://localhost:{self.port}', 201),
                                     (f'localhost:{self.port}', 'http://localhost', 403),
                                     ('shop.example', 'http://evil.example', 403),
                                     ('shop.example', 'http://gateways', 403)):
            with self.subTest(origin, host=host):
                connection = fixture.Connection(self.port)
                response = connection.call('POST', '/things', {'thingId': origin[-40:]}, Host=host,
                                           Origin=origin)
                self.assertEqual(response.status, status, response.body)
                connection.close()

    def test_haproxy(self):
        self.write_configuration('haproxy', HAPROXY)
        self.start('haproxy', '-db', '-f', FOLDER + '/configuration')
        self.restart_under_load((0, 1))


if __name__ == '__main__':
    fixture.main()
