/* Reads a stored message in an answer of JetStream's API. */
#ifndef CATGA_NATS_STORED_MESSAGE_H
#define CATGA_NATS_STORED_MESSAGE_H

#include "transport/nats/json.h"
#include "transport/transport.h"

/* Reads the object into *message, which the caller releases. CATGA_TRANSPORT_FAILED: it is no such
 * object; CATGA_NO_MEMORY. */
catga_status catga_nats_stored_message(catga_nats_json object, catga_incoming *message);

#endif
