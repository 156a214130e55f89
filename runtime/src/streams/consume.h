/* From a stored event that was delivered to its handler, and to its settlement. */
#ifndef CATGA_CONSUME_H
#define CATGA_CONSUME_H

#include "server/service.h"

/*
 * Receives the events of a consumer in its workers' threads; `user` is its catga_endpoint. Settles
 * and releases the event, or passes it to the settling thread.
 */
void catga_consume(void *user, catga_incoming *incoming);

#endif
