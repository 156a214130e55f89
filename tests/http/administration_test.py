#!/usr/bin/env python3
"""Health, readiness, the OpenAPI document, options and shutting down."""
import os
import signal
import subprocess
import threading
import time

import fixture


class Administration(fixture.Case):
    def test_health(self):
        response = self.call('GET', '/health')
        self.assertEqual(response.status, 200)
        health = response.json()
        self.assertEqual(health['status'], 'Healthy')
        self.assertEqual(health['checks'], {'Catga_Core_Health_Check': 'Healthy',
                                            'NATS_Connection': 'Healthy', 'Own_Check': 'Healthy'})
        self.assertEqual((health['totalNodes'], health['onlineNodes']), (1, 1))
        self.assertEqual(health['currentNode']['nodeId'], 'things_gateway')
        self.assertEqual(self.call('HEAD', '/health').status, 200)
        self.refused(self.call('POST', '/health', '{}'), 405)
        self.assertEqual(self.call('OPTIONS', '/ready').header('Allow'), 'GET, HEAD, OPTIONS')

    def test_ready(self):
        response = self.call('GET', '/ready')
        self.assertEqual((response.status, response.json()), (200, {'ready': True}))

    def test_openapi(self):
        document = self.call('GET', '/openapi.json').json()
        self.assertEqual(document['openapi'], '3.1.0')
        self.assertEqual(set(document['paths']['/things/{thingId}']), {'get', 'patch', 'delete'})
        self.assertEqual(set(document['paths']['/things/{thingId}/colors/{color}']), {'put'})
        self.assertIn('test.http.Thing', document['components']['schemas'])


class Connection(fixture.unittest.TestCase):
    """A gateway without its server lives, and is not ready."""

    def test_readiness_follows_the_connection(self):
        top = os.environ['CATGA_SOURCE']
        folder = os.environ['CATGA_TEMP'] + '/own'
        os.mkdir(folder)

        def server(action):
            script = f'. "{top}/tests/lib/nats_server.sh"; nats_server_{action} "{folder}"'
            subprocess.run(['sh', '-c', script], check=True, timeout=fixture.DEADLINE)
        server('start')
        with open(folder + '/url', encoding='ascii') as file:
            gateway = fixture.Gateway(NATS_URL=file.read().strip())
        self.assertEqual(gateway.call('GET', '/ready').status, 200)
        server('stop')
        fixture.wait_for(lambda: gateway.call('GET', '/ready').status == 503)
        self.assertEqual(gateway.call('GET', '/ready').json()['reason'], 'CATGA_DISCONNECTED')
        response = gateway.call('GET', '/health')
        self.assertEqual(response.status, 200)
        self.assertEqual(response.json()['checks']['NATS_Connection'], 'Unhealthy')
        self.assertEqual(gateway.call('GET', '/things/x').status, 503)
        server('start')
        fixture.wait_for(lambda: gateway.call('GET', '/ready').status == 200)
        gateway.stop()
        server('stop')


class OwnPort(fixture.Case):
    gateway_environment = {'CATGA_HTTP_ADMIN_PORT': '-1', 'THINGS_UNHEALTHY': '1'}

    def test_the_other_port(self):
        self.assertNotEqual(self.gateway.port, self.gateway.admin_port)
        self.refused(self.call('GET', '/health'), 404)
        connection = fixture.Connection(self.gateway.admin_port)
        health = connection.call('GET', '/health')
        self.assertEqual(health.status, 200)
        self.assertEqual(health.json()['checks']['Own_Check'], 'Unhealthy')
        self.refused(connection.call('GET', '/things/x'), 404)
        connection.close()


