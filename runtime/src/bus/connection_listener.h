/* Receives the replies and connection events of the transport, in the transport's threads. */
#ifndef CATGA_CONNECTION_LISTENER_H
#define CATGA_CONNECTION_LISTENER_H

#include "bus/bus_state.h"

/* Returns the listener of a bus, for the transport's settings. */
catga_transport_listener catga_connection_listener(catga_bus_state *state);

#endif
