/* From a stored event that was handed out to its handler, and what becomes of it. */
#ifndef CATGA_CONSUME_H
#define CATGA_CONSUME_H

#include "server/dispatch.h"

/* The receive function of a consumer; `user` is its catga_endpoint. */
void catga_consume(void *user, catga_incoming *incoming);

/* The receive function of requests to handle a dead letter again; `user` is the same. */
void catga_consume_dead_letter(void *user, catga_incoming *incoming);

#endif
