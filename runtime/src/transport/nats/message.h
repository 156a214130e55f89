/* A message of nats.c as receivers see it. */
#ifndef CATGA_NATS_MESSAGE_H
#define CATGA_NATS_MESSAGE_H

#include "transport/transport.h"

#include <nats/nats.h>
#include <stdatomic.h>

/* Returns the message as a receiver sees it; takes ownership of `message`. */
catga_incoming catga_nats_incoming(natsMsg *message);

/* Operations of transport.h. */
const char *catga_nats_header(const catga_incoming *message, const char *name);
void catga_nats_release(catga_incoming *message);

/* Destroys a message, or keeps it and destroys many at once: nats.c hands each one to a thread of
 * its own, which would be woken for each. NULL is allowed. */
void catga_nats_destroy(natsMsg *message);

/* Messages of threads that keep none, which the leader destroys. */
enum { CATGA_NATS_DISCARDED = 64 };
typedef struct catga_nats_discarded {
    atomic_uint next; /* number of messages so far; each has the slot of its number */
    unsigned seen;    /* messages that the leader has looked for */
    _Atomic(natsMsg *) slots[CATGA_NATS_DISCARDED];
} catga_nats_discarded;

/* Leaves a message that was sent to the leader, or destroys it. Any thread. */
void catga_nats_discard(catga_nats_discarded *all, natsMsg *message);

/* Destroys the messages. The leader, or a thread without others. */
void catga_nats_destroy_discarded(catga_nats_discarded *all);

/* Has this thread keep some messages until it ends. Returns true for its first call. */
bool catga_nats_keep_released(void);

/* Destroys what this thread keeps, and keeps no more: it ends. */
void catga_nats_destroy_released(void);

/* Has this thread keep some messages until catga_nats_end_keeping. */
void catga_nats_begin_keeping(void);
void catga_nats_end_keeping(void);

#endif
