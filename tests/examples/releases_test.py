#!/usr/bin/env python3
"""
releases_test.py FOLDER: the programs of examples/releases. Machines always have a complete release,
whatever is killed while they download, and none whose content differs from its digest.
"""
# needs: nats-server setpriv

import base64
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "delivery"))

from processes import Process, Server, wait_until  # noqa: E402

PROGRAMS = pathlib.Path(sys.argv.pop(1))
SECONDS = 60  # for anything that happens within a moment on an idle machine
BYTES = 16 << 20
PREFIX = "$O.programs.M."


class Connection:
    """A connection to the server that knows the protocol of NATS only."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.lines = self.socket.makefile("rb")
        self.socket.sendall(b'CONNECT {"verbose":false,"headers":true}\r\nSUB answer 1\r\n')

    def answer(self):
        while not (line := self.lines.readline()).startswith(b"MSG "):
            pass
        return json.loads(self.lines.read(int(line.split()[-1])))

    def request(self, subject, body):
        self.socket.sendall(f"PUB {subject} answer {len(body)}\r\n{body}\r\n".encode())
        return self.answer()

    def replace(self, subject, body):
        head = "NATS/1.0\r\nNats-Rollup: sub\r\n\r\n"
        self.socket.sendall(f"HPUB {subject} answer {len(head)} {len(head) + len(body)}\r\n{head}{body}\r\n".encode())
        return self.answer()

    def close(self):
        self.lines.close()
        self.socket.close()


def blocks_sigterm(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"SigBlk:\s*(\w+)", status)[1], 16) >> (signal.SIGTERM - 1) & 1


class Releases(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(os.environ["CATGA_TEMP"]) / self.id().rpartition(".")[2]
        self.server = Server(self.folder / "server").start().listens()
        self.machines = []

    def tearDown(self):
        for machine in self.machines:
            machine.end()
            machine.process.stdout.close()
        self.server.end()

    def environment(self):
        return {"NATS_URL": self.server.url(), "CATGA_LOG": "error"}

    def machine(self, name):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        machine = Process([PROGRAMS / "releases_machine", "hello", folder / "hello"], self.folder / f"{name}.log",
                          self.environment())
        self.machines.append(machine.start(stdout=subprocess.PIPE))
        return machine

    def publish(self, version, content):
        source = self.folder / version
        source.write_bytes(content)
        return subprocess.run([PROGRAMS / "releases_publisher", "hello", version, source], check=False,
                              env={**os.environ, **self.environment()}).returncode == 0

    def content(self, name):
        """Returns the only file in the folder of a machine."""
        self.assertEqual(os.listdir(self.folder / name), ["hello"])
        return (self.folder / name / "hello").read_bytes()

    def test_every_machine_gets_each_release(self):
        first = self.machine("first")
        self.assertTrue(self.publish("1.0", b"one"))
        self.assertEqual(first.says("installed", SECONDS), "installed hello 1.0")
        second = self.machine("second")
        self.assertEqual(second.says("installed", SECONDS), "installed hello 1.0")
        self.assertTrue(self.publish("1.1", b"two"))
        for machine in (first, second):
            self.assertEqual(machine.says("installed", SECONDS), "installed hello 1.1")
            wait_until(lambda pid=machine.pid: blocks_sigterm(pid), SECONDS, "catga_run")
            self.assertEqual(machine.end(signal.SIGTERM), 0)
        self.assertEqual([self.content("first"), self.content("second")], [b"two", b"two"])

    def test_another_digest(self):
        machine = self.machine("machine")
        self.assertTrue(self.publish("1.0", b"one"))
        machine.says("installed", SECONDS)
        peer = Connection(self.server.port)
        subject = PREFIX + base64.urlsafe_b64encode(b"hello").decode()
        stored = peer.request("$JS.API.STREAM.MSG.GET.OBJ_programs", json.dumps({"last_by_subj": subject}))
        info = json.loads(base64.b64decode(stored["message"]["data"]))
        info["digest"] = "SHA-256=" + base64.urlsafe_b64encode(bytes(32)).decode()
        self.assertIn("seq", peer.replace(subject, json.dumps(info)))
        peer.close()
        self.assertIn("digest", machine.says("not installed", SECONDS))
        self.assertEqual(self.content("machine"), b"one")

    def test_machines_die_while_they_download(self):
        releases = [os.urandom(BYTES) for _ in range(2)]
        self.assertTrue(self.publish("1", releases[0]))
        self.machine("machine").says("installed", SECONDS)
        self.machines[0].end()
        self.assertTrue(self.publish("2", releases[1]))
        for run in range(20):
            machine = self.machine("machine")
            time.sleep(0.005 * run)
            machine.end()
            self.assertIn(self.content("machine"), releases)
        self.machine("machine").says("installed", SECONDS)
        self.assertEqual(self.content("machine"), releases[1])

    def test_the_server_is_killed_while_a_release_is_distributed(self):
        machine = self.machine("machine")
        self.assertTrue(self.publish("first", b"first"))
        machine.says("installed hello first", SECONDS)
        for run in range(5):
            content = os.urandom(BYTES)
            source = self.folder / f"{run}"
            source.write_bytes(content)
            publisher = Process([PROGRAMS / "releases_publisher", "hello", run, source], self.folder / "log",
                                self.environment()).start()
            time.sleep(0.03 * run)
            self.server.end()
            self.server.start().listens()
            if publisher.process.wait(SECONDS) != 0:
                self.assertTrue(self.publish(f"{run}", content))
            machine.says(f"installed hello {run}", SECONDS)
            wait_until(lambda: self.content("machine") == content, SECONDS, "the release")


unittest.main()
