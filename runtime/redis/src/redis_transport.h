/* The state of a transport over Redis. README.md describes its threads, keys and files. */
#ifndef CATGA_REDIS_TRANSPORT_H
#define CATGA_REDIS_TRANSPORT_H

#include "address.h"
#include "base/pool.h"
#include "base/ticker.h"
#include "control.h"
#include "pipeline.h"
#include "server_clock.h"
#include "transport/transport.h"

#include <pthread.h>

/* "catga:inbox:" and 22 random characters */
#define CATGA_REDIS_INBOX 34

/* largest payload with its headers, as of a NATS server that is not configured otherwise */
#define CATGA_REDIS_MAX_PAYLOAD ((size_t)1048576)

/* sizes of pooled blocks */
enum { CATGA_REDIS_SMALL = 1024, CATGA_REDIS_MEDIUM = 65536 };

/* names: 255 bytes of a subject, or a stream and a consumer, with a prefix */
enum { CATGA_REDIS_KEY = 640 };

/* The periodic work of the pipeline's thread. */
typedef struct catga_redis_upkeep {
    int64_t ping_ns; /* times of the next */
    int64_t presence_ns;
    int64_t memory_ns;
    int64_t trim_ns;
    int64_t failure_ns; /* of a report that there is no connection */
    bool was_up;        /* a connection has been opened */
} catga_redis_upkeep;

/* A key that expires unless its owner renews it: presence, and what it has not read. */
#define CATGA_REDIS_PRESENCE_MS "5000"
#define CATGA_REDIS_LIFETIME_MS "60000"

typedef struct catga_redis_stream catga_redis_stream;
typedef struct catga_redis_bucket catga_redis_bucket;
typedef struct catga_redis_receiver catga_redis_receiver;
typedef struct catga_redis_batch catga_redis_batch;

typedef struct catga_redis_transport {
    catga_transport transport;
    catga_transport_listener listener;
    catga_redis_addresses addresses;
    char *name; /* of the connections, and of this process in consumer groups */
    char inbox[CATGA_REDIS_INBOX + 1];
    int64_t ping_interval_ns;
    int64_t silence_ns; /* the connection is lost when the server sends nothing for so long */
    catga_pool small;
    catga_pool medium;
    catga_ticker ticker; /* keeps stored messages alive */
    catga_redis_pipeline pipeline;
    catga_redis_control control;
    catga_redis_clock clock;
    catga_redis_receiver *receiver;
    catga_redis_batch *stores; /* messages of streams that this process does not know */
    atomic_bool stopping;
    atomic_int opening; /* catga_status of the last attempt; 0: connected */
    atomic_uint_fast64_t published;
    atomic_uint_fast64_t dropped;
    atomic_int_fast64_t round_trip_ns;
    atomic_bool nearly_full; /* the memory of the server */
    atomic_uint waiters;     /* threads that wait for `changed` */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a subscription: joined, left, without messages; a connection */
    catga_redis_upkeep upkeep;

    /* Under the lock. */
    catga_subscription *subscriptions;
    uint64_t subscription_id;
    atomic_uint changes;                   /* of the subscriptions; the receiver reads them again */
    _Atomic(catga_redis_stream *) streams; /* only added, as are buckets */
    _Atomic(catga_redis_bucket *) buckets;
} catga_redis_transport;

static inline catga_redis_transport *catga_redis_of(const catga_transport *transport)
{
    return (catga_redis_transport *)(uintptr_t)transport;
}

/* Opens a connection beside the pipeline, which reports failures. Returns false without one. */
static inline bool catga_redis_open_link(catga_redis_transport *redis, catga_redis_link *link)
{
    const catga_redis_link_options options = {
        .addresses = &redis->addresses, .name = redis->name, .timeout_ns = redis->silence_ns};
    catga_problem problem;

    return catga_redis_pipeline_is_up(&redis->pipeline) &&
           catga_redis_link_open(link, &options, &problem) == CATGA_OK;
}

/* Wakes threads that wait for `changed`, if any. Has the type of catga_admission_options.emptied.
 */
void catga_redis_wake(void *owner);

/* Waits for `changed`, under the lock. Returns false at `deadline`. */
bool catga_redis_wait(catga_redis_transport *redis, int64_t deadline);

#endif
