#!/usr/bin/env python3
"""
existing_test.py FOLDER: the service of examples/existing beside a program that knows nothing of Catga. The program is
this one: it speaks the protocol of NATS with plain sockets, without headers of Catga.
"""

import json
import os
import queue
import socket
import subprocess
import sys
import threading
import unittest
import urllib.parse


class Peer:
    """A client of NATS."""

    def __init__(self, url):
        address = urllib.parse.urlparse(url)
        self.socket = socket.create_connection((address.hostname, address.port))
        self.file = self.socket.makefile("rb")
        self.queues = {}
        self.answers = {}
        self.lock = threading.Lock()
        self.file.readline()
        self.send(b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n')
        threading.Thread(target=self.receive, daemon=True).start()

    def send(self, data):
        with self.lock:
            self.socket.sendall(data)

    def receive(self):
        while line := self.file.readline():
            words = line.decode().split()
            if words[0] == "PING":
                self.send(b"PONG\r\n")
            elif words[0] in ("MSG", "HMSG"):
                size = int(words[-1])
                head = int(words[-2]) if words[0] == "HMSG" else 0
                body = self.file.read(size + 2)[:size]
                fixed = 5 if words[0] == "HMSG" else 4
                reply = words[3] if len(words) > fixed else None
                self.deliver(words[2], reply, body[:head].decode(), body[head:])

    def deliver(self, sid, reply, head, body):
        self.queues[sid].put((head, body))
        if sid in self.answers and reply is not None:
            self.publish(reply, self.answers[sid])

    def subscribe(self, subject, group="", answer=None):
        sid = str(len(self.queues) + 1)
        self.queues[sid] = queue.Queue()
        if answer is not None:
            self.answers[sid] = answer
        self.send(f"SUB {subject} {group} {sid}\r\n".encode())
        return self.queues[sid]

    def publish(self, subject, data, reply=""):
        self.send(f"PUB {subject} {reply} {len(data)}\r\n".encode() + data + b"\r\n")

    def request(self, subject, data):
        inbox = f"_INBOX.peer.{len(self.queues)}"
        answers = self.subscribe(inbox)
        self.publish(subject, data, inbox)
        return answers.get(timeout=10)


class Existing(unittest.TestCase):
    def setUp(self):
        self.peer = Peer(os.environ["NATS_URL"])
        self.ask("STREAM.CREATE.LETTERS", {"name": "LETTERS", "subjects": ["work.letters"], "storage": "memory"})
        durable = {"durable_name": "printers", "ack_policy": "explicit", "ack_wait": 7 * 10**9}
        self.ask("CONSUMER.DURABLE.CREATE.LETTERS.printers", {"stream_name": "LETTERS", "config": durable})
        self.service = subprocess.Popen([FOLDER + "/existing_service"], stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.wait_for("ready")

    def tearDown(self):
        self.service.terminate()
        self.assertEqual(self.service.wait(timeout=20), 0)
        self.service.stdout.close()
        self.peer.socket.shutdown(socket.SHUT_RDWR)

    def read(self):
        for line in self.service.stdout:
            self.lines.put(line.rstrip("\n"))

    def wait_for(self, wanted):
        while self.lines.get(timeout=10) != wanted:
            pass

    def wait_for_some(self, begin):
        while not self.lines.get(timeout=10).startswith(begin):
            pass

    def ask(self, subject, body):
        answer = json.loads(self.peer.request("$JS.API." + subject, json.dumps(body).encode())[1])
        self.assertNotIn("error", answer)
        return answer

    def test_requests(self):
        self.assertEqual(self.peer.request("service.ping", b"hello"), ("", b"pong"))
        self.assertEqual(self.peer.request("service.ping", b"x"), ("", b"x"))
        head, body = self.peer.request("service.ping", b"\xff")
        self.assertIn("Nats-Service-Error-Code: 400\r\n", head)
        self.assertIn("Nats-Service-Error: text: not UTF-8\r\n", head)
        self.assertEqual(body, b"")

    def test_events(self):
        asked = self.peer.subscribe("service.zone", answer=b'{"name":"Europe/Paris","more":{}}')
        welcomed = self.peer.subscribe("events.user.welcomed")
        self.peer.publish("events.user.created", b"no JSON")
        self.peer.publish("events.user.created", b'{"user_id":"123"}')
        self.assertEqual(json.loads(asked.get(timeout=10)[1]), {"user_id": "123"})
        self.assertEqual(json.loads(welcomed.get(timeout=10)[1]), {"user_id": "123", "zone": "Europe/Paris"})
        self.peer.publish("events.order.paid", b'{"user_id":"7","paid":true}')
        self.wait_for("event on events.order.paid of user 7")

    def test_a_bad_answer(self):
        self.peer.subscribe("service.zone", answer=b'{"name":7}')
        self.peer.publish("events.user.created", b'{"user_id":"123"}')
        self.wait_for("no zone of 123: CATGA_BAD_MESSAGE: name: expected a string (line 1, column 9)")

    def test_tasks(self):
        here = self.peer.subscribe("work.tasks", "workers")
        self.assertEqual(self.peer.request("service.ping", b"hello")[1], b"pong")
        tasks = {f"task-{i}" for i in range(100)}
        for task in sorted(tasks):
            self.peer.publish("work.tasks", task.encode())
        done = []
        while len(done) + here.qsize() < len(tasks):
            try:
                line = self.lines.get(timeout=0.2)
                done += [line[5:]] if line.startswith("done ") else []
            except queue.Empty:
                pass
        mine = [here.get()[1].decode() for _ in range(here.qsize())]
        self.assertEqual(sorted(done + mine), sorted(tasks))
        self.assertTrue(done and mine)

    def test_letters_of_a_durable(self):
        for i in range(10):
            self.peer.publish("work.letters", f"letter-{i}".encode())
        for i in range(10):
            self.wait_for_some("printed letter-")
        info = self.ask("CONSUMER.INFO.LETTERS.printers", {})
        self.assertEqual(info["config"]["ack_wait"], 7 * 10**9)
        self.assertNotIn("filter_subject", info["config"])


FOLDER = sys.argv.pop(1)
unittest.main()
