/* The state of the NATS transport. README.md describes its structure, its files and its locks. */
#ifndef CATGA_NATS_TRANSPORT_H
#define CATGA_NATS_TRANSPORT_H

#include "base/process.h"
#include "base/ticker.h"
#include "transport/nats/denied.h"
#include "transport/nats/event_loop.h"
#include "transport/nats/inbox_subject.h"
#include "transport/nats/link.h"
#include "transport/nats/message.h"
#include "transport/nats/servers.h"
#include "transport/nats/suspend_detector.h"
#include "transport/transport.h"

#include <sys/queue.h>

struct catga_nats {
    catga_transport transport; /* first: a catga_transport is one of these */
    catga_process process;     /* that opened it: a forked child sends nothing */
    catga_transport_listener listener;
    catga_nats_servers servers;
    char *name;
    int ping_interval_ms;
    int64_t silence_ms; /* time in which a ping must be answered */

    catga_nats_event_loop loop;
    catga_nats_link link;
    atomic_size_t max_payload; /* the last limit that the server announced */
    atomic_uint_least64_t dropped;
    atomic_int_least64_t round_trip_ns; /* of the last ping; 0: it had no answer */
    char inbox[CATGA_NATS_INBOX + 1];
    catga_nats_denied denied;
    catga_nats_discarded discarded; /* messages that were sent */

    pthread_mutex_t lock;
    pthread_cond_t changed;                         /* any change of the state under the lock */
    natsConnection *carrier;                        /* the connection of subscriptions */
    TAILQ_HEAD(, catga_subscription) subscriptions; /* changes are also under the loop's lock */
    catga_subscription *replies;                    /* of the inbox */
    unsigned answers_only; /* under the loop's lock: passes since the last with a message for the
                              leader */
    TAILQ_HEAD(, catga_nats_reconciled) reconciled; /* in creation order; none is removed */
    atomic_int nearly_full;                         /* buckets and streams with little room */
    catga_ticker ticker;                            /* of consumers */
    atomic_uint draining;                           /* subscriptions that drain */
    uint64_t drains;                                /* drains that have begun */
    uint64_t drains_confirmed;                      /* of which the server has confirmed so many */
    pthread_t ping_thread;
    bool pinging;   /* the ping thread runs */
    bool ping_ends; /* the ping thread is to end */
    pthread_t reconcile_thread;
    bool reconciling;    /* the reconcile thread runs */
    bool reconcile_ends; /* the reconcile thread is to end */
    TAILQ_HEAD(, catga_reader) readers;
    pthread_t readers_thread;
    bool has_readers_thread; /* it runs */
    bool readers_end;        /* it is to end */
    pthread_t reconnect_thread;
    bool reconnecting;     /* the reconnect thread runs */
    bool detects_suspends; /* there is, or was, a subscription with a queue */
    catga_nats_suspend_detector suspend_detector;
    bool opening;            /* no connection has been reported yet */
    int64_t failure_told_ns; /* time of the last report of a failed attempt; 0: none since the last
                                connection */
    natsStatus failure_told; /* its reason */
    atomic_bool lost;        /* the loss of a connection is reported, and no connection since */
    bool closing;
    bool given_up; /* no attempt is made any more */
    bool stopped;  /* connections and threads have ended; of the thread that closes */
};

/* Returns the transport of an operation; some operations take a const one. */
static inline catga_nats *catga_nats_of(const catga_transport *transport)
{
    return (catga_nats *)(uintptr_t)transport;
}

#endif
