"""Events with a key keep their order, and a family gets each of its events by its own QoS."""

import signal
import time

import ledger
from fixture import ACK_WAIT, TRAIL, fault

ACCOUNTS = 5  # of programs/load.c
# With one unacknowledged event, the server delivers an event after the one before it is settled.
ONE_AT_A_TIME = {"CATGA_UNACKNOWLEDGED": "1"}


def stop_replicas_and_server(fixture):
    """Kills and restarts two replicas, and the server in between."""
    first, second = fixture.victims(2)
    first.end()
    time.sleep(ACK_WAIT / 2)
    fixture.server.end()
    fixture.server.start().listens()
    time.sleep(ACK_WAIT)
    second.end()
    first.start().ready()
    time.sleep(ACK_WAIT)
    second.start().ready()
    time.sleep(1)


def stored_steps(fixture):
    """Returns the ids of each account in the order of storing: account -> [id]."""
    accounts = {}
    for subject, number in fixture.events(TRAIL):
        words = subject.split(".")
        if words[-2] == "Stepped":
            accounts.setdefault(words[-1], []).append(number)
    return accounts


@fault("T63", "replicas and the server are killed while events with keys are handled one at a time", short=True)
def keyed_events(fixture):
    fixture.follow(**ONE_AT_A_TIME)
    fixture.load(stepped=100, work_us=1000)
    time.sleep(fixture.random.uniform(0.4, 0.7))
    stop_replicas_and_server(fixture)
    read = fixture.finish()
    accounts = stored_steps(fixture)
    fixture.check(len(accounts) == ACCOUNTS, f"the stream has {len(accounts)} accounts, not {ACCOUNTS}")
    for account, numbers in accounts.items():
        ids = ledger.overtaking(read, ("follow", ""), numbers)
        fixture.check(not ids, f"not in the order of storing: account {account}: {ledger.some(ids)}")


@fault("T64", "replicas and the server are killed, and one is paused, while families are handled", short=True)
def families(fixture):
    fixture.follow()
    fixture.load(stepped=50, settled=50, glimpsed=50, work_us=2000)
    time.sleep(fixture.random.uniform(0.4, 0.7))
    paused = fixture.victims()[0]
    paused.send(signal.SIGSTOP)
    time.sleep(ACK_WAIT)
    paused.send(signal.SIGCONT)
    stop_replicas_and_server(fixture)
    fixture.finish()
