#!/usr/bin/env python3
"""
The demonstration of the cluster: starts its parts on free ports, shows that they work together,
breaks them under load, and ends them. Exits with 0 only if every step had the expected result.

    demo.py PROGRAMS            everything, about five minutes
    demo.py PROGRAMS --short    fewer faults, for a shorter time
    demo.py PROGRAMS --nodes    three servers and three nodes only
    demo.py PROGRAMS --regions  two regions, each with two servers and services
    demo.py PROGRAMS --keep     the cluster only, on its well-known ports, until Ctrl-C
"""
import collections
import http.client
import json
import os
import shutil
import signal
import sys
import tempfile
import textwrap
import time

import faults
import http_client
import load
import nodes
import order_cluster
import processes
import prometheus_client
import regions
import traces
from processes import Failure, wait_for

# A part that failed, or an answer that is none, ends a step too.
FAILURES = (Failure, OSError, http.client.HTTPException, ValueError, LookupError)
MODES = ('', '--short', '--nodes', '--regions', '--keep')
SERVICES = (1, 2, 3)
NOTIFICATIONS = (1, 2)
HEALTHY = {check: 'Healthy'
           for check in ('Catga_Core_Health_Check', 'NATS_Connection', 'Redis_Connection')}


def step(title, text=''):
    print(f'\n== {title}', flush=True)
    if text:
        print(textwrap.fill(text, 100), flush=True)


def show(text):
    print(textwrap.indent(text, '  '), flush=True)


def expect(holds, what):
    if not holds:
        raise Failure(what)


# ---- The cluster works

def start(cluster):
    step('Three NATS servers form a cluster')
    cluster.redis.start()
    cluster.start_servers()
    for number in cluster.servers:
        varz, routez = cluster.ask(number, 'varz'), cluster.ask(number, 'routez')
        show(f'{varz["server_name"]} {varz["version"]}: /varz: {varz["connections"]} connections; '
             f'/routez: {routez["num_routes"]} routes')
        expect(routez['num_routes'] >= 2, 'the servers are not all connected to each other')
    step('Three Redis servers, a master with two replicas, and three Sentinels',
         'Redis keeps the claims of the order services.')
    cluster.redis.wait()
    show('\n'.join(cluster.redis.roles()))
    step('Three order services, two notification services, three gateways, a load balancer',
         'The order services share a folder, which stands for a database.')
    cluster.start_all(*[cluster.order_service(number) for number in SERVICES],
                      *[cluster.notification_service(number) for number in NOTIFICATIONS],
                      *[cluster.gateway(number) for number in order_cluster.SERVERS])
    cluster.start_balancer()
    cluster.start_exporters()
    cluster.start_prometheus()
    for instance in cluster.instances.values():
        show(f'{instance.name:22} http://127.0.0.1:{instance.port}')
    show(f'{"load balancer":22} http://127.0.0.1:{cluster.port}')
    show(f'{"Prometheus":22} http://127.0.0.1:{cluster.prometheus_port}')


def ten_orders(cluster, ledger):
    step('Ten orders through the load balancer: POST /api/orders',
         'One order service handles each command. Both notification services receive each event, '
         'and one of them sends the e-mail.')
    client = http_client.Client(cluster.port)
    for number in range(1, 11):
        method, path, body = faults.order(number)
        began = time.monotonic()
        answer = client.request(method, path, body)
        ledger.enter([load.Request(began, time.monotonic(), answer, None)])
        expect(answer.status == 201, f'an order: {answer.status} {answer.body}')
        placed = answer.json()
        expect(placed['total'] == 200 and placed['status'] == 'Created', f'wrong: {placed}')
        show(f'{placed["orderId"]} by {answer.headers["X-Gateway"]} and {placed["processedBy"]}')
    client.close()
    events_arrive(cluster, ledger.confirmed)
    look_at(cluster, ledger.confirmed[0])


