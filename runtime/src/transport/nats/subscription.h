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
    int pending;                       /* limit of waiting messages in nats.c; -1: none */
    int pending_bytes;                 /* the same, in bytes */
    catga_nats_pull *pull;             /* of a consumer; else NULL */
    catga_nats_reconciled *reconciled; /* of a consumer; else NULL */
    catga_receive_function *receive;
    catga_receive_function *refuse;
    void *user;
    catga_admission_queue *queue; /* NULL: the thread of nats.c calls `receive` */
    bool beside;                  /* the queue belongs to another subscription */
    atomic_bool overflowing;      /* messages are being dropped: the queue has no room */

    /* Under the transport's lock. */
    natsSubscription *native; /* on the current connection, or NULL */
    unsigned threads;         /* running threads of nats.c, also of former connections */
    bool draining;
    bool refused; /* by the server; retried at `retry_ns` */
    int64_t retry_ns;
    bool orphan;     /* has had a thread of nats.c whose end is not reported */
    int64_t dropped; /* dropped messages of `native` that are already counted */

    /* Held by the thread of nats.c that admits a message, or calls `receive` without a queue. */
    atomic_int delivery_lock;

    /* Under `delivery_lock`: the next `known` messages of `known_of` had arrived by `known_ns`. */
    natsSubscription *known_of;
    int known;
    int64_t known_ns;
};

/* Operations of transport.h. */
catga_status catga_nats_subscribe(catga_transport *transport,
                                  const catga_subscription_options *options,
                                  catga_subscription **subscription);
catga_status catga_nats_drain(catga_transport *transport, catga_subscription *subscription,
                              int timeout_ms);
void catga_nats_unsubscribe(catga_transport *transport, catga_subscription *subscription);

/* Subscribes to the messages of an existing consumer. */
catga_status catga_nats_subscribe_consumer(catga_nats *nats,
                                           const catga_consumer_settings *consumer,
                                           catga_subscription **subscription);

#endif
