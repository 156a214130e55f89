/* The ping thread. It asks the server for a PONG in each interval, so that a connection on which
 * one direction is dead is noticed; and at once when a subscription ends, since no message for it
 * arrives behind the PONG. nats.c's own pings are off: it would close the socket in a thread of its
 * own, while the leader reads it. */
#ifndef CATGA_NATS_PING_H
#define CATGA_NATS_PING_H

#include "transport/nats/nats_transport.h"

CATGA_CHECKED catga_status catga_nats_ping_start(catga_nats *nats);

/* Ends the thread. The connection is ending, so that no PONG is awaited. */
void catga_nats_ping_stop(catga_nats *nats);

#endif
