/*
 * Stored events whose handler has run and that cannot be settled yet: their record is to be
 * written, or their dead letter to be stored. A thread of its own does that, again and again until
 * the server has done it, so that no handler waits for it. The events stay with their consumers,
 * which keep them alive; their number and their bytes are limited.
 *
 * An event that has ended is handed back when its bus drains and the server does not store its dead
 * letter: its record says that it ended, so that no replica runs it again.
 */
#ifndef CATGA_SETTLING_H
#define CATGA_SETTLING_H

#include "delivery/handling.h"
#include "transport/transport.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct catga_bus_state catga_bus_state;
typedef struct catga_delivered catga_delivered;
typedef struct catga_endpoint catga_endpoint;

enum { CATGA_SETTLING_EVENTS = 256, CATGA_SETTLING_BYTES = 16 * 1024 * 1024 };

typedef struct catga_settling_event catga_settling_event;

typedef struct catga_settling {
    pthread_mutex_t lock; /* guards the rest; not held while the server is waited for */
    pthread_cond_t changed;
    pthread_t thread;
    bool running;
    bool ending;
    bool draining;
    int64_t
        last_ns; /* of draining: from then on events are handed back whatever their record says */
    catga_settling_event *events; /* CATGA_SETTLING_EVENTS of them, `count` in use */
    atomic_size_t count;          /* read without the lock too */
    size_t bytes;
    uint64_t number; /* of the next event */
} catga_settling;

void catga_settling_begin(catga_settling *settling);

/* Starts the thread unless it runs. False: no memory, or no thread. */
bool catga_settling_start(catga_bus_state *state);

/* Takes over the event, whose next action is `action`. False when there is no room. */
bool catga_settling_take(catga_bus_state *state, const catga_delivered *delivered,
                         catga_handling_action action);

/*
 * Does in this thread what is to be recorded, and returns the next action: DEAD_LETTER, or one that
 * settles. Waits while the server cannot, at most until the bus has no time left to drain.
 */
catga_handling_action catga_settling_record(catga_bus_state *state, catga_delivered *delivered,
                                            catga_handling_action action);

/* Returns whether the event is here: what is delivered meanwhile is not to be handled. */
bool catga_settling_has(catga_bus_state *state, const catga_endpoint *endpoint,
                        const catga_incoming *event);

/* From now on what the server does not do at once is handed back; what has no record, at `last_ns`.
 */
void catga_settling_drain(catga_bus_state *state, int64_t last_ns);

/* Ends the thread. No handler runs any more, and nothing is here. */
void catga_settling_end(catga_bus_state *state);

#endif
