/* Events beyond a few wait in the list of nats.c, which needs no memory beforehand and drops those
 * above its limits. A few wait in the admission queue of their handler. */
#ifndef CATGA_NATS_HOLD_BACK_H
#define CATGA_NATS_HOLD_BACK_H

#include "transport/nats/subscription.h"

/* events of one subscription in its admission queue, and their bytes */
#define CATGA_NATS_QUEUED_MAX   64
#define CATGA_NATS_QUEUED_BYTES ((size_t)1024 * 1024)

/* Returns whether messages are to wait in nats.c. Then the leader is woken when there is room. The
 * leader calls it. */
bool catga_nats_hold_back(catga_subscription *subscription);

/* A worker has finished a message of the subscription `user`. Has the type of
 * catga_admission_options.freed. */
void catga_nats_note_room(void *user);

#endif
