"""Two regions: clusters of two NATS servers each, joined by gateways, with services in both."""
import collections
import os
import signal

import faults
import http_client
import load
import order_cluster
from processes import Failure, wait_for

SERVER = '''
server_name: {name}
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{monitoring}"
jetstream {{ store_dir: "{store}" }}
cluster {{
  name: {region}
  listen: "127.0.0.1:{route}"
  routes: [{routes}]
}}
gateway {{
  name: {region}
  listen: "127.0.0.1:{gateway}"
  gateways: [
{gateways}
  ]
}}
'''

REGIONS = ('dc1', 'dc2')
SERVERS = (1, 2)
ORDERS = 60
ENVIRONMENT = {**order_cluster.ENVIRONMENT, 'CATGA_REPLICAS': '1'}


class Region:
    def __init__(self, name, started, ports):
        self.name = name
        self.folder = started.folder
        self.processes = started
        self.ports = ports
        self.port = {kind: {number: ports.any_free() for number in SERVERS}
                     for kind in ('client', 'monitoring', 'route', 'gateway')}
        self.servers = {}
        self.services = {}
        self.api = self.notifications = None

    def urls(self, kind):
        return [f'nats://127.0.0.1:{port}' for port in self.port[kind].values()]

    def start_servers(self, regions):
        gateways = '\n'.join(f'    {{ name: {region.name}, urls: {region.urls("gateway")} }}'
                             for region in regions).replace("'", '"')
        routes = ', '.join(f'"{url}"' for url in self.urls('route'))
        for number in SERVERS:
            name = f'{self.name}-nats-{number}'
            path = os.path.join(self.folder, name + '.conf')
            with open(path, 'w', encoding='utf-8') as file:
                file.write(SERVER.format(
                    name=name, region=self.name, routes=routes, gateways=gateways,
                    store=os.path.join(self.folder, name), port=self.port['client'][number],
                    monitoring=self.port['monitoring'][number], route=self.port['route'][number],
                    gateway=self.port['gateway'][number]))
            self.servers[number] = self.processes.start(name, [order_cluster.NATS_SERVER, '-c',
                                                               path])

    def ask(self, number, page):
        answer = http_client.get(self.port['monitoring'][number], '/' + page)
        return answer.json() if answer.status == 200 else {}

    def is_joined(self):
        """Returns whether each server of the region has a connection to the other region."""
        return all(self.ask(number, 'gatewayz').get('outbound_gateways') for number in SERVERS)

    def kill_servers(self):
        for server in self.servers.values():
            server.kill()

    # ---- Programs

    def launch(self, name, program, programs):
        port = self.ports.any_free()
        process = self.processes.start(
            name, [os.path.join(programs, program)], CATGA_INSTANCE=name,
            NATS_URL=','.join(self.urls('client')), CATGA_HTTP_PORT=str(port),
            CLUSTER_ORDERS=os.path.join(self.folder, 'orders'),
            CATGA_HTTP_ENDPOINT=f'http://127.0.0.1:{port}', **ENVIRONMENT)
        return order_cluster.Instance(name, process, port)

    def start_services(self, programs):
        for number in SERVERS:
            name = f'{self.name}-OrderService-{number}'
            self.services[name] = self.launch(name, 'cluster_order_service', programs)
        for instance in self.services.values():
            wait_for(instance.serves, f'{instance.name} to serve')

    def start_programs(self, programs):
        self.start_services(programs)
        self.notifications = self.launch(f'{self.name}-NotificationService',
                                         'cluster_notification_service', programs)
        self.api = self.launch(f'{self.name}-OrderApi', 'cluster_order_api', programs)
        for instance in (self.notifications, self.api):
            wait_for(instance.serves, f'{instance.name} to serve')

    def stop_services(self):
        for instance in self.services.values():
            instance.process.send(signal.SIGTERM)
        for instance in self.services.values():
            instance.process.ended()
        self.services = {}


def takers(requests):
    """Returns how many orders each region took. A failed order is a failure of the step."""
    failed = [request for request in requests if not request.succeeded()]
    if failed:
        raise Failure(f'{len(failed)} orders failed: {failed[0].why()}')
    return collections.Counter(request.answer.json()['processedBy'].split('-')[0]
                               for request in requests)


def place(region, count=ORDERS):
    with load.Load(region.api.port, faults.RATE, faults.order, count=count) as running:
        running.wait_until_sent()
    return running.requests