class Nodes(fixture.unittest.TestCase):
    """Gateways with an endpoint know each other."""

    def start(self, number):
        return fixture.Gateway(CATGA_INSTANCE=f'node{number}',
                               CATGA_HTTP_ENDPOINT=f'http://127.0.0.1:500{number}',
                               CATGA_NODE_INTERVAL_MS='200', CATGA_NODE_TIMEOUT_MS='1000')

    @staticmethod
    def online(gateway):
        return gateway.call('GET', '/health').json()['onlineNodes']

    def test_nodes(self):
        gateways = [self.start(number) for number in (1, 2, 3)]
        for gateway in gateways:
            fixture.wait_for(lambda: self.online(gateway) == 3)
        health = gateways[1].call('GET', '/health').json()
        self.assertEqual(health['currentNode']['nodeId'], 'node2')
        self.assertEqual([node['endpoint'] for node in health['nodes']],
                         [f'http://127.0.0.1:500{number}' for number in (1, 2, 3)])
        self.assertRegex(health['nodes'][0]['lastSeen'], r'^\d{4}-\d\d-\d\dT')
        gateways[0].stop()
        fixture.wait_for(lambda: self.online(gateways[1]) == 2)
        gateways[2].stop(signal.SIGKILL)
        fixture.wait_for(lambda: self.online(gateways[1]) == 1)
        health = gateways[1].call('GET', '/health').json()
        self.assertEqual([node['isOnline'] for node in health['nodes']], [False, True, False])
        self.assertEqual(health['totalNodes'], 3)
        gateways[1].stop()


class Options(fixture.unittest.TestCase):
    def refused(self, expected, **environment):
        environment.setdefault('CATGA_HTTP_PORT', '-1')
        process = fixture.Process('things_gateway', environment)
        output, _ = process.child.communicate(timeout=fixture.DEADLINE)
        errors = process.errors()
        self.assertEqual((process.child.returncode, output), (1, ''))
        self.assertIn(expected, errors)

    def test_numbers(self):
        for name in ('PORT', 'ADMIN_PORT', 'CONNECTIONS', 'CONNECTIONS_PER_ADDRESS', 'BODY',
                     'HEAD_MS', 'BODY_MS', 'SEND_MS', 'IDLE_MS', 'STREAMS', 'LEAVE_MS',
                     'METRICS'):
            name = 'CATGA_HTTP_' + name
            for value in ('x', '-2', '99999999999'):
                with self.subTest(f'{name}={value}'):
                    self.refused(name + ': accepted is', **{name: value})

    def test_texts(self):
        self.refused('cors_origin: accepted is', CATGA_HTTP_CORS_ORIGIN='shop')
        self.refused('not a numeric IP address', CATGA_HTTP_ADDRESS='localhost')
        self.refused('both certificate_file and key_file', CATGA_HTTP_KEY_FILE='/dev/null')
        self.refused('cannot read the file /absent', CATGA_HTTP_CERTIFICATE_FILE='/absent',
                     CATGA_HTTP_KEY_FILE='/absent')

    def test_a_port_in_use(self):
        gateway = fixture.Gateway()
        self.refused(f'port={gateway.port}): Address already in use',
                     CATGA_HTTP_PORT=str(gateway.port))
        gateway.stop()

    def test_the_port_of_the_sources(self):
        gateway = fixture.Gateway(CATGA_HTTP_PORT='', NODE_PORT='-1')
        self.assertEqual(gateway.call('GET', '/health').status, 200)
        gateway.stop()


class Tls(fixture.unittest.TestCase):
    def test_tls(self):
        folder = os.environ['CATGA_TEMP']
        key, certificate = folder + '/key', folder + '/certificate'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                        'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
                        '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key,
                        '-out', certificate], check=True, capture_output=True)
        gateway = fixture.Gateway(CATGA_HTTP_CERTIFICATE_FILE=certificate, CATGA_HTTP_KEY_FILE=key)
        url = f'https://127.0.0.1:{gateway.port}/health'
        found = subprocess.run(['curl', '--silent', '--cacert', certificate, url],
                               capture_output=True, check=True, timeout=fixture.DEADLINE)
        self.assertIn(b'Healthy', found.stdout)
        old = subprocess.run(['curl', '--silent', '--cacert', certificate, '--tls-max', '1.1', url],
                             capture_output=True, check=False, timeout=fixture.DEADLINE)
        self.assertNotEqual(old.returncode, 0)
        gateway.stop()


