/* The order service: takes orders, keeps them, ships them, and says so. */
#ifndef SHOP_ORDERS_H
#define SHOP_ORDERS_H

#include "shared_state.h"

/* What the service's handlers share. It must outlive the bus that serves it. */
typedef struct order_context {
    shop_state *state;
    atomic_uint created_heard; /* how often this replica has heard of an order, and of a parcel */
    atomic_uint shipped_heard;
} order_context;

/* `file` is that of the records, see shared_state.h. False when they cannot be had: errno says why.
 */
CATGA_CHECKED bool order_context_open(order_context *self, const char *file);

/* After the bus that serves it has been closed. */
void order_context_close(order_context *self);

/* Serves the commands, queries and subscriptions of OrderService. */
CATGA_CHECKED catga_status order_context_serve(order_context *self, catga_bus *bus);

#endif