def local(region, show):
    """Checks that the services of a region take the orders of its gateway."""
    counts = takers(place(region))
    show(f'{sum(counts.values())} orders in {region.name}, taken by: {dict(counts)}')
    if set(counts) != {region.name}:
        raise Failure(f'another region took orders of {region.name}')


def failover(region, other, programs, show):
    """The services of a region stop and start again under load: no order fails."""
    with load.Load(region.api.port, faults.RATE, faults.order) as running:
        region.stop_services()
        wait_for(lambda: takers(running.requests)[other.name] >= ORDERS,
                 f'{other.name} to take orders of {region.name}')
        region.start_services(programs)
        began = len(running.requests)
        wait_for(lambda: len(running.requests) >= began + ORDERS, 'more orders')
    show(f'{len(running.requests)} orders in {region.name} while its services were stopped and '
         f'started again, taken by: {dict(takers(running.requests))}; none failed')
    local(region, show)


def events_cross(regions, show):
    for region in regions:
        order = place(region, 1)[0].answer.json()['orderId']
        for listener in regions:
            wait_for(lambda listener=listener, order=order:
                     listener.notifications.process.lines_with(f'[OrderId={order}]'),
                     f'{listener.notifications.name} to receive the event of {order}')
        show(f'OrderCreated of an order in {region.name} reached the services of both regions')


def ship(region, order, milliseconds):
    client = http_client.Client(region.api.port)
    answer = client.request('POST', f'/api/orders/{order}/shipment', {},
                            **{'Catga-Timeout': str(milliseconds)})
    client.close()
    return answer


def home_of_stream(regions):
    """Returns the region that stores OrderShipped."""
    homes = [region for region in regions for number in SERVERS
             for account in region.ask(number, 'jsz?streams=true').get('account_details', [])
             for stream in account.get('stream_detail', [])
             if stream['name'] == 'CLUSTER_ORDERS_V1']
    if len(homes) != 1:
        raise Failure(f'{len(homes)} servers have the stream')
    return homes[0]


def stored_events(regions, home, show):
    """Ships an order in each region."""
    for region in regions:
        order = place(region, 1)[0].answer.json()['orderId']
        answer = ship(region, order, 30000)
        if answer.status != 200:
            raise Failure(f'shipping in {region.name}: {answer.status} {answer.body}')
        wait_for(lambda order=order: any(
            listener.notifications.process.lines_with(f'TRK-{order}') for listener in regions),
            f'the event of {order}')
        show(f'OrderShipped of an order in {region.name} was stored in {home.name}, and received')


def lost_region(regions, home, show):
    """The servers of the region with the stream are killed, and start again."""
    left = next(region for region in regions if region is not home)
    home.kill_servers()
    orders = place(left)
    show(f'{home.name} is dead: {sum(takers(orders).values())} orders in {left.name} were placed')
    order = orders[0].answer.json()['orderId']
    answer = ship(left, order, 2000)
    if answer.status < 500:
        raise Failure(f'shipping without the stream: {answer.status} {answer.body}')
    show(f'shipping one of them: {answer.status} {answer.json()["title"]}')
    home.start_servers(regions)
    wait_for(lambda: ship(left, order, 5000).status == 200, f'shipping in {left.name}')
    show(f'{home.name} is back, and the order is shipped')


def run(programs, started, ports, step, show):
    os.mkdir(os.path.join(started.folder, 'orders'))
    step('Two regions, dc1 and dc2, of two NATS servers each, joined by gateways')
    regions = [Region(name, started, ports) for name in REGIONS]
    for region in regions:
        region.start_servers(regions)
    for region in regions:
        wait_for(region.is_joined, f'{region.name} to be joined')
    for region in regions:
        region.start_programs(programs)
        show(f'{region.name}: a gateway, two order services, a notification service')
    step('Orders stay in their region')
    for region in regions:
        local(region, show)
    step('The services of dc1 stop, and those of dc2 take its orders, until dc1 is back')
    failover(*regions, programs, show)
    step('Events cross')
    events_cross(regions, show)
    step('Stored events: their stream is in one region')
    home = home_of_stream(regions)
    stored_events(regions, home, show)
    step('The servers of that region are killed: orders are placed, but not shipped')
    lost_region(regions, home, show)
