/*
 * Stored events whose handler has run, and that cannot be settled yet: the server has not written
 * their record, or not stored their dead letter. A thread retries that, so no handler waits. The
 * events stay with their consumers, which keep them alive. Their number and bytes are limited.
 *
 * When the bus drains and the server does not store a dead letter, the event is handed back. Its
 * record says that it ended, so no replica runs it again.
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
typedef struct catga_service_instance catga_service_instance;

enum { CATGA_SETTLING_EVENTS = 256, CATGA_SETTLING_BYTES = 16 * 1024 * 1024 };

typedef struct catga_settling_event catga_settling_event;

typedef struct catga_settling {
    pthread_mutex_t
        lock; /* guards the other fields; released while the thread waits for the server */
    pthread_cond_t changed;
    pthread_t thread;
    bool running;
    bool ending;
    bool draining;
    int64_t last_ns; /* time from which a drain hands back events without a record too */
    catga_settling_event *events; /* CATGA_SETTLING_EVENTS slots, the first `count` used */
    atomic_size_t count;          /* also read without the lock */
    size_t bytes;
    uint64_t number; /* number of the next event */
} catga_settling;

void catga_settling_begin(catga_settling *settling);

/* Starts the thread unless it runs. Returns false without memory or thread. */
bool catga_settling_start(catga_bus_state *state);

/*
 * Records the event in the calling thread. Returns the next action: DEAD_LETTER, or one that
 * settles. Retries while the server fails, until the bus has no time left to drain.
 */
catga_handling_action catga_settling_record(catga_bus_state *state, catga_delivered *delivered,
                                            catga_handling_action action);

/*
 * Ends an event whose handler has run or will not run, by its next action: settles and releases it,
 * or has the thread do so while the server does not answer. Without room for it, waits for the
 * record. Any thread.
 */
void catga_settling_finish(catga_bus_state *state, catga_delivered *delivered,
                           catga_handling_action action);

/*
 * Returns whether the event is held here, so that its redelivery must not be handled. Any thread.
 */
bool catga_settling_has(catga_bus_state *state, const catga_endpoint *endpoint,
                        const catga_incoming *event);

/*
 * Begins the drain: events that the server does not record at once are handed back; those that must
 * be recorded, at `last_ns`.
 */
void catga_settling_drain(catga_bus_state *state, int64_t last_ns);

/* Does the same for the events of one service instance. */
void catga_settling_drain_service(catga_bus_state *state, catga_service_instance *service_instance,
                                  int64_t last_ns);

/* Returns when a drain hands back the events of an endpoint; CATGA_FOREVER without a drain. */
int64_t catga_settling_hand_back_ns(catga_bus_state *state, const catga_endpoint *endpoint);

/* Ends the thread. No handler runs any more, and no event is held. */
void catga_settling_end(catga_bus_state *state);

#endif
