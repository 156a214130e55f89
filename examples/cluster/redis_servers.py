"""The Redis of the cluster: a master with two replicas, and three Sentinels."""
import os

import redis_client
from processes import wait_for

# Without a replica that has received the last writes, a master refuses others: it may be cut off,
# and replaced. Sentinel changes `replicaof` in this file.
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
MASTER = 'orders'  # the name by which Sentinels know the master


class RedisServers:
    def __init__(self, started, ports):
        self.processes = started
        self.folder = started.folder
        self.ports = {n: ports.take(f'redis-{n}', 6378 + n) for n in NUMBERS}
        self.sentinels = {n: ports.take(f'sentinel-{n}', 26378 + n) for n in NUMBERS}
        self.servers = {}

    def url(self):
        """Returns the addresses of the Sentinels, which know the master."""
        return ','.join(f'sentinel://127.0.0.1:{port}/{MASTER}'
                        for port in self.sentinels.values())

    # ---- Beginning

    def start(self):
        """Starts all servers; redis-1 is the master."""
        for number in NUMBERS:
            self.start_server(number, 1)
        for number in NUMBERS:
            path = self.write(f'sentinel-{number}', SENTINEL.format(
                port=self.sentinels[number], folder=self.folder, master=MASTER,
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
        wait_for(lambda: all(self.knows_all(port) for port in self.sentinels.values()),
                 'the Sentinels to know a master and two replicas')

    def knows_all(self, sentinel):
        others = self.ask(sentinel, 'SENTINEL', 'SENTINELS', MASTER)
        replicas = [dict(zip(fields[::2], fields[1::2]))
                    for fields in self.ask(sentinel, 'SENTINEL', 'REPLICAS', MASTER) or ()]
        return (len(others or ()) == len(NUMBERS) - 1 and len(replicas) == len(NUMBERS) - 1
                and all(replica['flags'] == 'slave' and replica['master-link-status'] == 'ok'
                        for replica in replicas))

    @staticmethod
    def ask(port, *words):
        """Returns a reply, or None without one."""
        try:
            return redis_client.ask(port, *words)
        except (OSError, redis_client.Refused):
            return None

    # ---- The master

    def master(self):
        """Returns the number of the server that all Sentinels name as the master."""
        return wait_for(self.agreed_master, 'the Sentinels to agree about the master')

    def agreed_master(self):
        named = {tuple(self.ask(port, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER) or ())
                 for port in self.sentinels.values()}
        return next((number for number, port in self.ports.items()
                     if named == {('127.0.0.1', str(port))}), None)

    def kill(self, number):
        self.servers[number].kill()

    def restart(self, number):
        """Starts a killed server again as a replica, and waits until the Sentinels know it."""
        self.start_server(number, self.master())
        self.wait()

    def roles(self):
        """Returns a line for each server."""
        for number, port in self.ports.items():
            found = redis_client.info(port, 'replication')
            yield (f'redis-{number} 127.0.0.1:{port} {found["role"]}, '
                   f'{found["connected_slaves"]} replicas')
