#!/usr/bin/env python3
"""Tests of the proxy between a client and a server of ours: it injects the chosen faults, and no others."""

import os
import pathlib
import socket
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import processes  # noqa: E402

PUBACK = b'MSG _INBOX.1 1 28\r\n{"stream":"WORK","seq": 123}\r\n'


class Proxy(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(5)
        port = self.listener.getsockname()[1]
        self.proxy = processes.Proxy(pathlib.Path(os.environ["CATGA_PROGRAMS"], "delivery_proxy"),
                                     pathlib.Path(self.folder.name), f"127.0.0.1:{port}")
        self.client, self.server = self.connect()

    def tearDown(self):
        self.proxy.end()
        self.proxy.process.stdin.close()
        self.proxy.process.stdout.close()
        for end in (self.client, self.server, self.listener):
            end.close()
        self.folder.cleanup()

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.proxy.port), 5)
        server, _ = self.listener.accept()
        server.settimeout(5)
        return client, server

    def arrives(self, data, end):
        """Checks that exactly this arrives, and nothing more for a moment."""
        got = b""
        while len(got) < len(data):
            part = end.recv(len(data) - len(got))
            if not part:
                break
            got += part
        self.assertEqual(got, data)
        self.nothing_arrives(end)

    def nothing_arrives(self, end):
        end.settimeout(0.05)
        with self.assertRaises(TimeoutError):
            end.recv(1)
        end.settimeout(5)

    def test_passes_all(self):
        large = b"PUB a 300000\r\n" + os.urandom(300000) + b"\r\n"
        self.client.sendall(b"PING\r\n" + large[:7])
        self.client.sendall(large[7:])
        self.arrives(b"PING\r\n" + large, self.server)
        self.server.sendall(b"INFO {}\r\n" + PUBACK + b"HMSG a 1 r 4 6\r\nheadme\r\nPONG\r\n")
        self.arrives(b"INFO {}\r\n" + PUBACK + b"HMSG a 1 r 4 6\r\nheadme\r\nPONG\r\n", self.client)

    def test_delays(self):
        self.proxy.tell("delay down 200")
        began = time.monotonic()
        self.server.sendall(b"PONG\r\n")
        self.client.recv(6)
        self.assertGreater(time.monotonic() - began, 0.19)

    def test_throttles(self):
        self.proxy.tell("throttle up 40000")
        began = time.monotonic()
        self.client.sendall(b"PING\r\n" * 2000)
        self.arrives(b"PING\r\n" * 2000, self.server)
        self.assertGreater(time.monotonic() - began, 0.15)

    def test_holds_and_lets_go(self):
        self.proxy.tell("hold up")
        self.client.sendall(b"PING\r\n")
        self.nothing_arrives(self.server)
        self.server.sendall(b"PING\r\n")
        self.arrives(b"PING\r\n", self.client)
        self.proxy.tell("pass")
        self.arrives(b"PING\r\n", self.server)

    def test_closes_one_half(self):
        self.proxy.tell("close up")
        self.assertEqual(self.server.recv(1), b"")
        self.server.sendall(b"PONG\r\n")
        self.arrives(b"PONG\r\n", self.client)

    def test_a_half_that_is_closed_is_passed_on(self):
        self.client.sendall(b"PING\r\n")
        self.client.shutdown(socket.SHUT_WR)
        self.assertEqual(self.server.recv(6), b"PING\r\n")
        self.assertEqual(self.server.recv(1), b"")
        self.server.sendall(b"PONG\r\n")
        self.arrives(b"PONG\r\n", self.client)
        self.server.close()
        self.assertEqual(self.client.recv(1), b"")

    def test_resets(self):
        self.proxy.tell("reset")
        for end in (self.client, self.server):
            with self.assertRaises(ConnectionResetError):
                end.recv(1)

    def test_cuts(self):
        self.proxy.tell("cut down 8")
        self.server.sendall(b"PONG\r\nPONG\r\n")
        with self.client.makefile("rb") as file:
            self.assertEqual(file.read(), b"PONG\r\nPO")

    def test_flips_one_byte(self):
        self.proxy.tell("flip up 7")
        self.client.sendall(b"PING\r\nPING\r\n")
        self.arrives(b"PING\r\nP" + bytes([ord("I") ^ 0xff]) + b"NG\r\n", self.server)

    def test_stalls_after_the_first_line(self):
        self.proxy.tell("stall")
        client, server = self.connect()
        server.sendall(b"INFO {}\r\nPING\r\n")
        self.arrives(b"INFO {}\r\n", client)
        client.sendall(b"CONNECT {}\r\n")
        self.nothing_arrives(server)
        client.close()
        server.close()

    def test_refuses(self):
        self.proxy.tell("refuse")
        with socket.create_connection(("127.0.0.1", self.proxy.port), 5) as client:
            self.assertEqual(client.recv(1), b"")

    def test_drops_the_puback(self):
        self.proxy.tell("drop puback 2 1")
        self.server.sendall(PUBACK + b"MSG a 1 2\r\nhi\r\n" + PUBACK + PUBACK)
        self.arrives(PUBACK + b"MSG a 1 2\r\nhi\r\n" + PUBACK, self.client)
        counts = self.proxy.count()
        self.assertEqual((counts["puback"], counts["puback_dropped"], counts["duplicates"]), (3, 1, 0))

    def test_counts_duplicates(self):
        duplicate = b'{"stream":"WORK","seq": 123,"duplicate":true}'
        self.server.sendall(b"MSG a 1 %d\r\n%s\r\n" % (len(duplicate), duplicate))
        self.client.recv(100)
        self.assertEqual(self.proxy.count()["duplicates"], 1)

    def test_drops_the_ack(self):
        ack, other = b"PUB $JS.ACK.W.c.1.2.3.4.5 4\r\n+ACK\r\n", b"PUB $JS.ACK.W.c.1.2.3.4.5 4\r\n+WPI\r\n"
        self.proxy.tell("drop ack 1 1")
        self.client.sendall(other + ack + ack)
        self.arrives(other + ack, self.server)

    def test_drops_the_pong(self):
        self.proxy.tell("drop pong 1 2")
        self.server.sendall(b"PONG\r\nPING\r\nPONG\r\nPONG\r\n")
        self.arrives(b"PING\r\nPONG\r\n", self.client)

    def test_drops_a_message(self):
        self.proxy.tell("drop message 1 1 b.")
        self.server.sendall(b"MSG a.c 1 1\r\nx\r\nHMSG b.c 1 1 2\r\nxy\r\nMSG b.c 1 1\r\nz\r\n")
        self.arrives(b"MSG a.c 1 1\r\nx\r\nMSG b.c 1 1\r\nz\r\n", self.client)

    def test_says_err(self):
        self.proxy.tell("error Permissions Violation")
        self.arrives(b"-ERR 'Permissions Violation'\r\n", self.client)

    def test_knows_no_other_word(self):
        for line in ("dance", "drop dead 1 1", "delay sideways 3", "close"):
            self.proxy.process.stdin.write(line.encode() + b"\n")
            self.assertEqual(self.proxy.says("", 5), "what?")


unittest.main()
