"""The Sentinels of a master and its replicas."""
from redis_client import ask_or_none

MASTER = 'orders'  # the name by which Sentinels know the master


class Sentinels:
    def __init__(self, addresses, servers):
        """`addresses` are pairs of host and port; there are `servers` Redis servers."""
        self.addresses = addresses
        self.servers = servers

    def master(self):
        """Returns the host and the port that all Sentinels name as the master, or None."""
        named = {tuple(ask_or_none(address, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER) or ())
                 for address in self.addresses}
        host, port = named.pop() or (None, 0)
        return (host, int(port)) if host and not named else None

    def know_all(self):
        """Returns whether each Sentinel knows all others and all replicas, which are connected."""
        return all(self.knows_all(address) for address in self.addresses)

    def knows_all(self, address):
        others = ask_or_none(address, 'SENTINEL', 'SENTINELS', MASTER)
        replicas = [dict(zip(fields[::2], fields[1::2]))
                    for fields in ask_or_none(address, 'SENTINEL', 'REPLICAS', MASTER) or ()]
        return (len(others or ()) == len(self.addresses) - 1 and len(replicas) == self.servers - 1
                and all(replica['flags'] == 'slave' and replica['master-link-status'] == 'ok'
                        for replica in replicas))
