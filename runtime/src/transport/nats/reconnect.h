/* The thread that keeps the link connected. */
#ifndef CATGA_NATS_RECONNECT_H
#define CATGA_NATS_RECONNECT_H

#include "transport/nats/nats_transport.h"

CATGA_CHECKED catga_status catga_nats_reconnect_start(catga_nats *nats);

/* Ends the thread. */
void catga_nats_reconnect_stop(catga_nats *nats);

/* Ends the connection and all attempts. */
void catga_nats_reconnect_end(catga_nats *nats);

#endif
