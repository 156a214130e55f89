/*
 * A server inside this process, from the inside: who is attached, who is subscribed to what, and
 * what is on its way.
 *
 * Subjects, groups and members are only ever added while the broker exists; a member that was
 * unsubscribed is free for the next one of its group. So a message finds its way through them
 * without a lock, and `changing` guards only changes.
 */
#ifndef CATGA_LOCAL_BROKER_H
#define CATGA_LOCAL_BROKER_H

#include "base/pool.h"
#include "base/process.h"
#include "base/ring.h"
#include "base/ticker.h"
#include "delivery/demand.h"
#include "transport/admission_queue.h"
#include "transport/transport.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum {
    CATGA_LOCAL_BUCKETS = 256,
    CATGA_LOCAL_HEADERS = 9, /* of a message that comes; one less of what is sent */
    CATGA_LOCAL_QUEUE = 65536,
    CATGA_LOCAL_MAX_PAYLOAD = 1048576, /* until it is changed */
    CATGA_LOCAL_REFUSED = 32,          /* subjects that may be refused at once */
    CATGA_LOCAL_SMALL = 1024,
    CATGA_LOCAL_MEDIUM = 65536
};

typedef struct catga_local_transport catga_local_transport;
typedef struct catga_local_group catga_local_group;
typedef struct catga_local_subject catga_local_subject;

/* A bus that is attached. It stays until it is closed and none of its requests is on its way. */
struct catga_local_transport {
    catga_transport base;
    catga_local *broker;
    catga_local_transport *next;
    catga_transport_listener listener;
    atomic_uint references;
    atomic_uint inside; /* threads that are calling the listener */
    atomic_bool closed;
    atomic_uint_fast64_t published;
    atomic_uint_fast64_t dropped;
};

typedef enum catga_local_stage {
    CATGA_LOCAL_FREE,
    CATGA_LOCAL_ACTIVE,
    CATGA_LOCAL_CLOSING
} catga_local_stage;

/* A member of a group: one subscription. */
struct catga_subscription {
    catga_subscription *next;
    catga_local_subject *subject;
    catga_local_transport *transport;
    catga_receive_function *receive;
    catga_receive_function *refuse;
    void *user;
    unsigned pending;
    size_t pending_bytes;
    atomic_int stage;
    atomic_uint entered; /* messages that have ever been on their way to it */
    atomic_uint waiting; /* messages on their way to it, one that is received without a queue too */
    atomic_size_t bytes; /* of those in the broker's queue */
    atomic_bool overflowing;
    catga_admission_queue
        *queue;          /* of a handler whose messages have threads of their own; else NULL */
    bool beside;         /* the queue is another's */
    bool consumes;       /* stored messages: `demand` and `tick` are used */
    catga_demand demand; /* under the store's lock */
    catga_tick tick;
    sem_t turn; /* without a queue: held while receive runs, for one message at a time */
    sem_t idle; /* posted when it is closing and nothing is on its way any more */
};

/*
 * The members of one queue group, of which one gets each message; or, without a name, those that
 * all get it.
 */
struct catga_local_group {
    catga_local_group *next;
    char *name;
    atomic_uint rounds;
    _Atomic(catga_subscription *) members;
};

struct catga_local_subject {
    catga_local_subject *next;
    uint64_t hash;
    char *name;
    size_t length;
    _Atomic(catga_local_group *) groups;
};

/* What the server takes; tests change it while buses use the server. Begins and ends with the
 * broker (limits.c). */
typedef struct catga_local_limits {
    atomic_size_t max_payload;
    atomic_bool restricted; /* `refused` has been set: it is worth a look */
    pthread_mutex_t lock;   /* guards the rest */
    char *refused[CATGA_LOCAL_REFUSED];
} catga_local_limits;

/* The store: see stored.h. */
typedef struct catga_local_stream catga_local_stream;
typedef struct catga_local_consumer catga_local_consumer;

/* Records; records.c's own. */
typedef struct catga_local_bucket catga_local_bucket;

