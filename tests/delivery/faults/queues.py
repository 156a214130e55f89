"""A work queue: each task is done by one replica, and leaves the queue."""

import signal
import time

from fixture import ACK_WAIT, fault

TASKS = {"task": 200, "work_us": 2000}


@fault("T60", "a replica that works on a work queue is killed, and another is paused", short=True)
def task_replicas_stop(fixture):
    fixture.play(**TASKS)
    killed, paused = fixture.victims(2)
    time.sleep(0.5)
    killed.end()
    paused.send(signal.SIGSTOP)
    time.sleep(2 * ACK_WAIT)
    paused.send(signal.SIGCONT)
    killed.start().ready()
    time.sleep(1)
    fixture.finish()


@fault("T61", "the server of a work queue is killed, twice", short=True)
def task_server_dies(fixture):
    fixture.play(**TASKS)
    for _ in range(2):
        time.sleep(fixture.random.uniform(0.2, 0.5))
        fixture.server.end()
        fixture.server.start().listens()
        time.sleep(1)
    fixture.finish()


@fault("T62", "a task fails each time, and one takes three times the ack wait", short=True)
def tasks_fail(fixture):
    fixture.play(**TASKS)
    fixture.load(task=20, count=5, fail=99)
    fixture.load(task=1, count=1, work_us=int(3 * ACK_WAIT * 1e6))
    time.sleep(3 * ACK_WAIT + 0.5)
    read = fixture.finish()
    failing = {number for number in read.sent("task") if number >> 32 == 2}
    dead = [number for place, number, _ in fixture.dead_letters() if place[0] == "take"]
    fixture.must(sorted(dead) == sorted(failing), f"{len(dead)} dead letters of {len(failing)} tasks")
    slow = [notes for (_, number), notes in read.handled.items() if number >> 32 == 3]
    fixture.must([len(notes) for notes in slow] == [1], "it was handed out again while its handler worked")
