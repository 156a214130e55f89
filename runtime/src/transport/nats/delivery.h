/* Delivers the messages that the event loop has read to their subscriptions. */
#ifndef CATGA_NATS_DELIVERY_H
#define CATGA_NATS_DELIVERY_H

#include "transport/nats/subscription.h"

/* Delivers to the subscriptions of the transport `nats`, in turn. The leader calls it under the
 * loop's lock; `now` is the time of the last read. */
catga_nats_delivered catga_nats_deliver(void *nats, int64_t now);

/* Delivers a message to the inbox or to a pull `closure`, in a thread of nats.c; takes ownership of
 * the message. After the last answer, the thread of the inbox may lead. The leader cannot take
 * these messages: nats.c hides those that say 503 from it, which are an absent responder's answer,
 * the end of a request, or a stored message of any peer. Has the type of natsMsgHandler. */
void catga_nats_deliver_in_thread(natsConnection *connection, natsSubscription *native,
                                  natsMsg *message, void *closure);

#endif
