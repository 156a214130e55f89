#!/usr/bin/env python3
"""Attacks a gateway from addresses 127.0.0.2 and higher.

    attackers.py PORT SECONDS CONNECTIONS PER_ADDRESS

Attacks until it has made all idle connections, at most a minute, and SECONDS longer. Prints one JSON
object: how often each attack was made, and its results. The process has a low priority, since real
attackers use other machines."""
import asyncio
import collections
import itertools
import json
import os
import random
import sys
import time

from framing_test import ATTACKS, HIDDEN, POST, REFUSED

JSON_HEAD = 'Host: x\r\nContent-Type: application/json\r\n'
LARGE = 10 << 20
SLOW_CLIENTS = 50  # of each kind
STEP = 0.5  # seconds between two bytes of a slow client
RAMP = 60  # seconds in which the idle connections must have been made


class Attackers:
    def __init__(self, port, seconds, connections, per_address):
        self.port = port
        self.seconds = seconds
        self.connections = connections
        self.per_address = per_address
        self.numbers = itertools.count()
        self.counts = collections.Counter()

    def address(self):
        """Returns the address of the next attacker; `per_address` attackers share one."""
        number = 2 + next(self.numbers) // self.per_address
        return f'127.0.{number // 250}.{number % 250 + 1}'

    async def connect(self, address):
        return await asyncio.open_connection('127.0.0.1', self.port, local_addr=(address, 0))

    async def repeat(self, name, attack, *arguments):
        """Repeats an attack from one address."""
        address = self.address()
        while True:
            self.counts[name] += 1
            writer = None
            try:
                reader, writer = await self.connect(address)
                await attack(reader, writer, *arguments)
            except (OSError, asyncio.TimeoutError):
                pass
            if writer is not None:
                writer.transport.abort()
            await asyncio.sleep(0.05)

    # ---- Attacks ----

    async def slow(self, reader, writer, begin, piece):
        """Sends one byte in each step, until the gateway closes."""
        writer.write(begin.encode())
        while True:
            writer.write(piece)
            try:
                if not await asyncio.wait_for(reader.read(1000), STEP):
                    self.counts['slow clients closed'] += 1
                    return
            except asyncio.TimeoutError:
                continue

    async def read_nothing(self, _, writer):
        """Asks for large responses, and does not read them."""
        writer.transport.pause_reading()
        body = json.dumps({'the_note': 90000 * 'n'})
        request = (f'PUT /things/x/colors/Red HTTP/1.1\r\n{JSON_HEAD}'
                   f'Content-Length: {len(body)}\r\n\r\n{body}')
        writer.write(20 * request.encode())
        await asyncio.sleep(3)

    async def deceive(self, reader, writer):
        """Sends a request whose end is ambiguous, or another one that is refused."""
        text = random.choice(list(ATTACKS.values()) + list(REFUSED.values()))
        writer.write((text + HIDDEN).encode('latin1'))
        if b'hidden' in await asyncio.wait_for(reader.read(-1), 1):
            self.counts['deceived'] += text not in REFUSED.values()

    async def send_large(self, reader, writer):
        """Sends 10 MiB, with a length or in chunks."""
        in_chunks = random.random() < 0.5
        writer.write((POST + ('Transfer-Encoding: chunked\r\n\r\n' if in_chunks else
                              f'Content-Length: {LARGE}\r\n\r\n')).encode())
        piece = 65536 * b' '
        for _ in range(LARGE // len(piece)):
            writer.write(b'10000\r\n' + piece + b'\r\n' if in_chunks else piece)
            await asyncio.wait_for(writer.drain(), 1)
        self.counts['large bodies accepted'] += b'413' not in await reader.read(100)

    async def stay(self, reader, writer, asks):
        """Keeps a connection, after one request or none."""
        if asks:
            writer.write(b'GET /things/x HTTP/1.1\r\nHost: x\r\n\r\n')
        self.counts['idle connections'] += 1
        while await reader.read(65536):
            pass

    async def flood(self, index):
        await asyncio.sleep(self.seconds / 3 * index / self.connections)
        await self.repeat('attempts of idle connections', self.stay, index % 2 == 0)

    def attacks(self):
        slow_head = 'GET /things/first HTTP/1.1\r\nX: '
        slow_body = f'POST /things HTTP/1.1\r\n{JSON_HEAD}Content-Length: 5000\r\n\r\n'
        attacks = [self.flood(index) for index in range(self.connections)]
        for _ in range(SLOW_CLIENTS):
            attacks += [self.repeat('slow heads', self.slow, slow_head, b'x'),
                        self.repeat('slow bodies', self.slow, slow_body, b' '),
                        self.repeat('slow readers', self.read_nothing)]
        for _ in range(5):
            attacks += [self.repeat('ambiguous and wrong requests', self.deceive),
                        self.repeat('large bodies', self.send_large)]
        return attacks

    async def run(self):
        attacks = asyncio.gather(*self.attacks())
        give_up = time.monotonic() + RAMP
        while self.counts['idle connections'] < self.connections and time.monotonic() < give_up:
            await asyncio.wait([attacks], timeout=0.1)
        await asyncio.wait([attacks], timeout=self.seconds)
        print(json.dumps(self.counts), flush=True)
        os._exit(0)  # wait_for() of Python 3.11 may swallow the cancellation of a task


if __name__ == '__main__':
    os.nice(10)
    asyncio.run(Attackers(*map(int, sys.argv[1:5])).run())
