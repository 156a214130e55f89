/* The link to the servers: a connection that the reconnect thread replaces when it is lost. Senders
 * take no lock; they use a connection inside a read-side section (base/rcu.h). */
#ifndef CATGA_NATS_LINK_H
#define CATGA_NATS_LINK_H

#include "base/rcu.h"
#include "transport/backoff.h"
#include "transport/nats/session.h"

#include <catga/catga.h>

typedef struct catga_nats catga_nats;

/* stalled attempts of a link: each is a thread, which nats.c before 3.8.0 keeps busy */
#define CATGA_NATS_STALLED 3

struct catga_nats_link {
    catga_nats *owner;

    /* For senders. A connection ends when its socket is hidden here and no sender is inside. */
    _Atomic(catga_nats_socket *) socket;
    catga_rcu rcu; /* its weight is the number of sent events */

    /* Under the transport's lock. */
    catga_nats_session *session;
    natsStatus failure; /* of the last attempt */
    int64_t up_ns;      /* time at which the connection was established */
    catga_backoff backoff;

    /* Abandoned attempts that have not ended yet; time at which the last was abandoned. */
    catga_nats_session *stalled[CATGA_NATS_STALLED];
    int64_t stalled_ns;
    bool refusal_told; /* the listener knows that the server refuses the login */
};

void catga_nats_link_begin(catga_nats_link *link, catga_nats *owner);
void catga_nats_link_end(catga_nats_link *link);

/* A connection in use. */
typedef struct catga_nats_use {
    natsConnection *connection; /* NULL: there is none, and nothing to leave */
    catga_nats_socket *socket;
    catga_rcu_slot *slot;
} catga_nats_use;

/* Enters a read-side section; the same thread leaves it soon, with the number of events that it
 * sent. */
catga_nats_use catga_nats_link_enter(catga_nats_link *link);
void catga_nats_link_leave(catga_nats_use use, unsigned events);

/* Hides the connection, and returns when no thread uses it. Operations on it fail or are short. */
void catga_nats_link_empty(catga_nats_link *link);

/* Waits until there is a connection, until an attempt fails for good, or until `deadline_ns`. */
catga_status catga_nats_link_await(catga_nats_link *link, int64_t deadline_ns);

static inline bool catga_nats_link_is_up(const catga_nats_link *link)
{
    return atomic_load_explicit(&link->socket, memory_order_relaxed) != NULL;
}

#endif