def events_arrive(cluster, orders):
    """Checks that every notification service has received the event of each order."""
    for instance in cluster.named('NotificationService'):
        wait_for(lambda instance=instance: all(
            any(order in line for line in instance.process.lines_with('OrderCreatedEvent'))
            for order in orders), f'{instance.name} to receive each event', 10)
    mails = [line for instance in cluster.named('NotificationService')
             for line in instance.process.lines_with('邮件通知已发送')]
    for order in orders:
        expect(sum(order in line for line in mails) == 1, f'not one e-mail for {order}')


def look_at(cluster, order):
    step(f'The log lines of order {order}',
         '处理命令: handling a command; 收到事件: received an event; 邮件通知已发送: e-mail sent')
    heard = [line for instance in cluster.named('NotificationService')
             for line in instance.process.text().splitlines() if order in line]
    message = heard[0].rsplit('CorrelationId=', 1)[1].rstrip(']')
    handled = [line for instance in cluster.named('OrderService')
               for line in instance.process.lines_with(message)]
    expect(len(handled) == 1, f'the command {message} was handled {len(handled)} times')
    show('\n'.join(handled + heard))


def distribution(cluster, ledger, count):
    step('An even distribution', f'{count} orders over thirty connections.')
    with load.Load(cluster.port, 100, faults.order, count=count) as running:
        running.wait_until_sent()
    ledger.enter(running.requests)
    expect(ledger.failed == 0, f'{ledger.failed} orders failed')
    answers = [request.answer for request in running.requests]
    is_even('gateways', collections.Counter(answer.headers['X-Gateway'] for answer in answers), 3)
    is_even('order services', collections.Counter(answer.json()['processedBy']
                                                  for answer in answers), 3)


def is_even(what, counts, parts):
    """Checks that no part has a share that chance does not explain: five standard deviations."""
    total = sum(counts.values())
    deviation = (total / parts * (1 - 1 / parts)) ** 0.5
    show(f'{what}: ' + ', '.join(f'{name} {count}' for name, count in sorted(counts.items())))
    expect(len(counts) == parts and all(abs(count - total / parts) < 5 * deviation
                                        for count in counts.values()), f'the {what} are uneven')


def health(cluster):
    step('GET /health of all gateways and order services')
    for instance in cluster.named('Order'):
        found = wait_for(lambda instance=instance: all_online(instance, len(cluster.instances)),
                         f'{instance.name} to know all nodes')
        show(f'{instance.name}: {found["status"]}, {json.dumps(found["checks"])}, '
             f'{found["onlineNodes"]} of {found["totalNodes"]} nodes are online')
        expect(found['status'] == 'Healthy' and found['checks'] == HEALTHY,
               f'{instance.name} is not healthy')


def all_online(instance, count):
    found = instance.health()
    return found if found.get('onlineNodes') == found.get('totalNodes') == count else None


def metrics(cluster, ledger):
    step('Prometheus answers the queries of the sources',
         'Under load. A foreign program sends bytes that are no order; a service refuses and '
         'counts them, so that there are failed requests to see.')
    port = cluster.prometheus_port
    with load.Load(cluster.port, faults.RATE, faults.order) as running:
        wait_for(lambda: sum(prometheus_client.ask(port, 'up').values()) == len(cluster.targets),
                 'Prometheus to scrape all parts')
        show(f'{len(cluster.targets)} targets are up')
        for name, query in prometheus_client.QUERIES.items():
            values = wait_for(lambda query=query: answered(cluster, query), query)
            show(f'{name}: {query}')
            for labels, value in values.items():
                show(f'    {" ".join(label for _, label in labels)} = {value:.4g}')
        dashboard(cluster)
    ledger.enter(running.requests)


def dashboard(cluster):
    """Checks that Prometheus answers every query of the dashboard in deploy/."""
    for query in prometheus_client.dashboard_queries():
        wait_for(lambda query=query: prometheus_client.ask(cluster.prometheus_port, query), query)
    show(f'dashboard: {len(prometheus_client.dashboard_queries())} queries are answered')


