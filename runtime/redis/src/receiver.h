/* The thread that receives unstored messages: it pops them from the lists of the queue groups and
 * from the inbox of the process, with one blocking command for all. */
#ifndef CATGA_REDIS_RECEIVER_H
#define CATGA_REDIS_RECEIVER_H

#include "redis_transport.h"

/* Starts the thread. CATGA_NO_MEMORY: also no thread. */
CATGA_CHECKED catga_status catga_redis_receiver_start(catga_redis_transport *redis);

/* Ends the thread. Every subscription is unsubscribed. */
void catga_redis_receiver_stop(catga_redis_transport *redis);

/* Has the thread look at the subscriptions. */
void catga_redis_receiver_wake(catga_redis_transport *redis);

#endif
