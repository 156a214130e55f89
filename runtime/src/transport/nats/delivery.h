/* Delivers messages of nats.c to subscriptions, in the thread of nats.c. */
#ifndef CATGA_NATS_DELIVERY_H
#define CATGA_NATS_DELIVERY_H

#include "transport/nats/subscription.h"

/* Passes a message to the subscription `closure`; takes ownership of the message. Has the type of
 * natsMsgHandler. */
void catga_nats_deliver(natsConnection *connection, natsSubscription *native, natsMsg *message,
                        void *closure);

/* The delivery lock orders the threads that deliver to one subscription. Only a thread of a lost
 * connection that is still in a handler makes the thread of the next connection wait. Otherwise the
 * lock is free, and costs one atomic exchange. */
void catga_nats_delivery_lock(atomic_int *lock);
void catga_nats_delivery_unlock(atomic_int *lock);

#endif
