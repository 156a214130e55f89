/*
 * What the replicas of the order service share: the shelves and the orders. A file that each of
 * them maps into its memory stands for the database of a real shop; without a file it is memory of
 * one process. All zeros is a shop that has sold nothing, so nobody has to prepare it; and it is
 * changed in atomic steps only, so that a replica may be killed at any moment. (What is lost then
 * is the piece that was taken for an order that is not complete: a database would have a
 * transaction.)
 */
#ifndef SHOP_STATE_H
#define SHOP_STATE_H

#include "order_store.h"

typedef struct shop_state {
    shop_shelves shelves;
    order_store orders;
} shop_state;

/* `file` is made when it is not there; NULL: no file. NULL when it cannot be: errno says why. */
shop_state *shop_state_open(const char *file);

/* NULL is allowed. */
void shop_state_close(shop_state *self);

#endif
