/* Ack subjects: the reply subjects of a consumer's messages, and their settlement. */
#ifndef CATGA_NATS_ACK_H
#define CATGA_NATS_ACK_H

#include "transport/transport.h"

/* The place of a message among those of its consumer. */
typedef struct catga_nats_place {
    uint64_t number;  /* counts the consumer's messages, from 1 */
    uint64_t pending; /* messages that follow at the server */
} catga_nats_place;

/* Reads the ack subject "$JS.ACK.STREAM.CONSUMER.DELIVERIES.SEQUENCE.TIMES.TIME.PENDING" into the
 * message; newer servers write "$JS.ACK.DOMAIN.ACCOUNT.STREAM...". `of` is "STREAM.CONSUMER.". The
 * message has no reply subject then: it is settled by its delivery. Returns false if the message is
 * not of that consumer. */
bool catga_nats_read_ack(catga_incoming *message, const char *of, catga_nats_place *place);

/* Operation of transport.h. */
catga_status catga_nats_settle(catga_transport *transport, const catga_incoming *message,
                               catga_settlement settlement, int64_t delay_ns);

#endif
