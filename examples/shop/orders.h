/* The order service: takes orders, stores them, ships them, and publishes events. */
#ifndef SHOP_ORDERS_H
#define SHOP_ORDERS_H

#include "shared_state.h"

/* Data that the handlers of the service share. It must outlive the bus that serves it. */
typedef struct order_context {
    shop_state *state;
    atomic_uint created_heard; /* events that this replica received: orders, and parcels */
    atomic_uint shipped_heard;
} order_context;

/* Opens the orders in `file`; see shared_state.h. Returns false with errno set when it fails. */
CATGA_CHECKED bool order_context_open(order_context *self, const char *file);

/* Frees the data. Close the bus that serves it first. */
void order_context_close(order_context *self);

/* Serves the commands, queries and subscriptions of OrderService. */
CATGA_CHECKED catga_status order_context_serve(order_context *self, catga_bus *bus);

#endif
