/* The handlers of the order service. */
#ifndef CLUSTER_ORDERS_H
#define CLUSTER_ORDERS_H

#include "order_files.h"

/* Serves the commands and the query of OrderService. `files` is needed as long as the bus. */
CATGA_CHECKED catga_status orders_serve(catga_bus *bus, void *files);

#endif