def answered(cluster, query):
    """Returns the values of a query when all of them are numbers, and none is zero."""
    cluster.send_garbage()
    values = prometheus_client.ask(cluster.prometheus_port, query)
    replicas = 3 if 'by (instance)' in query else 1
    return len(values) == replicas and all(value > 0 for value in values.values()) and values


def trace(cluster, ledger):
    step('The trace of one order',
         'The client asks for it with the header traceparent. Gateways and services export their '
         'spans to a small collector, by OTLP.')
    client = http_client.Client(cluster.port)
    method, path, body = faults.order(1)
    began = time.monotonic()
    answer = client.request(method, path, body, traceparent=traces.PARENT)
    ledger.enter([load.Request(began, time.monotonic(), answer, None)])
    client.close()
    spans = wait_for(lambda: traces.complete(cluster.collector.spans(), len(NOTIFICATIONS)),
                     'the spans of an order')
    show(traces.tree(spans))


# ---- Changes under load

def without_failure(cluster, ledger, what, change):
    """Places orders while `change` runs, and checks that none fails."""
    with load.Load(cluster.port, faults.RATE, faults.order) as running:
        time.sleep(0.5)
        change()
        time.sleep(0.5)
    ledger.enter(running.requests)
    failed = [request for request in running.requests if not request.succeeded()]
    expect(not failed, f'{what}: {len(failed)} orders failed: {failed and failed[0].why()}')
    show(f'{what}: {len(running.requests)} orders, none failed; 95th percentile '
         f'{1000 * load.percentile(running.requests, 0.95):.0f} ms, longest wait '
         f'{1000 * load.percentile(running.requests, 1):.0f} ms')
    return {request.answer.json()['processedBy'] for request in running.requests}


def scale(cluster, ledger):
    step('Under load: five order services, then two')

    def to_five():
        cluster.start_all(cluster.order_service(4), cluster.order_service(5))
        time.sleep(1)

    def to_two():
        cluster.stop(*[f'OrderService-{number}' for number in (3, 4, 5)])

    took = without_failure(cluster, ledger, 'five order services', to_five)
    expect(len(took) == 5, f'only {took} took orders')
    without_failure(cluster, ledger, 'two order services', to_two)
    cluster.start_all(cluster.order_service(3))


def rolling_update(cluster, ledger):
    step('Under load: a rolling update',
         'A new order service starts, and then an old one stops. Each gateway stops and starts '
         'again at its port; the load balancer leaves it before.')

    def services():
        for old in cluster.named('OrderService'):
            number = 3 + int(old.name.rsplit('-', 1)[1]) * 10
            cluster.start_all(cluster.order_service(number))
            cluster.stop(old.name)

    def gateways():
        for number in order_cluster.SERVERS:
            cluster.stop(f'OrderApi-{number}')
            cluster.start_all(cluster.gateway(number))
            time.sleep(1)

    took = without_failure(cluster, ledger, 'new order services', services)
    expect({instance.name for instance in cluster.named('OrderService')} <= took,
           'the new order services took no orders')
    without_failure(cluster, ledger, 'new gateways', gateways)


# ---- Faults

def break_it(cluster, ledger, tests):
    rows = []
    for make in tests:
        test = make(cluster)
        step(f'Fault test {test.name}')
        result = faults.run(cluster, ledger, test)
        show(f'{len(result.requests)} requests, {result.success():.6g} % succeeded, the longest '
             f'waited {result.recovery:.2f} s')
        show(f'{ledger.check()} orders are stored: each confirmed one, once')
        rows.append(result.row())
    return rows


def shipping(ledger, seconds):
    return lambda cluster: faults.leading_server(cluster, ledger.confirmed, seconds)


