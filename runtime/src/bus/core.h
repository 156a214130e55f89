/*
 * The inside of a bus. What a user holds, a catga_bus, is a core and the message on whose behalf it
 * is used: the bus that catga_open gives acts for nobody, that of catga_context_bus for the message
 * of its context.
 */
#ifndef CATGA_CORE_H
#define CATGA_CORE_H

#include "bus/calls.h"
#include "bus/identity.h"
#include "bus/instances.h"
#include "bus/log.h"
#include "bus/options.h"
#include "bus/claim_upkeep.h"
#include "bus/owner.h"
#include "bus/owner_watch.h"
#include "bus/preparer.h"
#include "bus/settling.h"
#include "base/pool.h"
#include "base/process.h"
#include "transport/transport.h"

#include <catga/gen.h>

enum { CATGA_STREAMS = 64 };

typedef struct catga_served catga_served;

struct catga_bus {
    catga_core *core;
    catga_context *context; /* on behalf of this message, or NULL */
};

/*
 * ENDING: the time to drain is over; what still waits is not begun any more.
 * CLOSED: no handler runs, and nothing is sent.
 */
typedef enum catga_core_state {
    CATGA_CORE_OPEN,
    CATGA_CORE_DRAINING,
    CATGA_CORE_ENDING,
    CATGA_CORE_CLOSED
} catga_core_state;

typedef enum catga_counter {
#define COUNTER(name, sentence) CATGA_COUNTER_##name,
#include <catga/counters.def>
#undef COUNTER
    CATGA_COUNTER_COUNT
} catga_counter;

struct catga_core {
    catga_bus bus;
    catga_process process;   /* that opened the bus: a forked child cannot use it */
    atomic_bool child_logged; /* in a forked child: it has been told so */
    catga_settings settings;
    catga_log_reporter log_reporter; /* of settings.logger */
    catga_string prefix;
    catga_transport *transport;
    const catga_transport_operations *operations; /* of the transport; they outlive it */
    catga_calls calls;
    catga_retained_limit retained; /* by calls with a callback */
    catga_identity identity;
    catga_pool received; /* catga_received, for answers that callers keep */
    catga_pool payloads; /* buffers of payload.c */
    atomic_int state;
    atomic_bool lost;    /* the connection is closed for good */
    atomic_bool stopped; /* by catga_stop */
    int stop_fd;         /* an eventfd; readable when `lost` or `stopped` */
    atomic_uint_fast64_t counters[CATGA_COUNTER_COUNT];
    catga_log_limit overloads;
    catga_log_limit losses;
    catga_log_limit finds;
    catga_log_limit overflows;
    catga_log_limit refusals;
    catga_log_limit unpublished;
    catga_log_limit unprepared;
    catga_log_limit full_buckets; /* of claims */
    /* Streams that are known to be there; `preparing` guards the way there. */
    _Atomic(const catga_stream *) streams[CATGA_STREAMS];
    pthread_mutex_t preparing;
    catga_preparer preparer;
    catga_owner owner;
    catga_owner_watch watch;
    catga_upkeep upkeep;
    catga_instances instances;
    catga_settling settling;
    pthread_mutex_t serving; /* guards `served`; not on the path of a message */
    catga_served *served;
};

static inline void catga_core_count(catga_core *core, catga_counter counter)
{
    atomic_fetch_add_explicit(&core->counters[counter], 1, memory_order_relaxed);
}

/* Returns true after drain_wait_ms: waiting messages are left to other replicas. */
static inline bool catga_core_is_ending(const catga_core *core)
{
    return atomic_load_explicit(&core->state, memory_order_relaxed) == CATGA_CORE_ENDING;
}

/* Returns CATGA_OK until the bus is closed, then CATGA_CLOSED; and CATGA_CLOSED in a forked child. */
catga_status catga_core_may_use(const catga_bus *bus);

/*
 * Returns whether `bus` may send now: CATGA_OK, CATGA_DRAINING, CATGA_CLOSED. What a handler needs
 * to finish, it may send while draining.
 */
catga_status catga_core_may_send(const catga_bus *bus);

/*
 * Returns the same for a function that waits for an answer, or CATGA_WOULD_DEADLOCK in a callback
 * of this bus: the thread that runs callbacks brings the answers.
 */
catga_status catga_core_may_wait(const catga_bus *bus);

/*
 * Returns whether a thread may wait until the bus is drained: CATGA_OK, CATGA_CLOSED, or
 * CATGA_WOULD_DEADLOCK in a handler or callback of this bus.
 */
catga_status catga_core_may_drain(const catga_bus *bus);

/*
 * Takes no more messages and lets handlers finish: until they have, drain_wait_ms have passed, or
 * `impatient`, which is asked again and again and may be NULL, says so. Then flushes. CATGA_OK,
 * CATGA_TIMEOUT, CATGA_DISCONNECTED (from flush).
 */
catga_status catga_core_drain(catga_core *core, bool (*impatient)(void *user), void *user);

/* client.c: of a block of core->received. */
size_t catga_received_size(void);

/* client.c: drives a call with a callback. */
void catga_client_drive(void *user, catga_pending *call, const catga_call_event *event);

/*
 * client.c: ends every call with a callback that is under way, with CATGA_CLOSED. After the
 * transport is stopped, and before it is closed: callbacks may call every function.
 */
void catga_client_abandon(catga_core *core);

/*
 * client.c: sends a message that has an id to its stream, once, and waits until `deadline`. CATGA_OK:
 * the message is stored. CATGA_TIMEOUT: that is not known. Anything else: it is not stored.
 */
catga_status catga_client_store(catga_core *core, const catga_outgoing *message, int64_t deadline,
                                catga_problem *problem);

/*
 * client.c: sends a request that is complete, once, and waits until `deadline`: CATGA_OK when it was
 * answered with nothing; else the status, and why.
 */
catga_status catga_client_ask(catga_core *core, const catga_outgoing *message, int64_t deadline,
                              catga_problem *problem);

/*
 * service.c, under `serving`: asks every subscription to take no more, and waits wait_ms for one
 * that is not done. True when all are: their handlers have finished.
 */
bool catga_served_drain(catga_core *core, int wait_ms);

/*
 * service.c, under `serving`: frees what was served. False when a handler still runs; then nothing
 * is freed.
 */
bool catga_served_end(catga_core *core);

#endif
