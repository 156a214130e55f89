/*
 * The inside of a bus. What a user holds, a catga_bus, is a state and the message on whose behalf
 * it is used: the bus that catga_open gives acts for nobody, that of catga_context_bus for the
 * message of its context.
 */
#ifndef CATGA_BUS_STATE_H
#define CATGA_BUS_STATE_H

#include "base/pool.h"
#include "base/process.h"
#include "bus/log.h"
#include "bus/message_id.h"
#include "bus/options.h"
#include "bus/serving.h"
#include "bus/upkeep.h"
#include "claims/owner.h"
#include "claims/owner_monitor.h"
#include "client/calls.h"
#include "server/instances.h"
#include "streams/preparer.h"
#include "streams/settling.h"
#include "transport/transport.h"

#include <catga/gen.h>

enum { CATGA_STREAMS = 64 };

typedef struct catga_service_instance catga_service_instance;

struct catga_bus {
    catga_bus_state *state;
    catga_context *context; /* on behalf of this message, or NULL */
};

/*
 * ENDING: the time to drain is over; what still waits is not begun any more.
 * CLOSED: no handler runs, and nothing is sent.
 */
typedef enum catga_bus_phase {
    CATGA_BUS_OPEN,
    CATGA_BUS_DRAINING,
    CATGA_BUS_ENDING,
    CATGA_BUS_CLOSED
} catga_bus_phase;

typedef enum catga_counter {
#define COUNTER(name, sentence) CATGA_COUNTER_##name,
#include <catga/counters.def>
#undef COUNTER
    CATGA_COUNTER_COUNT
} catga_counter;

struct catga_bus_state {
    catga_bus bus;
    catga_process process;    /* that opened the bus: a forked child cannot use it */
    atomic_bool child_logged; /* in a forked child: it has been told so */
    catga_settings settings;
    catga_log_reporter log_reporter; /* of settings.logger */
    catga_string prefix;
    catga_transport *transport;
    const catga_transport_operations *operations; /* of the transport; they outlive it */
    catga_calls calls;
    catga_retained_limit retained; /* by calls with a callback */
    catga_message_ids message_ids;
    catga_pool received;      /* catga_received, for answers that callers keep */
    catga_pool encode_blocks; /* blocks of encode_buffer.c */
    atomic_int phase;
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
    catga_owner_monitor owner_monitor;
    catga_upkeep upkeep;
    catga_instances instances;
    catga_settling settling;
    catga_serving serving; /* guards `service_instance` */
    catga_service_instance *service_instance;
};

static inline void catga_bus_count(catga_bus_state *state, catga_counter counter)
{
    atomic_fetch_add_explicit(&state->counters[counter], 1, memory_order_relaxed);
}

/* Returns true after drain_wait_ms: waiting messages are left to other replicas. */
static inline bool catga_bus_is_ending(const catga_bus_state *state)
{
    return atomic_load_explicit(&state->phase, memory_order_relaxed) == CATGA_BUS_ENDING;
}

/* Returns CATGA_OK until the bus is closed, then CATGA_CLOSED; and CATGA_CLOSED in a forked child.
 */
catga_status catga_bus_may_use(const catga_bus *bus);

/*
 * Returns whether `bus` may send now: CATGA_OK, CATGA_DRAINING, CATGA_CLOSED. What a handler needs
 * to finish, it may send while draining.
 */
catga_status catga_bus_may_send(const catga_bus *bus);

/*
 * Returns the same for a function that waits for an answer, or CATGA_WOULD_DEADLOCK in a callback
 * of this bus: the thread that runs callbacks brings the answers.
 */
catga_status catga_bus_may_wait(const catga_bus *bus);

/*
 * Returns whether a thread may wait until the bus is drained: CATGA_OK, CATGA_CLOSED, or
 * CATGA_WOULD_DEADLOCK in a handler or callback of this bus.
 */
catga_status catga_bus_may_drain(const catga_bus *bus);

#endif
