"""A minimal NATS client, to inspect streams and to publish messages that our client would reject."""

import base64
import json
import socket


class Refused(Exception):
    """JetStream's answer was an error."""


class Nats:
    def __init__(self, address, timeout=5):
        host, port = address.removeprefix("nats://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout)
        self.file = self.socket.makefile("rb")
        self.file.readline()  # INFO
        self.write(b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB _INBOX.us.* 1\r\n')
        self.number = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def write(self, data):
        self.socket.sendall(data)

    def publish(self, subject, body, reply=""):
        self.write(f"PUB {subject} {reply} {len(body)}\r\n".encode() + body + b"\r\n")

    def request(self, subject, body=b""):
        """Returns the body of the answer; it is empty if there is no responder."""
        self.number += 1
        inbox = f"_INBOX.us.{self.number}"
        self.publish(subject, body, inbox)
        while True:
            words = self.file.readline().split()
            if not words:
                raise ConnectionError("the server has closed")
            if words[0] == b"PING":
                self.write(b"PONG\r\n")
            elif words[0] in (b"MSG", b"HMSG"):
                data = self.file.read(int(words[-1]) + 2)[:-2]
                head = int(words[-2]) if words[0] == b"HMSG" else 0
                if words[1] == inbox.encode():
                    return data[head:]

    def flush(self):
        self.write(b"PING\r\n")
        while self.file.readline() != b"PONG\r\n":
            pass

    # ---- JetStream

    def ask(self, verb, body=None):
        answer = json.loads(self.request(f"$JS.API.{verb}", json.dumps(body).encode() if body else b"") or b"{}")
        if "error" in answer or not answer:
            raise Refused(answer.get("error", {}).get("description", "nobody answers"))
        return answer

    def stream(self, name):
        return self.ask(f"STREAM.INFO.{name}")

    def consumers(self, stream):
        return self.ask(f"CONSUMER.LIST.{stream}").get("consumers") or []

    def message(self, stream, sequence):
        """Returns (subject, headers as text, bytes) of a stored message."""
        found = self.ask(f"STREAM.MSG.GET.{stream}", {"seq": sequence})["message"]
        headers = base64.b64decode(found.get("hdrs", "")).decode()
        return found["subject"], headers, base64.b64decode(found.get("data", ""))
