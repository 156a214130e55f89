/* Delivers messages to members. */
#ifndef CATGA_LOCAL_DELIVERY_H
#define CATGA_LOCAL_DELIVERY_H

#include "transport/local/message.h"
#include "transport/local/routes.h"

/* Delivers a message to an entered member, which it leaves; takes ownership of the reference. May
 * run the handler in this thread. */
void catga_local_deliver(catga_subscription *member, catga_local_message *message);

/* Delivers a request to an entered member whose sender waits; refuses it if too many messages
 * wait. */
void catga_local_deliver_here(catga_subscription *member, catga_local_message *message);

/* Queues a message for each member of a group that receives it, and enters these members. Returns
 * false if there is none. */
bool catga_local_enqueue_group(catga_local *broker, catga_local_group *group,
                               catga_local_message *message);

/* Delivers an item of the broker's queue. */
void catga_local_deliver_queued(catga_ring_item item);

#endif
