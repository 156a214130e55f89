/* Ids of orders. */
#ifndef CLUSTER_ORDER_ID_H
#define CLUSTER_ORDER_ID_H

#include <catga/catga.h>

enum { ORDER_ID_SIZE = 17 };

/* Writes the id of the order that a command makes: a hash of the command's id, so a repeated
 * command makes the same order. */
void order_id_of(catga_string command_id, char id[ORDER_ID_SIZE]);

#endif
