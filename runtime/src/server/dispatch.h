/*
 * From a received message to its handler and back, for all messages but stored events. A message
 * that is invalid, or whose caller has given up, is refused without running the handler.
 */
#ifndef CATGA_DISPATCH_H
#define CATGA_DISPATCH_H

#include "server/service.h"

/* Receives messages of a subscription; `user` is its catga_endpoint. Releases the message. */
void catga_dispatch(void *user, catga_incoming *incoming);

/* Receives requests that exceed the backlog, and refuses them. Releases the message. */
void catga_dispatch_overload(void *user, catga_incoming *incoming);

#endif
