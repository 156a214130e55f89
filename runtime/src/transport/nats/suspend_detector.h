/* Detects times in which the process did not run: a signal or a debugger stopped it, or it was
 * frozen. Messages that waited in its sockets meanwhile are older than they look. */
#ifndef CATGA_NATS_SUSPEND_DETECTOR_H
#define CATGA_NATS_SUSPEND_DETECTOR_H

#include "base/monotime.h"

#include <stdatomic.h>

/* longest sleep of the reconnect thread while suspends are detected */
#define CATGA_NATS_WAKE_NS (250 * CATGA_MILLISECOND)

typedef struct catga_nats_suspend_detector {
    /* time at which the reconnect thread fell asleep; CATGA_FOREVER while it is awake */
    _Atomic(int64_t) asleep_ns;
    _Atomic(int64_t) began_ns; /* begin of the last suspend */
    _Atomic(int64_t) ended_ns; /* its end; 0: there was none */
} catga_nats_suspend_detector;

void catga_nats_suspend_init(catga_nats_suspend_detector *detector);

/* Notes that the reconnect thread falls asleep, for at most CATGA_NATS_WAKE_NS, or wakes. Called
 * by the reconnect thread. */
void catga_nats_suspend_sleep(catga_nats_suspend_detector *detector);
void catga_nats_suspend_wake(catga_nats_suspend_detector *detector);

/* Returns the earliest arrival of data that was read from a socket at `time`: `time`, or the begin
 * of a suspend that ended just before. Any thread. */
int64_t catga_nats_suspend_before(catga_nats_suspend_detector *detector, int64_t time);

#endif
