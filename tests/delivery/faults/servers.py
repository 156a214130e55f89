"""Servers that die, pause, are away, or come late."""

import time

from scene import fault, now


@fault("T7", "the server is killed, and comes back", short=True)
def server_killed(scene):
    scene.play()
    killed = now()
    scene.server.end()
    time.sleep(scene.random.uniform(0.1, 1))
    scene.server.start().listens()
    back = now()
    time.sleep(1.5)
    read = scene.finish()
    after = [time for time in read.successes("act", "ask") if time > back]
    stored = [time for time in read.successes("kept") if time > back]
    scene.must(after and stored, "nothing succeeded after the server had come back")
    scene.figure("recovery", (after[0] - back) / 1e9 if after else 0)
    scene.figure("stored_after", (stored[0] - back) / 1e9 if stored else 0)
    scene.figure("gap", read.gap("act", "ask", since=killed))
