/* Settles the stored messages of a consumer. */
#ifndef CATGA_REDIS_SETTLE_H
#define CATGA_REDIS_SETTLE_H

#include "message.h"

/* An operation of transport.h. */
catga_status catga_redis_settle(catga_transport *transport, const catga_incoming *message,
                                catga_settlement settlement, int64_t delay_ns);

/* Ends the idle time of a message, which does not count as a delivery. */
catga_status catga_redis_keep(catga_redis_consumer *consumer, const char *id);

/* Has the group deliver a message again at once, and releases it. */
void catga_redis_hand_back(void *consumer, catga_incoming *message);

/* Acknowledges an entry that is no message. */
void catga_redis_settle_entry(catga_redis_consumer *consumer, const char *id);

/* Has the consumer's thread look for delayed messages by `time`. */
void catga_redis_take_by(catga_redis_consumer *consumer, int64_t time);

#endif