typedef struct catga_local_store {
    pthread_mutex_t lock;
    catga_local_stream *streams;
    _Atomic(catga_local_consumer *) consumers;
    catga_local_bucket *buckets;
    int64_t advanced_ns;                 /* by catga_local_advance */
    unsigned faults[CATGA_LOCAL_FAULTS]; /* messages until it happens; 0: it does not */
    atomic_bool faulty;                  /* there has been a fault: faults[] is worth a look */
    atomic_bool woken;                   /* the thread is to look for what is due */
} catga_local_store;

struct catga_local {
    catga_process process; /* that opened it: a forked child has no thread that delivers */
    atomic_bool connected;
    atomic_bool stopping;
    pthread_mutex_t changing; /* recursive: a listener may subscribe */
    catga_local_transport *transports;
    _Atomic(catga_local_subject *) subjects[CATGA_LOCAL_BUCKETS];
    catga_ring queue;
    sem_t queued; /* once per item in the queue, and once to stop */
    pthread_t thread;
    catga_pool small;
    catga_pool medium;
    catga_local_limits limits;
    catga_local_store store;
    catga_ticker ticker; /* of consumers */
};

static inline catga_local *catga_local_broker_of(catga_transport *transport)
{
    return ((catga_local_transport *)transport)->broker;
}

/* ---- Messages (message.c) ---- */

/*
 * A message on its way. One that is `borrowed` lies in its sender's stack, as do the bytes that it
 * points to.
 */
typedef struct catga_local_message {
    catga_pool *pool; /* that it goes back to; NULL: the allocator's */
    bool borrowed;
    atomic_uint references;
    catga_local_transport *requester; /* who wants an answer, or NULL */
    uint64_t token;
    int64_t deadline_ns;
    const char *reply;   /* of a stored message; else NULL */
    const char *subject; /* the same */
    uint64_t sequence;   /* the same; else 0 */
    uint32_t deliveries;
    int64_t stored_ns; /* the same */
    const uint8_t *data;
    size_t length;
    size_t header_count;
    catga_header headers[CATGA_LOCAL_HEADERS];
    uint8_t bytes[];
} catga_local_message;

/*
 * A copy of `outgoing`, referred to once; NULL when there is no memory. `requester` may be NULL; it
 * is kept alive.
 */
catga_local_message *catga_local_message_make(catga_local *broker, const catga_outgoing *outgoing,
                                              catga_local_transport *requester, uint64_t token);

/* A message that points to `outgoing`, for as long as that is there. */
void catga_local_message_borrow(catga_local_message *message, const catga_outgoing *outgoing,
                                catga_local_transport *requester, uint64_t token);
void catga_local_message_release(catga_local_message *message);

/* The operation of transport.h: of a message that was received. */
void catga_local_release(catga_incoming *incoming);

/* Payload and headers as the server counts them. */
size_t catga_local_size(const catga_outgoing *outgoing);

/* ---- Routes (routes.c) ---- */

/* The subject of that name, or NULL when nobody has ever subscribed to it. */
catga_local_subject *catga_local_find(catga_local *broker, const char *name);

/*
 * A new member, which takes messages when it is opened; the caller holds `changing`. NULL when
 * there is no memory.
 */
catga_subscription *catga_local_subscribe(catga_local_transport *transport,
                                          const catga_subscription_options *options);
void catga_local_member_open(catga_subscription *member);

/* Frees the queue of a member on the way to which nothing is; another subscription may use it then.
 */
void catga_local_member_close(catga_subscription *member);

/* Gives a member threads of its own; `options` without what every member's queue has. */
bool catga_local_member_set_queue(catga_subscription *member, catga_admission_options options);

/* Messages on their way to the member or with it. */
unsigned catga_local_member_load(const catga_subscription *member);

unsigned catga_local_count_members(const catga_local_group *group);

/*
 * Enters the member whose turn it is; NULL when the group has none that takes messages. To be left
 * again.
 */
catga_subscription *catga_local_enter_next(catga_local_group *group);

/* Enters this member: false when it takes no messages. */
bool catga_local_enter(catga_subscription *member);
void catga_local_leave(catga_subscription *member);

void catga_local_routes_free(catga_local *broker);

/* ---- What is stored (store.c, streams.c, consumers.c) ---- */

