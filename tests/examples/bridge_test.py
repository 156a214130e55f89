#!/usr/bin/env python3
"""
bridge_test.py BRIDGE ORDERS: the bridge of examples/families between two servers. Each order that is
stored at the first one is stored at the other one once, though bridges and servers are killed.
"""
# needs: nats-server setpriv

import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "delivery"))

from processes import Process, Server, wait_until  # noqa: E402

ORDERS, BRIDGE = sys.argv.pop(), sys.argv.pop()
SECONDS = 60  # for anything that happens within a moment on an idle machine
COUNT = 400
DRAIN = 30  # seconds that a bridge may take to stop


class Bridge(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(os.environ["CATGA_TEMP"]) / self.id().rpartition(".")[2]
        self.near = Server(self.folder / "near").start().listens()
        self.far = Server(self.folder / "far").start().listens()
        self.bridges = [Process([BRIDGE, self.far.url()], self.folder / f"bridge-{i}.log",
                                {"NATS_URL": self.near.url(), "CATGA_INSTANCE": f"bridge-{i}", "CATGA_LOG": "error",
                                 "CATGA_DRAIN_WAIT_MS": str(DRAIN * 1000)})
                        for i in range(2)]

    def tearDown(self):
        for process in self.bridges + [self.near, self.far]:
            process.end()
        for bridge in self.bridges:
            if bridge.process is not None:
                bridge.process.stdout.close()

    def start(self, bridge):
        if bridge.process is not None:
            bridge.process.stdout.close()
        bridge.start(stdout=subprocess.PIPE).says("ready", SECONDS)

    def orders(self, server, *arguments):
        environment = {**os.environ, "NATS_URL": server.url(), "CATGA_LOG": "error"}
        return subprocess.Popen([ORDERS, *map(str, arguments)], env=environment, stdout=subprocess.PIPE, text=True)

    def publish(self, first, count):
        return self.orders(self.near, "publish", first, count)

    def stored(self, server):
        with self.orders(server, "read") as reader:
            return [int(line) for line in reader.stdout]

    def waiting(self):
        """Returns the number of orders that a bridge got and has not settled."""
        accounts = self.near.ask("jsz?consumers=true").get("account_details", [])
        return sum(consumer["num_ack_pending"] for account in accounts
                   for stream in account.get("stream_detail", []) for consumer in stream.get("consumer_detail", []))

    def assert_all(self, count):
        wait_until(lambda: len(self.stored(self.far)) >= count, SECONDS, "the orders at the other server")
        self.assertEqual(sorted(self.stored(self.far)), list(range(count)))

    def test_a_bridge_stops(self):
        self.start(self.bridges[0])
        with self.publish(0, 10) as load:
            self.assertEqual(load.wait(SECONDS), 0)
        self.assert_all(10)
        self.assertEqual(self.bridges[0].end(signal.SIGTERM), 0)

    def test_bridges_are_killed(self):
        for bridge in self.bridges:
            self.start(bridge)
        with self.publish(0, COUNT) as load:
            for run in range(12):
                bridge = self.bridges[run % 2]
                time.sleep(0.02 * (run % 4))
                bridge.end()
                self.start(bridge)
            self.assertEqual(load.wait(SECONDS), 0)
        self.assert_all(COUNT)

    def test_servers_are_killed(self):
        self.start(self.bridges[0])
        with self.publish(0, COUNT) as load:
            for server in (self.far, self.near, self.far, self.near):
                time.sleep(0.1)
                server.end()
                time.sleep(0.3)
                server.start().listens()
            self.assertEqual(load.wait(SECONDS), 0)
        self.assert_all(COUNT)

    def test_the_other_server_is_away(self):
        """It is away for longer than all attempts of an event would take."""
        self.start(self.bridges[0])
        self.far.end()
        with self.publish(0, 20) as load:
            self.assertEqual(load.wait(SECONDS), 0)
        time.sleep(8)
        self.far.start().listens()
        self.assert_all(20)

    def test_a_bridge_stops_while_the_other_server_is_away(self):
        self.start(self.bridges[0])
        self.far.end()
        with self.publish(0, 3) as load:
            self.assertEqual(load.wait(SECONDS), 0)
        wait_until(lambda: self.waiting() > 0, SECONDS, "the bridge to get an order")
        began = time.monotonic()
        self.assertEqual(self.bridges[0].end(signal.SIGTERM, SECONDS), 0)
        self.assertLess(time.monotonic() - began, DRAIN)


unittest.main()
