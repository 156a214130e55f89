/*
 * The state of a bus. A user holds a catga_bus: a state, the message and span on whose behalf it is
 * used, and headers for calls. The bus of catga_open has none of these; the bus of
 * catga_context_bus has the message of its context.
 *
 * Ownership: catga_open allocates the state and catga_close frees it, after all threads and
 * callbacks have ended. Settings, prefix, transport and operations do not change in between.
 *
 * Threads: any thread uses the state. Its parts lock themselves, or name the lock that guards them.
 */
#ifndef CATGA_BUS_STATE_H
#define CATGA_BUS_STATE_H

#include "base/pool.h"
#include "base/process.h"
#include "bus/message_id.h"
#include "bus/options.h"
#include "bus/serving.h"
#include "bus/upkeep.h"
#include "claims/owner.h"
#include "claims/owner_monitor.h"
#include "client/calls.h"
#include "observe/log.h"
#include "server/instances.h"
#include "streams/preparer.h"
#include "streams/settling.h"
#include "transport/transport.h"

#include <catga/gen.h>
#include <catga/trace.h>

#include <sys/queue.h>

enum { CATGA_STREAMS = 64 };

typedef struct catga_service_instance catga_service_instance;
struct catga_buckets;

/*
 * DRAINING: no new messages arrive, and running handlers finish. ENDING: drain_wait_ms is over, and
 * waiting messages are no longer started. CLOSED: no handler runs, and nothing is sent.
 */
typedef enum catga_bus_phase {
    CATGA_BUS_OPEN,
    CATGA_BUS_DRAINING,
    CATGA_BUS_ENDING,
    CATGA_BUS_CLOSED
} catga_bus_phase;

/* A function of an optional part. The bus calls it when it begins to drain and can still send. */
typedef struct catga_drain_hook {
    struct catga_drain_hook *next;
    void (*begins)(void *user);
    void *user;
} catga_drain_hook;

typedef struct catga_drain_hooks {
    pthread_mutex_t lock; /* held during calls */
    catga_drain_hook *first;
} catga_drain_hooks;

/* The fetchers of the services that the program fetches from; see streams/fetcher.h. */
typedef struct catga_fetchers {
    pthread_mutex_t lock; /* held for a few instructions, so that no fetch waits for `serving` */
    LIST_HEAD(, catga_fetcher) list;
} catga_fetchers;

typedef enum catga_counter {
#define COUNTER(name, sentence) CATGA_COUNTER_##name,
#include <catga/counters.def>
#undef COUNTER
    CATGA_COUNTER_COUNT,
    CATGA_UNCOUNTED = CATGA_COUNTER_COUNT
} catga_counter;

struct catga_bus_state {
    catga_bus bus;
    catga_process process;    /* process that opened the bus; a forked child cannot use it */
    atomic_bool child_logged; /* only in a forked child: its log line is written */
    catga_settings settings;
    catga_log_reporter log_reporter; /* reporter of settings.logger */
    catga_string prefix;
    catga_transport *transport;
    const catga_transport_operations *operations; /* operations of the transport; they outlive it */
    catga_calls calls;
    catga_retained_limit retained; /* payloads of calls with a callback */
    catga_message_ids message_ids;
    catga_pool received;      /* answers that callers keep */
    catga_pool encode_blocks; /* memory blocks of encode_buffer.c */
    catga_pool decoded;       /* small ones of decode_buffer.c */
    atomic_int phase;
    atomic_bool lost;    /* the connection is closed permanently */
    atomic_bool stopped; /* catga_stop was called */
    int stop_fd;         /* an eventfd; readable when `lost` or `stopped` */
    atomic_uint_fast64_t counters[CATGA_COUNTER_COUNT];
    _Atomic(const struct catga_observer *) observers; /* of messages; see observe/observer.h */
    catga_log_limit overloads;
    catga_log_limit losses;
    catga_log_limit finds;
    catga_log_limit overflows;
    catga_log_limit refusals;
    catga_log_limit unpublished;
    catga_log_limit unprepared;
    catga_log_limit full_buckets; /* of the claim store */
    /* Streams that are prepared; `preparing` serialises their preparation. */
    _Atomic(const catga_stream *) streams[CATGA_STREAMS];
    pthread_mutex_t preparing;
    catga_preparer preparer;
    catga_owner owner;
    catga_owner_monitor owner_monitor;
    catga_upkeep upkeep;
    catga_instances instances;
    catga_settling settling;
    catga_drain_hooks drain_hooks;
    catga_fetchers fetchers;
    _Atomic(struct catga_buckets *) buckets; /* of kv/; NULL: none was used */
    void (*end_buckets)(struct catga_buckets *buckets);
    /* Stops the watchers of buckets, and waits for their functions; NULL: there was none. */
    void (*_Atomic stop_watchers)(struct catga_buckets *buckets);
    catga_serving serving; /* guards `service_instance` */
    catga_service_instance *service_instance;
};

static inline void catga_bus_count(catga_bus_state *state, catga_counter counter)
{
    atomic_fetch_add_explicit(&state->counters[counter], 1, memory_order_relaxed);
}

/* Returns true after drain_wait_ms: waiting messages are left to other replicas. Any thread. */
static inline bool catga_bus_is_ending(const catga_bus_state *state)
{
    return atomic_load_explicit(&state->phase, memory_order_relaxed) == CATGA_BUS_ENDING;
}

/*
 * Returns CATGA_OK, or CATGA_CLOSED when the bus is closed or this process is a forked child. Any
 * thread.
 */
catga_status catga_bus_may_use(const catga_bus *bus);

/*
 * Returns whether `bus` may send: CATGA_OK, CATGA_DRAINING or CATGA_CLOSED. A handler may send
 * while the bus drains, because it may need that to finish. Any thread.
 */
catga_status catga_bus_may_send(const catga_bus *bus);

/*
 * Returns whether `bus` may send and wait for the answer: also CATGA_WOULD_DEADLOCK, in a callback
 * of this bus, because the thread of callbacks receives the answers. Any thread.
 */
catga_status catga_bus_may_wait(const catga_bus *bus);

/*
 * Returns whether this thread may wait until the bus is drained: CATGA_OK, CATGA_CLOSED, or
 * CATGA_WOULD_DEADLOCK in a handler or callback of this bus. Any thread.
 */
catga_status catga_bus_may_drain(const catga_bus *bus);

#endif
