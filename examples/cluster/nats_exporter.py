#!/usr/bin/env python3
"""
nats_exporter.py PORT MONITORING_PORT...: figures of nats-servers for Prometheus, at /metrics.

A server shows its figures as JSON. This program asks when it is asked, and uses the names of
prometheus-nats-exporter, which Debian does not have: queries are the same with both.
"""
import sys

import exporter
import http_client

VARZ = {'connections': 'gauge', 'subscriptions': 'gauge', 'slow_consumers': 'counter',
        'in_msgs': 'counter', 'out_msgs': 'counter', 'in_bytes': 'counter', 'out_bytes': 'counter'}
CONSUMER = {'num_pending': 'gauge', 'num_ack_pending': 'gauge', 'num_redelivered': 'gauge'}


def ask(port, page):
    answer = http_client.get(port, page)
    return answer.json() if answer.status == 200 else {}


def streams(port):
    for account in ask(port, '/jsz?consumers=true').get('account_details', []):
        yield from account.get('stream_detail', [])


def is_leader(asset, server):
    """Returns whether a server leads a stream or consumer: it has the latest figures."""
    return asset.get('cluster', {}).get('leader', server) == server


def consumers(port, server):
    """Returns (labels, figures) of each consumer that a server leads."""
    for stream in streams(port):
        for consumer in stream.get('consumer_detail', []):
            if is_leader(consumer, server):
                yield {'stream_name': stream['name'], 'consumer_name': consumer['name']}, consumer


def text_of(port):
    """Returns the samples of one server: {(name, kind): [line]}."""
    samples = {}

    def add(name, kind, value, **labels):
        written = ','.join(f'{key}="{text}"' for key, text in labels.items())
        samples.setdefault((name, kind), []).append(f'{name}{{{written}}} {value}')

    varz = ask(port, '/varz')
    server = varz.get('server_name')
    for field, kind in VARZ.items() if varz else ():
        add(f'gnatsd_varz_{field}', kind, varz[field], server_id=server)
    routez = ask(port, '/routez')
    if varz and routez:
        add('gnatsd_routez_num_routes', 'gauge', routez['num_routes'], server_id=server)
    for stream in streams(port) if varz else ():
        if is_leader(stream, server):
            add('jetstream_stream_total_messages', 'gauge', stream['state']['messages'],
                server_id=server, stream_name=stream['name'])
    for labels, consumer in consumers(port, server) if varz else ():
        for field, kind in CONSUMER.items():
            add(f'jetstream_consumer_{field}', kind, consumer[field], server_id=server, **labels)
    return samples


def exposition(ports):
    """Returns the text of all servers; the samples of one name follow each other."""
    families = {}
    for port in ports:
        for family, lines in text_of(port).items():
            families.setdefault(family, []).extend(lines)
    return ''.join(f'# TYPE {name} {kind}\n' + '\n'.join(lines) + '\n'
                   for (name, kind), lines in families.items())


def main():
    port, *ports = map(int, sys.argv[1:])
    exporter.serve(port, lambda: exposition(ports))


if __name__ == '__main__':
    main()