def whole(cluster, ledger):
    distribution(cluster, ledger, 600)
    health(cluster)
    metrics(cluster, ledger)
    trace(cluster, ledger)
    times = (5, 5, 5)
    rows = break_it(cluster, ledger, [lambda _: faults.one_service(times),
                                      lambda _: faults.two_services((5, 10, 5)),
                                      lambda _: faults.redis_master((5, 8, 5)),
                                      lambda _: faults.partition((5, 8, 5))])
    scale(cluster, ledger)
    rolling_update(cluster, ledger)
    nodes.run(cluster, step, show, with_wrk=True)
    return rows + break_it(cluster, ledger, [lambda of: faults.one_server(of, times),
                                             shipping(ledger, (5, 12, 5))])


def short(cluster, ledger):
    distribution(cluster, ledger, 300)
    health(cluster)
    metrics(cluster, ledger)
    trace(cluster, ledger)
    return break_it(cluster, ledger, [lambda _: faults.one_service((1, 2, 1)),
                                      lambda _: faults.redis_master((1, 4, 1)),
                                      lambda _: faults.partition((1, 4, 1)),
                                      lambda of: faults.one_server(of, (1, 2, 1))])


def demonstrate(cluster, parts):
    ledger = faults.Ledger(cluster.orders)
    start(cluster)
    ten_orders(cluster, ledger)
    rows = parts(cluster, ledger)
    step('Gateways and services finish their work and end')
    cluster.stop(*cluster.instances)
    show(f'{ledger.check()} orders are stored, and as many were confirmed')
    step('Fault tests', 'The gap is the longest time without a success, the longest wait that of '
         'one request, from the fault on.')
    print('\n' + faults.table(rows))


# ---- A cluster that stays

def keep(cluster):
    start(cluster)
    step('The cluster runs until Ctrl-C. Log files:')
    for log in cluster.processes.logs():
        show(log)
    show('\n'.join(['', 'An order:', "curl --json '" + json.dumps(faults.order(1)[2]) + "' "
                    f'http://127.0.0.1:{cluster.port}/api/orders']))
    while True:
        signal.pause()


# ---- The program

def report(started, failure):
    """Prints a failure, and the last log lines of every process."""
    kind = '' if isinstance(failure, Failure) else type(failure).__name__ + ': '
    print(f'\nFAILED: {kind}{failure}', file=sys.stderr)
    for log in started.logs():
        with open(log, encoding='utf-8', errors='replace') as file:
            lines = file.read().splitlines()[-15:]
        if lines:
            print('\n'.join([f'-- the last lines of {os.path.basename(log)}', *lines]),
                  file=sys.stderr)


def leave(number, _):
    sys.exit(128 + number)


def play(programs, mode, started):
    """Runs a demonstration."""
    ports = processes.Ports(mode == '--keep')
    if mode == '--regions':
        regions.run(programs, started, ports, step, show)
        return
    cluster = order_cluster.Cluster(programs, started, ports)
    if mode == '--keep':
        keep(cluster)
    elif mode == '--nodes':
        cluster.start_servers()
        nodes.run(cluster, step, show, with_wrk=False)
    else:
        demonstrate(cluster, short if mode == '--short' else whole)


def run(programs, mode):
    """Returns the exit code."""
    started = processes.Processes(tempfile.mkdtemp(prefix='catga-cluster-'))
    try:
        play(programs, mode, started)
        print('\nEvery step had the expected result.')
        return 0
    except FAILURES as failure:
        report(started, failure)
        return 1
    finally:
        started.end()
        shutil.rmtree(started.folder, ignore_errors=True)


def main():
    mode = sys.argv[2] if len(sys.argv) > 2 else ''
    if len(sys.argv) not in (2, 3) or mode not in MODES:
        sys.exit(__doc__)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # it is ignored below nohup
        signal.signal(signal.SIGHUP, leave)
    os.environ['PATH'] = processes.PATH
    os.environ.pop('REDIS_CONNECTION', None)  # only the cluster has Redis, one of its own
    sys.exit(run(sys.argv[1], mode))


if __name__ == '__main__':
    main()
