/* The version of the connected server. */
#ifndef CATGA_NATS_SERVER_VERSION_H
#define CATGA_NATS_SERVER_VERSION_H

#include "transport/nats/nats_transport.h"

/* Returns true if the connected server is known to have at least that version. False also without a
 * connection, or if libnats does not tell. */
bool catga_nats_server_is_at_least(catga_nats *nats, int major, int minor, int patch);

#endif
