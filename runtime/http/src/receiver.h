/* Receives requests from the server, and finds who handles them. */
#ifndef CATGA_HTTP_RECEIVER_H
#define CATGA_HTTP_RECEIVER_H

#include "gateway.h"

/* Returns the receiver of a port. */
http_receiver http_receiver_of(http_listener *listener);

#endif
