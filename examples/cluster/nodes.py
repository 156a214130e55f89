"""The scenarios of three nodes of one kind, each with an HTTP API, on the servers of a cluster."""
import datetime
import os
import re
import time

import http_client
import order_cluster
from processes import Failure, wait_for

NODES = (1, 2, 3)
REQUESTS = 100
WRK = 30  # seconds of the load test
CREATED = '[QoS 0] Order created event received (may be lost): '
SHIPPED = '[QoS 1] Order shipped event received (guaranteed delivery): '


class Node:
    """A node; its log goes on when it is started again."""

    def __init__(self, cluster, number):
        self.cluster = cluster
        self.name = f'node{number}'
        self.port = cluster.ports.any_free()
        self.log = os.path.join(cluster.folder, self.name + '.log')
        self.process = None

    def start(self, *arguments):
        """Starts the node: NODE_ID PORT are its arguments, or are in the environment."""
        self.process = self.cluster.processes.start(
            self.name, [os.path.join(self.cluster.programs, 'cluster_node'), *arguments],
            NODE_ID=self.name, NODE_PORT=str(self.port), NATS_URL=self.cluster.url(),
            CATGA_WORKERS='32', **order_cluster.ENVIRONMENT)

    def wait(self):
        wait_for(self.serves, f'{self.name} to serve')

    def serves(self):
        if not self.process.is_alive():
            raise Failure(f'{self.name} ended')
        return 'http://127.0.0.1:' in self.process.text()

    def post(self, product, quantity):
        """Places an order here. Returns its id and the node that took it."""
        client = http_client.Client(self.port)
        answer = client.request('POST', '/orders', {'productId': product, 'quantity': quantity})
        client.close()
        if answer.status != 200 or answer.json()['status'] != 'Created':
            raise Failure(f'POST /orders of {self.name}: {answer.status} {answer.body}')
        return answer.json()['orderId'], answer.json()['processedBy']

    def lines(self, text):
        with open(self.log, encoding='utf-8') as file:
            return [line.rstrip('\n') for line in file if text in line]

    def received(self, event):
        """Returns the times of events by the ids of their orders."""
        return {order: moment(at) for line in self.lines(event)
                for order, at in [re.search(re.escape(event) + r'(\S+) at (\S+)', line).groups()]}


def moment(text):
    """Returns a timestamp of the log in seconds, to the microsecond."""
    seconds, fraction = text.rstrip('Z').split('.')
    parsed = datetime.datetime.fromisoformat(seconds + '+00:00')
    return parsed.timestamp() + int(fraction[:6].ljust(6, '0')) / 1e6


def wait_for_orders(nodes, event, orders):
    for node in nodes:
        wait_for(lambda node=node: set(orders) <= set(node.received(event)),
                 f'{node.name} to receive "{event}" of each order')


def failover(nodes, show):
    """Scenario 1: node1 is killed; the others take its orders, and it receives what it missed."""
    first, second, third = nodes
    order, taker = first.post('product-123', 2)
    show(f'{first.name} was asked: {order} was processed by {taker}')
    first.process.kill()
    placed = [second.post('product-456', 1) for _ in range(20)]
    if {taker for _, taker in placed} != {second.name, third.name}:
        raise Failure('not both living nodes took orders')
    show(f'{first.name} is dead; {second.name} was asked twenty times: all were processed, by '
         f'{second.name} and {third.name}')
    first.start()
    first.wait()
    wait_for_orders(nodes, SHIPPED, [order for order, _ in placed])
    missed = len([order for order, _ in placed if order not in first.received(CREATED)])
    show(f'{first.name} is back: of the twenty, it received each OrderShipped, and missed {missed} '
         'OrderCreated')


def qualities(nodes, show):
    """Scenario 2: 100 orders while node3 is killed and started again."""
    orders = []
    for number in range(1, REQUESTS + 1):
        if number == REQUESTS // 4:
            nodes[2].process.kill()
        if number == REQUESTS // 2:
            nodes[2].start()
        orders.append(nodes[0].post(f'product-{number}', 1)[0])
    nodes[2].wait()
    wait_for_orders(nodes, SHIPPED, orders)
    for node in nodes:
        created, shipped = (len(set(orders) & set(node.received(event)))
                            for event in (CREATED, SHIPPED))
        show(f'{node.name}: OrderCreated (QoS 0) {created} of {REQUESTS}, OrderShipped (QoS 1) '
             f'{shipped} of {REQUESTS}')
    if any(set(orders) - set(node.received(CREATED)) for node in nodes[:2]):
        raise Failure('a node that was never killed missed an OrderCreated')


def broadcast(nodes, show):
    """Scenario 3: one order, and the times at which its events arrive."""
    order, _ = nodes[0].post('product-999', 10)
    for event in (CREATED, SHIPPED):
        wait_for_orders(nodes, event, [order])
        times = [node.received(event)[order] for node in nodes]
        show(f'{event.strip(": ")}: on all nodes within {1000 * (max(times) - min(times)):.3f} ms')
    for node in nodes:
        show('\n'.join(node.lines(order)))


def wrk(cluster, node, show):
    """Measures the throughput of one node's API, behind which all nodes work."""
    script = os.path.join(os.path.dirname(__file__), 'order.lua')
    load = cluster.processes.start('wrk', ['wrk', '-t4', '-c100', f'-d{WRK}s', '--latency', '-s',
                                           script, f'http://127.0.0.1:{node.port}/orders'])
    load.ended()
    text = load.text()
    show(text)
    if 'Non-2xx' in text or 'Socket errors' in text:
        raise Failure('wrk: requests failed')


def health(nodes, show):
    found = wait_for(lambda: all_online(nodes[0]), 'node1 to know all nodes')
    endpoints = [node['endpoint'] for node in found['nodes'] if node['service'] == 'node']
    if endpoints != [f'http://localhost:{node.port}' for node in nodes]:
        raise Failure(f'/health names {endpoints}')
    show(f'GET /health of {found["currentNode"]["nodeId"]}: {found["status"]}, '
         f'{found["onlineNodes"]} of {found["totalNodes"]} nodes are online')


def all_online(node):
    found = http_client.get(node.port, '/health').json()
    is_whole = found.get('onlineNodes', 0) == found.get('totalNodes') >= len(NODES)
    return found if is_whole else None


def run(cluster, step, show, with_wrk):
    step('Nodes of one kind: node1, node2 and node3, each with an HTTP API')
    nodes = [Node(cluster, number) for number in NODES]
    nodes[0].start(nodes[0].name, nodes[0].port)
    for node in nodes[1:]:
        node.start()
    for node in nodes:
        node.wait()
        show(f'{node.name} http://127.0.0.1:{node.port}')
    health(nodes, show)
    step('Scenario 1: failover')
    failover(nodes, show)
    step(f'Scenario 2: {REQUESTS} orders, while node3 is killed and started again')
    qualities(nodes, show)
    step('Scenario 3: broadcast')
    time.sleep(0.5)  # the nodes are at rest
    broadcast(nodes, show)
    if with_wrk:
        step(f'Throughput: wrk, 100 connections, {WRK} seconds')
        wrk(cluster, nodes[0], show)
    for node in nodes:
        node.process.stop()
