/* The order service: takes orders, keeps them, announces them. */
#ifndef SHOP_ORDERS_H
#define SHOP_ORDERS_H

#include "catalogue.h"
#include "order_store.h"

/* What the service's handlers share. It must outlive the bus that serves it. */
typedef struct order_desk {
    catalogue catalogue;
    order_store orders;
} order_desk;

void order_desk_open(order_desk *self);

/* After the bus that serves it has been closed. */
void order_desk_close(order_desk *self);

/* Serves the commands and queries of OrderService. */
CATGA_CHECKED catga_status order_desk_serve(order_desk *self, catga_bus *bus);

#endif