class Shutdown(fixture.unittest.TestCase):
    def setUp(self):
        self.service = fixture.Process('things_service')
        self.gateway = fixture.Gateway(CATGA_HTTP_LEAVE_MS='300')
        fixture.wait_for(lambda: self.gateway.call('POST', '/announcements', {'copies': 0}).status == 200)

    def tearDown(self):
        self.gateway.stop(signal.SIGKILL)
        self.service.stop(signal.SIGKILL)

    def test_requests_in_flight_are_finished(self):
        answers = []
        connections = [self.gateway.connect() for _ in range(10)]
        for connection in connections:
            connection.request('POST', '/slow', {'sleepMs': 1000})
        time.sleep(0.3)
        ending = threading.Thread(target=lambda: answers.append(self.gateway.stop()))
        ending.start()
        for connection in connections:
            response = connection.response()
            self.assertEqual(response.status, 200, response.body)
            self.assertEqual(response.header('Connection'), 'close')
            self.assertTrue(connection.is_closed())
        ending.join(fixture.DEADLINE)
        self.assertEqual(answers[0][0], 0, answers)

    def test_requests_that_are_too_late_get_503(self):
        self.gateway.stop()
        self.gateway = fixture.Gateway(CATGA_HTTP_BODY_MS='300')
        connections = [self.gateway.connect() for _ in range(10)]
        for connection in connections:
            connection.request('POST', '/slow', {'sleepMs': 2500})
        half = self.gateway.connect()  # does not count as a request
        half.send('POST /slow HTTP/1.1\r\nHost')
        time.sleep(0.3)
        ending = threading.Thread(target=self.gateway.stop)
        ending.start()
        self.assertEqual([connection.response().status for connection in connections], 10 * [503])
        ending.join(fixture.DEADLINE)

    def test_half_a_head_does_not_hold_the_gateway(self):
        half = self.gateway.connect()
        half.send('POST /slow HTTP/1.1\r\nHost')
        begun = time.monotonic()
        self.assertEqual(self.gateway.stop()[0], 0)
        self.assertLess(time.monotonic() - begun, 3)
        half.close()

    def test_a_second_signal_ends_the_waits(self):
        self.gateway.stop()
        self.gateway = fixture.Gateway(CATGA_HTTP_LEAVE_MS='15000')
        self.gateway.child.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        begun = time.monotonic()
        self.gateway.child.send_signal(signal.SIGTERM)
        self.gateway.child.wait(fixture.DEADLINE)
        self.assertLess(time.monotonic() - begun, 5)

    def test_a_leaving_gateway_is_not_ready_and_still_serves(self):
        connection = self.gateway.connect()
        self.assertEqual(connection.call('GET', '/things/x').status, 200)
        self.gateway.child.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        response = connection.call('GET', '/ready')
        self.assertEqual((response.status, response.json()),
                         (503, {'ready': False, 'reason': 'shutting down'}))
        self.assertEqual(self.gateway.call('GET', '/things/x').status, 200)
        self.assertEqual(self.gateway.child.wait(fixture.DEADLINE), 0)

    def test_connections_that_nobody_has_accepted_are_served(self):
        gateway = fixture.Gateway(CATGA_HTTP_LEAVE_MS='0')
        self.assertEqual(gateway.call('GET', '/things/x').status, 200)
        gateway.child.send_signal(signal.SIGSTOP)
        connections = [gateway.connect() for _ in range(300)]
        for connection in connections:
            connection.request('POST', '/things', {'thingId': 'x'})
        gateway.child.send_signal(signal.SIGTERM)
        gateway.child.send_signal(signal.SIGCONT)
        for connection in connections:
            self.assertEqual(connection.response().status, 201)
        self.assertEqual(gateway.child.wait(fixture.DEADLINE), 0)
        gateway.stop()

    def test_streams_end(self):
        connections = [self.gateway.connect() for _ in range(20)]
        for connection in connections:
            connection.request('GET', '/announcements')
            self.assertEqual(connection.head().status, 200)
        self.gateway.child.send_signal(signal.SIGTERM)
        for connection in connections:
            self.assertEqual(connection.chunk(), b'')  # the end, not a broken connection
        self.assertEqual(self.gateway.child.wait(fixture.DEADLINE), 0)

    def test_idle_connections_do_not_hold_the_gateway(self):
        connections = [self.gateway.connect() for _ in range(20)]
        for connection in connections[:10]:
            connection.call('GET', '/things/x')
        begun = time.monotonic()
        code, _, errors = self.gateway.stop()
        self.assertEqual(code, 0, errors)
        self.assertLess(time.monotonic() - begun, 5)


if __name__ == '__main__':
    fixture.main()
