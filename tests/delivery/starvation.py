"""Detects a starved machine: measures how late a thread wakes up that asks for a hundred wake-ups a second."""

import collections
import threading
import time

STEP = 0.01  # seconds


class Watch:
    """Records late wake-ups and their delays while the process lives."""

    def __init__(self):
        self.late = collections.deque(maxlen=100_000)  # (time, delay in seconds)
        threading.Thread(target=self.look, daemon=True).start()

    def look(self):
        then = time.monotonic()
        while True:
            time.sleep(STEP)
            now = time.monotonic()
            if now - then > 2 * STEP:
                self.late.append((now, now - then - STEP))
            then = now

    def longest(self, since):
        """Returns the longest delay since then, in seconds."""
        return max((late for when, late in list(self.late) if when >= since), default=0)
