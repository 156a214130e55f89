#!/usr/bin/env python3
"""
redis_exporter.py PORT SERVER_PORT...: figures of redis-servers for Prometheus, at /metrics.

A server shows its figures as text (INFO). This program asks when it is asked, and uses the names of
the exporter oliver006/redis_exporter, which Debian does not have: queries are the same with both.
"""
import sys

import exporter
import redis_client

FIELDS = {
    'connected_clients': ('redis_connected_clients', 'gauge'),
    'connected_slaves': ('redis_connected_slaves', 'gauge'),
    'used_memory': ('redis_memory_used_bytes', 'gauge'),
    'keyspace_hits': ('redis_keyspace_hits_total', 'counter'),
    'keyspace_misses': ('redis_keyspace_misses_total', 'counter'),
    'total_commands_processed': ('redis_commands_processed_total', 'counter'),
}


def exposition(ports):
    """Returns the text of all servers; the samples of one name follow each other."""
    figures = {port: redis_client.info(('127.0.0.1', port), 'default') for port in ports}
    text = ['# TYPE redis_up gauge']
    text += [f'redis_up{{addr="127.0.0.1:{port}"}} {int(bool(figures[port]))}' for port in ports]
    for field, (name, kind) in FIELDS.items():
        text.append(f'# TYPE {name} {kind}')
        text += [f'{name}{{addr="127.0.0.1:{port}"}} {found[field]}'
                 for port, found in figures.items() if field in found]
    return '\n'.join(text) + '\n'


def main():
    port, *ports = map(int, sys.argv[1:])
    exporter.serve(port, lambda: exposition(ports))


if __name__ == '__main__':
    main()
