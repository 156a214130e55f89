"""The parts of the cluster: servers, services, gateways, load balancer and Prometheus."""
import json
import os
import re
import signal
import socket
import sys

import http_client
import processes
import redis_servers
import traces
from processes import Failure, wait_for

NATS = '''
server_name: nats-{number}
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{monitoring}"
ping_interval: "500ms"  # a client that is cut off loses its requests to others within 2 s
ping_max: 2
jetstream {{ store_dir: "{store}" }}
cluster {{
  name: cluster
  listen: "127.0.0.1:{route}"
  routes: [{routes}]
}}
'''

# A gateway that shuts down or has no connection answers /ready with 503, and gets no more requests.
BALANCER = '''
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
frontend http
    bind 127.0.0.1:{port}
    default_backend gateways
backend gateways
    balance roundrobin
    option httpchk GET /ready
    default-server check inter 500ms fall 2 rise 1
    http-response set-header X-Gateway %s
{gateways}
frontend metrics
    bind 127.0.0.1:{metrics}
    http-request use-service prometheus-exporter if {{ path /metrics }}
'''

# The network of one process: a relay to each server. Suspended, it delivers nothing in either
# direction and closes nothing, like a cable that was pulled.
NETWORK = '''
defaults
    mode tcp
    timeout connect 1s
    timeout client 1h
    timeout server 1h
{relays}
'''
RELAY = '''listen {name}
    bind 127.0.0.1:{port}
    server {name} 127.0.0.1:{server}
'''

PROMETHEUS = '''
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: cluster
    file_sd_configs:
      - files: [{targets}]
        refresh_interval: 1s
'''

SERVERS = (1, 2, 3)
NATS_SERVER = os.environ.get('NATS_SERVER', 'nats-server')
ENVIRONMENT = {
    'CATGA_REPLICAS': '3',
    'CATGA_CONNECT_WAIT_MS': '60000',  # the servers elect a leader first
    'CATGA_NODE_INTERVAL_MS': '500',
    'CATGA_NODE_TIMEOUT_MS': '2000',
}
LEAVE_MS = 2500  # the load balancer leaves a gateway within a second


def urls(scheme, ports):
    return ','.join(f'{scheme}://127.0.0.1:{port}' for port in ports)


