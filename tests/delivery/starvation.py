"""Whether the machine let us run: how late a thread comes that wants to be called a hundred times a second."""

import collections
import threading
import time

STEP = 0.01  # seconds


class Watch:
    """Notes, for as long as the process lives, when it came late and by how much."""

    def __init__(self):
        self.late = collections.deque(maxlen=100_000)  # (when, by how many seconds)
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
        """The longest time that it came late by since then, in seconds."""
        return max((late for when, late in list(self.late) if when >= since), default=0)
