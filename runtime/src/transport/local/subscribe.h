/* Subscribes, drains and unsubscribes; operations of transport.h. */
#ifndef CATGA_LOCAL_SUBSCRIBE_H
#define CATGA_LOCAL_SUBSCRIBE_H

#include "transport/transport.h"

catga_status catga_local_subscribe(catga_transport *transport,
                                   const catga_subscription_options *options,
                                   catga_subscription **subscription);
catga_status catga_local_confirmed(catga_transport *transport, catga_subscription *member);
catga_status catga_local_drain(catga_transport *transport, catga_subscription *member,
                               int timeout_ms);
void catga_local_unsubscribe(catga_transport *transport, catga_subscription *member);

#endif
