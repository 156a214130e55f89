/* The largest payload that the server accepts. A server may announce another limit at any time. */
#ifndef CATGA_NATS_MAX_PAYLOAD_H
#define CATGA_NATS_MAX_PAYLOAD_H

#include "transport/nats/nats_transport.h"

/* Reads the limit from the current connection, and returns it. Without a connection, returns the
 * last limit. */
size_t catga_nats_max_payload(catga_nats *nats);

/* Reads the limit from a connection that senders do not see yet. */
void catga_nats_note_max_payload(catga_nats *nats, natsConnection *connection);

#endif
