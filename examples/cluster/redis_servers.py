"""The Redis of the cluster: a master with two replicas, and three Sentinels."""
import os

import redis_client
from processes import wait_for
from sentinels import MASTER, Sentinels

# A master that no replica has answered for more than two seconds refuses writes: it may be cut off,
# and replaced. Writes that it accepts until then are lost. Sentinel changes `replicaof` in this file.
SERVER = '''
port {port}
bind 127.0.0.1
set-proc-title no
dir {folder}
dbfilename redis-{number}.rdb
save ""
repl-diskless-sync-delay 0
min-replicas-to-write 1
min-replicas-max-lag 2
{replicaof}
'''

# The master counts as dead after a second; two of three Sentinels must agree.
SENTINEL = '''
port {port}
bind 127.0.0.1
set-proc-title no
dir {folder}
sentinel monitor {master} 127.0.0.1 {first} 2
sentinel down-after-milliseconds {master} 1000
sentinel failover-timeout {master} 4000
'''

NUMBERS = (1, 2, 3)
HOST = '127.0.0.1'


class RedisServers:
    def __init__(self, started, ports):
        self.processes = started
        self.folder = started.folder
        self.ports = {n: ports.take(f'redis-{n}', 6378 + n) for n in NUMBERS}
        self.sentinel_ports = {n: ports.take(f'sentinel-{n}', 26378 + n) for n in NUMBERS}
        self.sentinels = Sentinels([(HOST, port) for port in self.sentinel_ports.values()],
                                   len(NUMBERS))
        self.servers = {}

    def url(self):
        """Returns the addresses of the Sentinels, which know the master."""
        return ','.join(f'sentinel://127.0.0.1:{port}/{MASTER}'
                        for port in self.sentinel_ports.values())

    # ---- Beginning

    def start(self):
        """Starts all servers; redis-1 is the master."""
        for number in NUMBERS:
            self.start_server(number, 1)
        for number in NUMBERS:
            path = self.write(f'sentinel-{number}', SENTINEL.format(
                port=self.sentinel_ports[number], folder=self.folder, master=MASTER,
                first=self.ports[1]))
            self.processes.start(f'sentinel-{number}', ['redis-sentinel', path])

    def start_server(self, number, master):
        """Starts a server as a replica of another one, or as the master."""
        replicaof = '' if number == master else f'replicaof 127.0.0.1 {self.ports[master]}'
        path = self.write(f'redis-{number}', SERVER.format(
            port=self.ports[number], folder=self.folder, number=number, replicaof=replicaof))
        self.servers[number] = self.processes.start(f'redis-{number}', ['redis-server', path])

    def write(self, name, text):
        path = os.path.join(self.folder, name + '.conf')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def wait(self):
        """Waits until each Sentinel knows the master, two replicas and the other Sentinels."""
        wait_for(self.sentinels.know_all, 'the Sentinels to know a master and two replicas')

    # ---- The master

    def master(self):
        """Returns the number of the server that all Sentinels name as the master."""
        _, port = wait_for(self.sentinels.master, 'the Sentinels to agree about the master')
        return next(number for number, own in self.ports.items() if own == port)

    def kill(self, number):
        self.servers[number].kill()

    def restart(self, number):
        """Starts a killed server again as a replica, and waits until the Sentinels know it."""
        self.start_server(number, self.master())
        self.wait()

    def roles(self):
        """Returns a line for each server."""
        for number, port in self.ports.items():
            found = redis_client.info((HOST, port), 'replication')
            yield (f'redis-{number} 127.0.0.1:{port} {found["role"]}, '
                   f'{found["connected_slaves"]} replicas')
