#!/usr/bin/env python3
"""
demo.py PROGRAMS [--quick]: shares 100 tasks of one second among 1, 3 and 10 workers, at the server
$NATS_URL. It takes two and a half minutes; --quick shares 40 tasks of 100 ms. It ends with 1 if a
task is not done exactly once, or if the workers do not share the time.
"""

import os
import signal
import subprocess
import sys
import time

WORKERS = (1, 3, 10)
PUT = 1.0  # seconds to put the tasks into the queue, and to see that it is empty


def start_worker(programs, environment):
    worker = subprocess.Popen([os.path.join(programs, "tasks_worker")], env=environment,
                              stdout=subprocess.PIPE, text=True)
    if worker.stdout.readline() != "ready\n":
        sys.exit("demo: a worker does not start")
    return worker


def share(programs, environment, count, work_ms, workers):
    """Returns the seconds, and the done tasks of each worker."""
    started = [start_worker(programs, environment) for _ in range(workers)]
    begin = time.monotonic()
    subprocess.run([os.path.join(programs, "tasks_source"), str(count), str(work_ms)],
                   env=environment, check=True)
    seconds = time.monotonic() - begin
    for worker in started:
        worker.send_signal(signal.SIGTERM)
    return seconds, [worker.communicate(timeout=30)[0].split() for worker in started]


def is_shared(count, work_ms, workers, seconds, done):
    """Each task is done once. Each worker may hold one task that another one waits for."""
    tasks = sorted(task for of_worker in done for task in of_worker)
    rounds = -(-count // workers)
    longest = (rounds + 1) * work_ms / 1000 + rounds * 0.02 + PUT
    return tasks == sorted(f"task-{i}" for i in range(count)) and seconds <= longest


def main():
    programs, quick = sys.argv[1], sys.argv[2:] == ["--quick"]
    count, work_ms = (40, 100) if quick else (100, 1000)
    environment = dict(os.environ, CATGA_PREFIX=f"tasks-{os.getpid()}")
    good = True
    print(f"{count} tasks of {work_ms} ms")
    for workers in WORKERS:
        seconds, done = share(programs, environment, count, work_ms, workers)
        shares = " ".join(str(len(of_worker)) for of_worker in done)
        print(f"{workers:3} workers: {seconds:6.1f} s; tasks of each: {shares}", flush=True)
        good = is_shared(count, work_ms, workers, seconds, done) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
