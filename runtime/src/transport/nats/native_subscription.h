/* Subscriptions of nats.c: one per subscription and connection. Functions are called under the
 * transport's lock unless stated otherwise. */
#ifndef CATGA_NATS_NATIVE_SUBSCRIPTION_H
#define CATGA_NATS_NATIVE_SUBSCRIPTION_H

#include "transport/nats/subscription.h"

/* Subscribes on the current connection. If only the limits fail, subscription->native is set. */
natsStatus catga_nats_native_subscribe(catga_subscription *subscription);

/* Ends the subscription of nats.c: the waiting messages are lost. */
void catga_nats_native_unsubscribe(catga_subscription *subscription);

/* Subscribes anew; no message may be waiting. */
void catga_nats_native_resubscribe(catga_subscription *subscription);

/* Adds messages that nats.c dropped since the last call to the transport's count. */
void catga_nats_native_count_dropped(catga_subscription *subscription);

/* Subscribes all subscriptions, or the inbox only, that are not yet subscribed. */
void catga_nats_native_renew_all(catga_nats *nats);
void catga_nats_native_renew_inbox(catga_nats *nats);

/* Destroys the subscriptions of a connection that has ended. */
void catga_nats_native_forget_all(catga_nats *nats);

/* Returns the number of messages that wait or run in all subscriptions. Takes the lock. */
uint64_t catga_nats_count_in_hand(catga_nats *nats);

/* Counts dropped messages of all subscriptions, and returns the total. Takes the lock. */
uint64_t catga_nats_count_dropped(catga_nats *nats);

#endif
