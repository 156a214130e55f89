"""Faults under load: a part of the cluster fails, and every request of the customers counts."""
import collections
import os
import re
import struct
import time

import http_client
import load
from processes import Failure, wait_for

RATE = 60          # orders per second
STARVED = 0.1      # seconds; a process that is delayed so long says nothing about times
ATTEMPTS = 3       # of a test that broke a rule about time on a starved machine
SHIPPING = 30      # seconds; the schema's timeout of ShipOrder


def order(number):
    """Returns a request that places an order, as the sources do."""
    return 'POST', '/api/orders', {
        'customerId': f'customer-{number}',
        'items': [{'productId': 'prod-1', 'quantity': 2, 'price': 100}]}


RECORD = struct.Struct('=32xI')  # of order_files.c: a hash, and the length of the order behind it


def is_stored(path):
    """Returns whether the file has a whole order."""
    with open(path, 'rb') as file:
        content = file.read()
    return (len(content) > RECORD.size
            and len(content) == RECORD.size + RECORD.unpack_from(content)[0])


class Ledger:
    """The orders that customers were told of, to be compared with those that are stored."""

    def __init__(self, folder):
        self.folder = folder
        self.confirmed = []
        self.failed = 0  # each may have been placed

    def enter(self, requests):
        placed = [request for request in requests if request.succeeded()]
        self.confirmed += [request.answer.json()['orderId'] for request in placed]
        self.failed += len(requests) - len(placed)

    def check(self):
        """Checks that each confirmed order is stored once, and that nothing else is."""
        stored = {name.rsplit('.', 1)[1] for name in os.listdir(self.folder)
                  if name.startswith('CreateOrder.') and is_stored(os.path.join(self.folder, name))}
        lost = set(self.confirmed) - stored
        confirmed = len(self.confirmed)
        same = confirmed - len(set(self.confirmed))
        if lost or same:
            raise Failure(f'{len(lost)} confirmed orders are not stored, {same} were placed before')
        if len(stored) > confirmed + self.failed:
            raise Failure(f'{len(stored)} orders are stored, and {confirmed} were confirmed')
        return len(stored)


class Test:
    """
    A fault: `begin` and `end` are functions of a cluster. `success` is the bound of the sources in
    percent, `recovery` in seconds: no request waits longer.
    """

    rate = RATE
    p95 = None  # seconds; bound while the fault lasts
    note = ''

    def __init__(self, name, begin, end, success, recovery, seconds, **settings):
        self.name = name
        self.begin = begin
        self.end = end
        self.success = success
        self.recovery = recovery
        self.seconds = seconds  # before, during and after the fault
        self.make = order
        self.check = lambda cluster, result: None
        for name_of_setting, value in settings.items():
            setattr(self, name_of_setting, value)


class Result:
    """The requests of a test, and figures about them."""

    def __init__(self, test, requests, began, ended, latest_tick):
        self.test = test
        self.requests = requests
        self.starved = latest_tick > STARVED
        self.problems = []  # broken rules about time that a check has found
        self.before = [each for each in requests if each.ended <= began]
        self.during = [each for each in requests if each.ended > began and each.began <= ended]
        self.after = [each for each in requests if each.began > ended]
        self.failures = [each for each in requests if not each.succeeded()]
        self.gap = load.longest_gap(requests, began)
        self.recovery = max(each.wait for each in requests if each.ended > began)

    def success(self):
        return 100 * (len(self.requests) - len(self.failures)) / len(self.requests)

    def broken(self):
        """Returns the broken rules about time, which a starved machine breaks too."""
        found = list(self.problems)
        if self.recovery >= self.test.recovery:
            found.append(f'a request waited {self.recovery:.2f} s')
        before, during = load.percentile(self.before, 0.95), load.percentile(self.during, 0.95)
        if self.test.p95 is not None and during > max(self.test.p95, 2.4 * before):
            found.append(f'the 95th percentile was {during:.3f} s during the fault')
        return found

    def takers(self, requests):
        """Returns the services that answered some requests."""
        return {each.answer.json()['processedBy'] for each in requests if each.succeeded()}

    def row(self):
        times = [f'{1000 * load.percentile(part, 0.95):.0f} ms'
                 for part in (self.before, self.during, self.after)]
        bound = f'{self.test.success:g} %, < {self.test.recovery:g} s'
        return [self.test.name, str(len(self.requests)), f'{self.success():.6g} %', *times,
                f'{self.gap:.2f} s', f'{self.recovery:.2f} s', bound + self.test.note]


