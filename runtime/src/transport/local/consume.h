/* Subscribes to consumers. */
#ifndef CATGA_LOCAL_CONSUME_H
#define CATGA_LOCAL_CONSUME_H

#include "transport/transport.h"

/* Operation of transport.h. */
catga_status catga_local_consume(catga_transport *transport,
                                 const catga_consumer_settings *consumer,
                                 catga_subscription **subscription, catga_problem *problem);

/* Operation of transport.h. */
void catga_local_fetch(catga_transport *transport, catga_subscription *subscription);

/* Returns messages that wait for the member's workers to the consumer. */
void catga_local_hand_back(catga_subscription *member);

#endif
