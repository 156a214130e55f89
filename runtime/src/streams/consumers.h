/* Consumers of stored events: one for each handler, or for each broadcast handler of a replica. */
#ifndef CATGA_CONSUMERS_H
#define CATGA_CONSUMERS_H

#include "server/service.h"

/*
 * Creates or verifies everything that the handler of a stored event needs, and subscribes to its
 * consumer. A transient status means that the caller should retry. Logs any other failure. Waits
 * for the server. The caller holds `serving`.
 */
catga_status catga_consumers_subscribe(catga_bus_state *state, catga_endpoint *endpoint);

#endif