HEADINGS = ['fault', 'requests', 'success', 'p95 before', 'during', 'after', 'gap', 'longest wait',
            'bound']


def table(rows):
    """Returns a table in Markdown."""
    lines = [HEADINGS, ['---'] * len(HEADINGS), *rows]
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines)


def play(cluster, test):
    """Runs a test once."""
    before, during, after = test.seconds
    with load.Load(cluster.port, test.rate, test.make) as running:
        time.sleep(before)
        began = time.monotonic()
        test.begin(cluster)
        time.sleep(during)
        ended = time.monotonic()
        test.end(cluster)
        time.sleep(after)
    return Result(test, running.requests, began, ended, running.latest_tick)


def run(cluster, ledger, test):
    """Runs a test, and checks its rules. A machine that was starved may repeat it."""
    for attempt in range(ATTEMPTS):
        result = play(cluster, test)
        if test.make is order:
            ledger.enter(result.requests)
        if result.success() < test.success:
            raise Failure(f'{test.name}: {len(result.failures)} of {len(result.requests)} requests '
                          f'failed: {result.failures[0].why()}')
        test.check(cluster, result)
        broken = result.broken()
        if not broken:
            return result
        if not result.starved or attempt + 1 == ATTEMPTS:
            raise Failure(f'{test.name}: {"; ".join(broken)}')
        print(f'The machine was starved and this test is repeated: {"; ".join(broken)}', flush=True)
    return None


# ---- Order services

def kill_services(*numbers):
    def begin(cluster):
        for number in numbers:
            cluster.kill(f'OrderService-{number}')
    return begin


def restart_services(*numbers):
    def end(cluster):
        cluster.start_all(*[cluster.order_service(number) for number in numbers])
    return end


def services_take_orders(*numbers):
    """Checks that restarted services take their share again."""
    def check(_, result):
        missing = {f'OrderService-{number}' for number in numbers} - result.takers(result.after)
        if missing:
            raise Failure(f'{missing} took no order after the restart')
    return check


def one_service(seconds):
    return Test('1: one of three order services is killed', kill_services(2), restart_services(2),
                100, 1, seconds, check=services_take_orders(2))


def two_services(seconds):
    return Test('2: two of three order services are killed', kill_services(1, 2),
                restart_services(1, 2), 99.9, 2, seconds, p95=0.12, rate=100,
                check=services_take_orders(1, 2))


# ---- NATS servers

def kill_server(number):
    def begin(cluster):
        cluster.servers[number].kill()
    return begin


def restart_server(number):
    """Starts the server again, and waits until it has caught up with the others."""
    def end(cluster):
        cluster.start_server(number)
        wait_for(lambda: cluster.ask(number, 'healthz').get('status') == 'ok',
                 f'nats-{number} to be healthy')
    return end


def everyone_is_connected(cluster, _):
    """Checks that the clients of the killed server are connected to another one."""
    wait_for(lambda: set(cluster.instances) <= {name for number in cluster.servers
                                                for name in cluster.clients(number)},
             'all clients to be connected')


def busiest_server(cluster):
    """Returns the server through which most requests pass."""
    return max(cluster.servers, key=lambda number: sum(
        name.startswith('Order') for name in cluster.clients(number)))


def one_server(cluster, seconds):
    number = busiest_server(cluster)
    return Test('3: a NATS server is killed, the busiest', kill_server(number),
                restart_server(number), 100, 1, seconds, check=everyone_is_connected)


