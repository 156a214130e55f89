/*
 * Signs of life: while a handler works on a stored event, the server is told that it does, again and
 * again, or it would hand the event to another. One thread of the bus tells it for all handlers; a
 * handler's thread says what it works on with two atomic stores and no lock.
 */
#ifndef CATGA_BEAT_H
#define CATGA_BEAT_H

#include "transport/transport.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

/* What one thread works on. Zeroed before it is added. */
typedef struct catga_beat {
    struct catga_beat *next;
    atomic_int phase;
    atomic_uint serial; /* of what it works on: a new one for each message */
    unsigned seen;      /* the serial that was there when the thread last looked */
    const char *reply;  /* of that message */
} catga_beat;

typedef struct catga_beats {
    pthread_mutex_t lock; /* guards the list; not on the path of a message */
    catga_beat *list;
    catga_transport *transport;
    int64_t interval_ns;
    pthread_t thread;
    bool running;
    sem_t stop;
} catga_beats;

void catga_beats_begin(catga_beats *beats);

/*
 * Tells the server of what is worked on for longer than `interval_ms`, before twice that has passed.
 * Allowed again when it runs. CATGA_NO_MEMORY.
 */
catga_status catga_beats_start(catga_beats *beats, catga_transport *transport, int interval_ms);

/* Before the transport is closed. */
void catga_beats_stop(catga_beats *beats);
void catga_beats_end(catga_beats *beats);

void catga_beats_add(catga_beats *beats, catga_beat *beat);
void catga_beats_remove(catga_beats *beats, catga_beat *beat);

/* Between these two its thread works on the message of that reply, which stays where it is. */
void catga_beat_on(catga_beat *beat, const char *reply);
void catga_beat_off(catga_beat *beat);

#endif
