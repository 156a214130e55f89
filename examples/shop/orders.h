/* The order service: takes orders, keeps them, ships them, and says so. */
#ifndef SHOP_ORDERS_H
#define SHOP_ORDERS_H

#include "records.h"

/* What the service's handlers share. It must outlive the bus that serves it. */
typedef struct order_desk {
    shop_records *records;
    atomic_uint created_heard; /* how often this replica has heard of an order, and of a parcel */
    atomic_uint shipped_heard;
} order_desk;

/* `file` is that of the records, see records.h. False when they cannot be had: errno says why. */
CATGA_CHECKED bool order_desk_open(order_desk *self, const char *file);

/* After the bus that serves it has been closed. */
void order_desk_close(order_desk *self);

/* Serves the commands, queries and subscriptions of OrderService. */
CATGA_CHECKED catga_status order_desk_serve(order_desk *self, catga_bus *bus);

#endif
