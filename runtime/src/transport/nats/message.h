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

/* Sent messages of threads that keep none: they are destroyed when there is no room for another. */
enum { CATGA_NATS_DISCARDED = 64 };
typedef struct catga_nats_discarded {
    atomic_uint count; /* of messages so far, of which each has the slot of its number */
    _Atomic(natsMsg *) slots[CATGA_NATS_DISCARDED];
} catga_nats_discarded;

/* Destroys a message that was sent, perhaps later. Any thread. NULL is allowed. */
void catga_nats_discard(catga_nats_discarded *all, natsMsg *message);

/* Destroys the messages. Any thread. */
void catga_nats_destroy_discarded(catga_nats_discarded *all);

/* Has this thread keep messages that it destroys, at most 256 and 64 KB of them. Calls nest. */
void catga_nats_keep_begin(void);

/* Ends what _begin began. The last one destroys what the thread keeps. */
void catga_nats_keep_end(void);

#endif
