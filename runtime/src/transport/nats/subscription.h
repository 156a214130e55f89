/* Subscriptions. A subscription outlives connections; each connection has its own subscription of
 * nats.c for it. */
#ifndef CATGA_NATS_SUBSCRIPTION_H
#define CATGA_NATS_SUBSCRIPTION_H

#include "transport/nats/nats_transport.h"
#include "transport/nats/pull.h"
#include "transport/nats/reconcile.h"

struct catga_subscription {
    TAILQ_ENTRY(catga_subscription) entry;
    catga_nats *owner;
    char *subject;
    char *queue_group;
    catga_nats_pull *pull;             /* of a consumer; else NULL */
    catga_nats_reconciled *reconciled; /* of a consumer; else NULL */
    catga_receive_function *receive;
    catga_receive_function *refuse;
    void *user;
    catga_admission_queue *queue; /* NULL: of the inbox, whose answers go to the bus at once */
    bool beside;                  /* the queue belongs to another subscription */
    bool uncounted;               /* its messages are not in hand */
    bool threaded;                /* a thread of nats.c delivers, not the leader (delivery.h) */
    int pending;                  /* limit of messages and bytes in nats.c; -1: none */
    int pending_bytes;
    size_t queued_bytes;      /* limit of bytes in the queue, if more wait in nats.c; else 0 */
    atomic_bool is_held_back; /* some wait in nats.c: the leader is to be woken for them */
    atomic_bool overflowing;  /* messages are being dropped: the queue has no room */
    atomic_uint running;      /* leaders, also former ones, that use it without the lock */

    /* Under the transport's lock; changes of `native` are also under the loop's lock. */
    natsSubscription *native; /* on the current connection, or NULL */
    bool draining;
    int64_t hand_back_ns;  /* of a draining consumer: when waiting messages go back to the server */
    uint64_t drain_number; /* counts drains of the transport, from 1 */
    bool confirmed;        /* the server has confirmed the end: no more messages arrive */
    bool refused;          /* by the server; retried at `retry_ns` */
    int64_t retry_ns;
    unsigned threads; /* if threaded: running threads of nats.c, also of former connections */
    bool orphan;      /* if threaded: it has had a thread whose end is not reported */
    int64_t dropped;  /* dropped messages of `native` that are already counted */

    /* If threaded: held by the thread that delivers. */
    sem_t delivery_lock;

    /* Of the leader: the next `known` messages had arrived by `known_ns`. */
    int known;
    int64_t known_ns;
};

/* Operations of transport.h. */
catga_status catga_nats_subscribe(catga_transport *transport,
                                  const catga_subscription_options *options,
                                  catga_subscription **subscription);
catga_status catga_nats_drain(catga_transport *transport, catga_subscription *subscription,
                              int timeout_ms);
void catga_nats_fetch(catga_transport *transport, catga_subscription *subscription);
void catga_nats_unsubscribe(catga_transport *transport, catga_subscription *subscription);

/* Subscribes to answers, which go to the bus at once: without an admission queue. */
catga_status catga_nats_subscribe_inbox(catga_nats *nats, const catga_subscription_options *options,
                                        catga_subscription **subscription);

/* Subscribes to the messages of an existing consumer. */
catga_status catga_nats_subscribe_consumer(catga_nats *nats,
                                           const catga_consumer_settings *consumer,
                                           catga_subscription **subscription);

#endif
