/* The thread that keeps the links connected. */
#ifndef CATGA_NATS_RECONNECT_H
#define CATGA_NATS_RECONNECT_H

#include "transport/nats/nats_transport.h"

CATGA_CHECKED catga_status catga_nats_reconnect_start(catga_nats *nats);

/* Ends the thread and both links. */
void catga_nats_reconnect_stop(catga_nats *nats);

#endif
