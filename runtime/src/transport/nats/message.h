/* A message of nats.c as receivers see it. */
#ifndef CATGA_NATS_MESSAGE_H
#define CATGA_NATS_MESSAGE_H

#include "transport/transport.h"

#include <nats/nats.h>

/* Returns the message as a receiver sees it; takes ownership of `message`. */
catga_incoming catga_nats_incoming(natsMsg *message);

/* Operations of transport.h. */
const char *catga_nats_header(const catga_incoming *message, const char *name);
void catga_nats_release(catga_incoming *message);

#endif
