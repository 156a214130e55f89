"""Requests at a fixed rate, whatever becomes of earlier ones, and figures about them."""
import http.client
import threading
import time

import http_client

CLIENTS = 30
TICK = 0.01  # seconds; how often the load looks whether the machine still runs it


class Request:
    """One request: when it began and ended, and its answer."""

    def __init__(self, began, ended, answer, error):
        self.began = began
        self.ended = ended
        self.answer = answer
        self.error = error

    @property
    def wait(self):
        return self.ended - self.began

    def succeeded(self):
        return self.answer is not None and 200 <= self.answer.status < 300

    def why(self):
        return self.error or f'{self.answer.status} {self.answer.body.decode(errors="replace")}'


class Load:
    """Sends make(0), make(1), ..., each (method, path, body), over connections that stay open."""

    def __init__(self, port, rate, make, clients=CLIENTS, count=None):
        self.port = port
        self.rate = rate
        self.make = make
        self.count = count
        self.lock = threading.Lock()
        self.ends = threading.Event()
        self.sent = 0
        self.requests = []
        self.latest_tick = 0.0  # seconds by which the machine delayed this process at most
        self.threads = [threading.Thread(target=self.client) for _ in range(clients)]
        self.watch = threading.Thread(target=self.tick)

    def __enter__(self):
        self.started = time.monotonic()
        for thread in [*self.threads, self.watch]:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        for thread in [*self.threads, self.watch]:
            thread.join()

    def wait_until_sent(self):
        """Waits until all `count` requests are answered."""
        for thread in self.threads:
            thread.join()

    def tick(self):
        while not self.ends.is_set():
            planned = time.monotonic() + TICK
            time.sleep(TICK)
            self.latest_tick = max(self.latest_tick, time.monotonic() - planned)

    def next(self):
        """Returns the number and the planned time of the next request, or None at the end."""
        with self.lock:
            if self.ends.is_set() or self.sent == self.count:
                return None
            number = self.sent
            self.sent += 1
        return number, self.started + number / self.rate

    def client(self):
        client = http_client.Client(self.port)
        while (planned := self.next()) is not None:
            number, begin = planned
            pause = begin - time.monotonic()
            if pause > 0:
                time.sleep(pause)
                begin = time.monotonic()
            self.requests.append(self.send(client, number, begin))
        client.close()

    def send(self, client, number, begin):
        """Sends one request. Its wait includes the time until a connection was free."""
        answer = error = None
        try:
            answer = client.request(*self.make(number))
        except (OSError, http.client.HTTPException) as problem:
            error = repr(problem)
        return Request(begin, time.monotonic(), answer, error)


def percentile(requests, share):
    """Returns the wait in seconds that this share of the requests did not exceed."""
    waits = sorted(request.wait for request in requests)
    return waits[min(len(waits) - 1, int(share * len(waits)))] if waits else 0.0


def longest_gap(requests, since):
    """Returns the longest time between two successes after a moment."""
    ends = sorted(request.ended for request in requests
                  if request.succeeded() and request.ended > since)
    return max((after - before for before, after in zip([since, *ends], ends)), default=0.0)