void catga_local_store_begin(catga_local_store *store);
void catga_local_store_end(catga_local_store *store);

/* Whether the fault happens to this message. Takes the lock, once there has been any. */
bool catga_local_fails(catga_local *broker, catga_local_fault fault);

/*
 * Returns true if no consumer has a message to hand out now, or one that is handed out and not
 * settled. A message that waits for the pause before its next attempt, or whose consumer has no
 * subscriber, does not count.
 */
bool catga_local_store_is_idle(catga_local *broker);

/* Has the broker's thread look for what is due. */
void catga_local_store_wake(catga_local *broker);

/*
 * A stored message that is due, as it is handed out now, and the member that gets it, which has
 * been entered; NULL when there is none, and *next_ns is when there may be, on the monotonic clock.
 */
catga_local_message *catga_local_store_take(catga_local *broker, catga_subscription **member,
                                            int64_t *next_ns);

catga_status catga_local_store_put(catga_transport *transport, const catga_outgoing *message,
                                   uint64_t token);
catga_status catga_local_stream_published(const catga_incoming *answer, catga_problem *problem);
catga_status catga_local_settle(catga_transport *transport, const catga_incoming *message,
                                catga_settlement settlement, int64_t delay_ns);

/* Hands stored messages back that wait for the workers of a member. */
void catga_local_hand_back(catga_subscription *member);

catga_status catga_local_find_stored(catga_transport *transport, const char *stream,
                                     uint64_t number, catga_incoming *message,
                                     catga_problem *problem);
catga_status catga_local_erase(catga_transport *transport, const char *stream, uint64_t number,
                               catga_problem *problem);
catga_status catga_local_ensure_stream(catga_transport *transport,
                                       const catga_stream_settings *stream, catga_problem *problem);
catga_status catga_local_consume(catga_transport *transport,
                                 const catga_consumer_settings *consumer,
                                 catga_subscription **subscription, catga_problem *problem);

/* Under its lock: the time, and whether a fault happens to this message. */
int64_t catga_local_store_now(const catga_local_store *store);
bool catga_local_store_fails(catga_local_store *store, catga_local_fault fault);

/* ---- Records (records.c) ---- */

void catga_local_records_end(catga_local_store *store);

/* Under the store's lock. False: there is no such bucket. */
bool catga_local_limit_bucket(catga_local_store *store, const char *name, size_t records,
                              size_t bytes);
catga_status catga_local_ensure_bucket(catga_transport *transport,
                                       const catga_bucket_settings *bucket, catga_problem *problem);
bool catga_local_nearly_full(catga_transport *transport, const char *name);
catga_status catga_local_kv_write(catga_transport *transport, catga_kv_key key,
                                  const catga_outgoing *record, uint64_t revision, uint64_t token);
catga_status catga_local_kv_written(const catga_incoming *answer, uint64_t *revision,
                                    catga_problem *problem);
catga_status catga_local_kv_read(catga_transport *transport, catga_kv_key key, uint64_t token);
catga_status catga_local_kv_found(const catga_incoming *answer, uint64_t *revision,
                                  catga_problem *problem);

/* ---- Limits (limits.c) ---- */

void catga_local_limits_begin(catga_local_limits *limits);
void catga_local_limits_end(catga_local_limits *limits);

/*
 * Whether the server refuses what is sent to the subject, which is given as for printf; the
 * transport's bus is told, as a server does. Takes a lock only after something has been refused.
 */
CATGA_PRINTF(2, 3)
bool catga_local_refuses(const catga_local_transport *transport, const char *format, ...);

/* ---- Transports (local.c) ---- */

/*
 * CATGA_OK when the message may be sent now; else CATGA_DISCONNECTED, CATGA_TOO_LARGE or
 * CATGA_NOT_PERMITTED.
 */
catga_status catga_local_may_send(const catga_local_transport *transport,
                                  const catga_outgoing *message);

/* Hands an answer to the bus that made the request, unless that is being closed. */
void catga_local_reply(catga_local_transport *requester, uint64_t token, catga_incoming *answer);

void catga_local_transport_release(catga_local_transport *transport);

#endif