class Instance:
    """A gateway or a service."""

    def __init__(self, name, process, port):
        self.name = name
        self.process = process
        self.port = port

    def health(self):
        return http_client.get(self.port, '/health').json()

    def check(self, name):
        """Returns the state of a check in /health, or None."""
        return self.health().get('checks', {}).get(name)

    def metric(self, name):
        """Returns the value of a metric without labels; 0 if it is absent."""
        text = http_client.get(self.port, '/metrics').body.decode()
        found = re.search(rf'^{name} (\S+)$', text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def is_connected(self):
        return self.check('NATS_Connection') == self.check('Redis_Connection') == 'Healthy'

    def serves(self):
        """Returns whether the program has printed its address, which it does when it serves."""
        if not self.process.is_alive():
            raise Failure(f'{self.name} ended')
        return 'http://127.0.0.1:' in self.process.text()


class Cluster:
    def __init__(self, programs, started, ports):
        self.programs = programs
        self.folder = started.folder
        self.ports = ports
        self.processes = started
        self.servers = {}
        self.instances = {}  # those that run, by name
        self.targets = {}    # what Prometheus scrapes, by name
        self.balancer = self.prometheus = self.network = None
        self.relays = {}     # ports of the network, by kind and number of the server
        self.collector = traces.Collector(ports.any_free())
        self.orders = os.path.join(self.folder, 'orders')
        os.mkdir(self.orders)
        self.take_ports()

    def take_ports(self):
        """Reserves the well-known ports before anything starts."""
        take = self.ports.take
        self.server_ports = {n: take(f'nats-{n}', 4221 + n) for n in SERVERS}
        self.monitoring_ports = {n: take(f'monitoring of nats-{n}', 8221 + n) for n in SERVERS}
        self.route_ports = {n: take(f'routes of nats-{n}', 6221 + n) for n in SERVERS}
        self.gateway_ports = {f'OrderApi-{n}': take(f'OrderApi-{n}', 5000 + n) for n in SERVERS}
        self.port = take('the load balancer', 8080)
        self.balancer_metrics = take('metrics of the load balancer', 8404)
        self.prometheus_port = take('Prometheus', 9090)
        self.exporter_port = take('metrics of the NATS servers', 7777)
        self.redis_exporter_port = take('metrics of the Redis servers', 9121)
        self.redis = redis_servers.RedisServers(self.processes, self.ports)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path + '.new', 'w', encoding='utf-8') as file:
            file.write(text)
        os.rename(path + '.new', path)
        return path

    # ---- NATS servers

    def start_servers(self):
        for number in SERVERS:
            self.start_server(number)
        wait_for(lambda: all(self.has_joined(number) for number in SERVERS),
                 'the servers to form a cluster')

    def has_joined(self, number):
        """Returns whether a server is healthy, and connected to every other one."""
        return (self.ask(number, 'healthz').get('status') == 'ok'
                and self.ask(number, 'routez').get('num_routes', 0) >= len(SERVERS) - 1)

    def start_server(self, number):
        routes = ', '.join(f'"nats://127.0.0.1:{port}"' for port in self.route_ports.values())
        path = self.write(f'nats-{number}.conf', NATS.format(
            number=number, port=self.server_ports[number], routes=routes,
            monitoring=self.monitoring_ports[number], route=self.route_ports[number],
            store=os.path.join(self.folder, f'store-{number}')))
        self.servers[number] = self.processes.start(
            f'nats-{number}', [NATS_SERVER, '-c', path])

    def ask(self, number, page):
        """Returns a monitoring page of a server, or {} while it does not answer."""
        answer = http_client.get(self.monitoring_ports[number], '/' + page)
        return answer.json() if answer.status == 200 else {}

    def url(self):
        return urls('nats', self.server_ports.values())

    def clients(self, number):
        """Returns the names of the clients that are connected to a server."""
        return [client.get('name') for client in self.ask(number, 'connz').get('connections', [])]

    # ---- Gateways and services

    def start_all(self, *instances):
        """Waits until launched instances serve, and returns them."""
        for instance in instances:
            wait_for(instance.serves, f'{instance.name} to serve')
            self.instances[instance.name] = instance
            self.scrape(instance.name, instance.port)
        return instances

    def addresses(self):
        """Returns the variables with the addresses of the servers."""
        return {'NATS_URL': self.url(), 'REDIS_CONNECTION': self.redis.url()}

    def launch(self, name, program, port=None, addresses=None):
        port = port or self.ports.any_free()
        process = self.processes.start(
            name, [os.path.join(self.programs, program)], CATGA_INSTANCE=name,
            CLUSTER_ORDERS=self.orders, CATGA_HTTP_PORT=str(port),
            CATGA_HTTP_ENDPOINT=f'http://127.0.0.1:{port}', **(addresses or self.addresses()),
            CATGA_HTTP_LEAVE_MS=str(LEAVE_MS if name.startswith('OrderApi') else 0),
            **self.collector.environment(), **ENVIRONMENT)
        return Instance(name, process, port)

    def gateway(self, number):
        name = f'OrderApi-{number}'
        return self.launch(name, 'cluster_order_api', self.gateway_ports[name])

    def order_service(self, number):
        """Launches OrderService-N; number 3 is connected through a network of its own."""
        addresses = self.relayed_addresses() if number == 3 else None
        return self.launch(f'OrderService-{number}', 'cluster_order_service', addresses=addresses)

    def notification_service(self, number):
        """Launches NotificationService-N, which claims nothing and knows no Redis."""
        return self.launch(f'NotificationService-{number}', 'cluster_notification_service',
                           addresses={'NATS_URL': self.url()})

    def named(self, kind):
        return [instance for name, instance in self.instances.items() if name.startswith(kind)]

    def remove(self, name):
        self.scrape(name, None)
        return self.instances.pop(name)

    def stop(self, *names):
        """Stops instances in an orderly way, all at once."""
        instances = [self.remove(name) for name in names]
        for instance in instances:
            instance.process.send(signal.SIGTERM)
        for instance in instances:
            instance.process.ended()

    def kill(self, name):
        self.remove(name).process.kill()

    # ---- A network that can be cut

    def relayed_addresses(self):
        """Returns the variables with the addresses of relays. A Sentinel would name the master
        itself, so these are the addresses of the Redis servers: a program uses the master."""
        if self.network is None:
            self.start_network({'nats': self.server_ports, 'redis': self.redis.ports})
        return {'NATS_URL': urls('nats', self.relays['nats'].values()),
                'REDIS_CONNECTION': urls('redis', self.relays['redis'].values())}

    def start_network(self, servers):
        """Starts a relay to each server, by kind and number."""
        self.relays = {kind: {number: self.ports.any_free() for number in ports}
                       for kind, ports in servers.items()}
        relays = ''.join(RELAY.format(name=f'{kind}-{number}', server=port,
                                      port=self.relays[kind][number])
                         for kind, ports in servers.items() for number, port in ports.items())
        path = self.write('network.cfg', NETWORK.format(relays=relays))
        self.network = self.processes.start('network', ['haproxy', '-db', '-f', path])
        for kind in self.relays.values():
            for port in kind.values():
                wait_for(lambda port=port: not processes.is_free(port), 'the network')

    def cut_network(self):
        self.network.send(signal.SIGSTOP)

    def heal_network(self):
        self.network.send(signal.SIGCONT)

    # ---- Load balancer and Prometheus

    def start_balancer(self):
        gateways = '\n'.join(f'    server {name} 127.0.0.1:{port}'
                             for name, port in self.gateway_ports.items())
        path = self.write('balancer.cfg', BALANCER.format(
            port=self.port, gateways=gateways, metrics=self.balancer_metrics))
        self.balancer = self.processes.start('balancer', ['haproxy', '-db', '-f', path])
        self.scrape('balancer', self.balancer_metrics)
        wait_for(lambda: http_client.get(self.port, '/ready').status == 200, 'the load balancer')

    def scrape(self, name, port):
        """Tells Prometheus the port of an instance; None means that there is no such instance."""
        self.targets[name] = port
        self.write('targets.json', json.dumps(
            [{'targets': [f'127.0.0.1:{port}'], 'labels': {'instance': name}}
             for name, port in self.targets.items() if port is not None]))

    def start_exporters(self):
        self.start_exporter('nats', self.exporter_port, self.monitoring_ports)
        self.start_exporter('redis', self.redis_exporter_port, self.redis.ports)

    def start_exporter(self, kind, port, servers):
        folder = os.path.dirname(os.path.abspath(__file__))
        self.processes.start(f'{kind}-exporter', [
            sys.executable, os.path.join(folder, f'{kind}_exporter.py'), port, *servers.values()])
        self.scrape(kind, port)

    def start_prometheus(self):
        path = self.write('prometheus.yml', PROMETHEUS.format(
            targets=json.dumps(os.path.join(self.folder, 'targets.json'))))
        self.prometheus = self.processes.start(
            'prometheus', ['prometheus', f'--config.file={path}',
                           f'--web.listen-address=127.0.0.1:{self.prometheus_port}',
                           f'--storage.tsdb.path={self.folder}/prometheus'])
        wait_for(lambda: http_client.get(self.prometheus_port, '/-/ready').status == 200,
                 'Prometheus')

    # ---- A message that is no message

    def send_garbage(self):
        """Sends bytes that are no CreateOrder, as a program of another system might."""
        command = 'PUB catga.commands.cluster.orders.v1.CreateOrder reply 8\r\nnonsense\r\n'
        address = '127.0.0.1', self.server_ports[1]
        with socket.create_connection(address) as connection, connection.makefile() as answers:
            connection.sendall(('CONNECT {"verbose":false}\r\n' + command + 'PING\r\n').encode())
            while (answer := answers.readline().strip()) != 'PONG':
                if not answer or answer.startswith('-ERR'):
                    raise Failure(f'nats-1 refused the bytes of a foreign program: {answer}')
