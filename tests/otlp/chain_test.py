#!/usr/bin/env python3
"""One order is one trace: from a client over HTTP, NATS, the order service and its claims in Redis
to the notification services. Both encodings have the same spans."""
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAMS = sys.argv.pop(1)  # of examples/cluster

import collector  # takes its own argument from the rest

TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
CLIENT = '00f067aa0ba902b7'
SERVICES = {'orders': 'order-service', 'notifications': 'notification-service', 'api': 'order-api'}
SERVER, CALL, PRODUCER, CONSUMER = 2, 3, 4, 5  # kinds of spans
REMOTE = 0x300  # flags: it is known whether the parent is remote, and it is
COMMAND = 'catga.commands.cluster.orders.v1.CreateOrder'
CREATED = 'catga.events.cluster.orders.v1.OrderCreated'
SHIP = 'catga.commands.cluster.orders.v1.ShipOrder'
SHIPPED = 'catga.events.cluster.orders.v1.OrderShipped'


def children(spans, parent):
    return [span for span in spans if span.get('parentSpanId') == parent['spanId']]


class Chain(unittest.TestCase):
    def start(self, name, instance):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith('OTEL_') and not name.lower().endswith('_proxy')}
        environment.update(
            CATGA_INSTANCE=instance, CATGA_NAME='unused', CATGA_LOG='error', CATGA_HTTP_PORT='-1',
            CLUSTER_ORDERS=self.orders, OTEL_EXPORTER_OTLP_ENDPOINT=self.collector.url(),
            OTEL_EXPORTER_OTLP_PROTOCOL=self.protocol, OTEL_BSP_SCHEDULE_DELAY='50')
        child = subprocess.Popen([os.path.join(PROGRAMS, 'cluster_' + name)], env=environment,
                                 stdout=subprocess.PIPE, text=True)
        self.children.append(child)
        line = child.stdout.readline()
        while not line.startswith('http://'):
            self.assertNotEqual(line, '', f'{name} does not start')
            line = child.stdout.readline()
        return int(line.rsplit(':', 1)[1])

    def post(self, port, path, body):
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=collector.DEADLINE)
        connection.request('POST', path, json.dumps(body),
                           {'Content-Type': 'application/json',
                            'traceparent': f'00-{TRACE}-{CLIENT}-01', 'tracestate': 'client=1'})
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        self.assertLess(answer.status, 300, content)
        return content

    def spans_of_order(self, protocol):
        """Places and ships an order. Returns the spans of both requests."""
        self.protocol = protocol
        self.children = []
        self.orders = tempfile.mkdtemp(prefix='catga-orders-')
        self.collector = collector.Collector()
        try:
            self.start('order_service', 'orders')
            self.start('notification_service', 'notifications')
            port = self.start('order_api', 'api')
            order = self.post(port, '/api/orders', {'customerId': 'customer-1', 'items': [
                {'productId': 'prod-1', 'quantity': 2, 'price': 100}]})
            self.post(port, f'/api/orders/{order["orderId"]}/shipment', {})
            return self.settled(15)
        finally:
            for child in self.children:
                child.send_signal(signal.SIGTERM)
            for child in self.children:
                child.communicate(timeout=collector.DEADLINE)
            self.collector.close()
            shutil.rmtree(self.orders)

    def settled(self, count):
        """Waits for a number of spans, and a moment for one too many."""
        end = time.monotonic() + collector.DEADLINE
        while len(self.mine()) < count and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.3)
        self.assertEqual(self.collector.errors, [])
        return self.mine()

    def mine(self):
        found = []
        for request in list(self.collector.requests):
            resource = request.resource()
            self.assertEqual(resource['service.name'], SERVICES[resource['service.instance.id']])
            found += [span | {'instance': resource['service.instance.id']}
                      for span in request.spans() if span['traceId'] == TRACE]
        return found

    def only(self, spans, parent, kind, name, instance):
        """Returns the only child of a span that has a kind and name, after checking it."""
        found = [span for span in children(spans, parent) if span['name'] == name]
        self.assertEqual([(span['kind'], span['instance']) for span in found], [(kind, instance)], name)
        span = found[0]
        self.assertEqual(span['traceState'], 'client=1')
        self.assertLessEqual(int(span['startTimeUnixNano']), int(span['endTimeUnixNano']))
        self.assertEqual(span['flags'] & REMOTE, REMOTE if parent['instance'] != instance else 0x100, name)
        if kind == CONSUMER:
            self.assertEqual([(link['traceId'], link['spanId']) for link in span['links']],
                             [(TRACE, parent['spanId'])])
        else:
            self.assertNotIn('links', span)
        return span

    def check_request(self, spans, route, command, event, handlers):
        client = {'spanId': CLIENT, 'instance': 'client'}
        api = self.only(spans, client, SERVER, 'POST ' + route, 'api')
        attributes = collector.attributes(api)
        self.assertEqual(attributes['http.route'], route)
        self.assertLess(attributes['http.response.status_code'], 300)
        call = self.only(spans, api, CALL, 'request ' + command, 'api')
        handling = self.only(spans, call, SERVER, 'process ' + command, 'orders')
        event_sent = self.only(spans, handling, PRODUCER, 'publish ' + event, 'orders')
        handled = children(spans, event_sent)
        self.assertEqual(len(handled), handlers)
        for span in handled:
            self.only([span], event_sent, CONSUMER, 'process ' + event, 'notifications')
        self.check_claim(spans, handling, 'claim', 'taken')
        self.check_claim(spans, handling, 'done', 'done')
        return 6 + handlers

    def check_claim(self, spans, handling, operation, outcome):
        """Checks a command to Redis: it has the attributes of a database."""
        bucket = handling['name'].split('.')[-1]
        span = self.only(spans, handling, CALL, f'{operation} CLUSTER_ORDERS_V1_{bucket}', 'orders')
        self.assertEqual(collector.attributes(span), {
            'db.system.name': 'redis', 'db.operation.name': 'EVALSHA', 'catga.claim': outcome})

    def check(self, protocol):
        spans = self.spans_of_order(protocol)
        count = self.check_request(spans, '/api/orders', COMMAND, CREATED, 2)
        count += self.check_request(spans, '/api/orders/{orderId}/shipment', SHIP, SHIPPED, 1)
        self.assertEqual(len(spans), count)
        self.assertEqual(len({span['spanId'] for span in spans}), count)

    def test_one_order_is_one_trace_in_protobuf(self):
        self.check('http/protobuf')

    def test_one_order_is_one_trace_in_json(self):
        self.check('http/json')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
