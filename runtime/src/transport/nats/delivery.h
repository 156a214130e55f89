/* Delivers the messages that the event loop has read to their subscriptions. */
#ifndef CATGA_NATS_DELIVERY_H
#define CATGA_NATS_DELIVERY_H

#include "transport/nats/subscription.h"

/* Delivers to the subscriptions of the transport `nats`, in turn. The leader calls it under the
 * loop's lock; `now` is the time of the last read. */
catga_nats_delivered catga_nats_deliver(void *nats, int64_t now);

/* Delivers an answer to the inbox `closure`, in the thread of nats.c; takes ownership of the
 * message. Has the type of natsMsgHandler. */
void catga_nats_deliver_answer(natsConnection *connection, natsSubscription *native,
                               natsMsg *message, void *closure);

#endif