def stream_leader(cluster):
    """Returns the number of the server that leads the stream of OrderShipped, or None."""
    for number in cluster.servers:
        for account in cluster.ask(number, 'jsz?streams=true').get('account_details', []):
            for stream in account.get('stream_detail', []):
                leader = stream.get('cluster', {}).get('leader', '')
                if stream['name'] == 'CLUSTER_ORDERS_V1' and leader:
                    return int(leader.removeprefix('nats-'))
    return None


def leading_server(cluster, ids, seconds):
    """Ships orders while the leader of the stream that stores OrderShipped is killed."""
    number = wait_for(lambda: stream_leader(cluster), 'a leader of the stream')

    def ship(count):
        return 'POST', f'/api/orders/{ids[count % len(ids)]}/shipment', {}

    def all_arrive(_, result):
        shipped = {each.answer.json()['orderId'] for each in result.requests if each.succeeded()}
        wait_for(lambda: not shipped - arrived(cluster), 'all shipped orders to be announced')

    return Test('3: the server that leads the stream is killed; orders are shipped',
                kill_server(number), restart_server(number), 100, SHIPPING, seconds, rate=20,
                make=ship, check=all_arrive,
                note=': < 1 s is impossible, since storing waits for an election of 4 to 9 s')


def arrived(cluster):
    """Returns the orders whose tracking numbers the notification services have sent."""
    return {line.split('订单: ')[1].split(',')[0]
            for instance in cluster.named('NotificationService')
            for line in instance.process.lines_with('发货通知已发送')}


# ---- Redis

def handled(cluster):
    """Returns how often each command was handled by the order services that run."""
    return collections.Counter(
        command for instance in cluster.named('OrderService')
        for command in re.findall(r'CreateOrderCommand \[MessageId=(.+)\]',
                                  instance.process.text()))


def connects(cluster):
    """Returns how often each order service has connected to a master."""
    return {instance.name: instance.metric('catga_redis_claims_connects_total')
            for instance in cluster.named('OrderService')}


def kill_master(test):
    def begin(cluster):
        test.handled, test.connects = handled(cluster), connects(cluster)
        test.killed = cluster.redis.master()
        cluster.redis.kill(test.killed)
    return begin


def restart_replica(test):
    """Waits until the order services use another master, and starts the killed server again."""
    def end(cluster):
        wait_for(lambda: all(count > test.connects[name]
                             for name, count in connects(cluster).items()),
                 'the order services to connect to another master')
        cluster.redis.restart(test.killed)
    return end


def no_handler_ran_twice(test):
    """Checks that each command since the kill was handled once, also if it was handled before. The
    leases of a starved machine end too early."""
    def check(cluster, result):
        now = handled(cluster)
        new = now - test.handled
        if not new:
            raise Failure(f'{test.name}: no command was handled since')
        twice = sum(1 for command in new if now[command] > 1)
        test.note = f', {twice} of {len(new)} commands handled twice'
        if twice:
            result.problems.append(f'{twice} of {len(new)} commands were handled twice')
    return check


def redis_master(seconds):
    test = Test('4: the master of Redis is killed', None, None, 99, 5, seconds)
    test.begin, test.end = kill_master(test), restart_replica(test)
    test.check = no_handler_ran_twice(test)
    return test


# ---- The network

def cut(cluster):
    cluster.cut_network()


def heal(cluster):
    """Checks that the cluster knows of the cut, and heals it."""
    health = cluster.instances['OrderService-3'].health()
    if {health['checks'][name] for name in ('NATS_Connection', 'Redis_Connection')} != {
            'Unhealthy'}:
        raise Failure('OrderService-3 does not know that its network is cut')
    nodes = http_client.get(cluster.gateway_ports['OrderApi-1'], '/health').json()['nodes']
    if any(node['isOnline'] for node in nodes if node['nodeId'] == 'OrderService-3'):
        raise Failure('the gateways do not know that OrderService-3 is absent')
    cluster.heal_network()
    wait_for(cluster.instances['OrderService-3'].is_connected, 'OrderService-3 to be connected')


def partition(seconds):
    return Test('5: the network of one order service is cut', cut, heal, 100, 3, seconds,
                check=services_take_orders(3))
