"""Lost acknowledgements: the server's to a publisher, and a replica's to the server."""

import time

from fixture import ACK_WAIT, STREAM, fault


@fault("T18", "the server's acknowledgement of storing an event is lost, three times in a row", short=True)
def puback_lost(fixture):
    fixture.serve()
    fixture.work("a", "b", "c")
    proxy = fixture.proxy()
    proxy.tell(f"drop puback {fixture.random.randint(1, 100)} 3")
    fixture.load(servers=proxy.url(), kept=100)
    time.sleep(2.5)
    read = fixture.finish()
    counts = proxy.count()
    fixture.must(counts["puback_dropped"] == 3, f"{counts['puback_dropped']} words were lost")
    fixture.must(counts["duplicates"] == 3, f"{counts['duplicates']} events were sent again and known again")
    fixture.must(not read.statuses("kept"), f"publishing failed: {dict(read.statuses('kept'))}")
    stored, sent = fixture.figures["stored"], len(read.sent("kept"))
    fixture.must(stored == sent, f"{stored} stored of {sent} sent")
    fixture.must(fixture.figures["duplicates"] == 0, "an event was handed out twice")
    fixture.figure("recovery", read.waits("kept")[-1])


@fault("T19", "an event is sent again when its stream has forgotten it, and stored twice")
def window_passed(fixture):
    fixture.counts_runs = False  # the second copy of an event runs, and is not redelivered
    fixture.serve()
    fixture.work("a", "b", "c")
    proxy = fixture.proxy()
    fixture.load(servers=proxy.url(), kept=50, once=50)
    time.sleep(0.3)
    with fixture.api() as api:
        config = api.stream(STREAM)["config"]
        api.ask(f"STREAM.UPDATE.{STREAM}", {**config, "duplicate_window": 100_000_000})
    proxy.tell(f"drop puback {fixture.random.randint(1, 50)} 3")
    time.sleep(2.5)
    read = fixture.finish()
    fixture.must(not read.statuses("kept", "once"), f"publishing failed: {dict(read.statuses('kept', 'once'))}")
    stored, sent = fixture.figures["stored"], len(read.sent("kept", "once"))
    fixture.must(stored == sent + 3, f"{stored} stored of {sent} sent")
    fixture.figure("recovery", read.waits("kept", "once")[-1])


@fault("T20", "a replica's acknowledgement of an event is lost, three times in a row", short=True)
def ack_lost(fixture):
    fixture.serve()
    proxy = fixture.proxy()
    fixture.work("a", "b", "c", servers=proxy.url())
    proxy.tell(f"drop ack {fixture.random.randint(1, 100)} 3")
    fixture.load(kept=100)
    time.sleep(2.5)
    read = fixture.finish()
    fixture.must(proxy.count()["ack_dropped"] == 3, f"{proxy.count()['ack_dropped']} words were lost")
    fixture.must(fixture.figures["duplicates"] == 3, f"{fixture.figures['duplicates']} events were handed out again")
    delays = [(notes[1].time - notes[0].time) / 1e9 for notes in read.handled.values() if len(notes) > 1]
    fixture.figure("recovery", max(delays))
    fixture.must(all(ACK_WAIT * 0.95 < delay < ACK_WAIT * 2 for delay in delays), f"they came again after {delays}")
