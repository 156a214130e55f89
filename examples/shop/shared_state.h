/*
 * The stock and the orders, which replicas of the order service share. Each replica maps one file
 * into its memory; the file stands for the database of a real shop. Without a file the memory
 * belongs to one process. All zeros is a shop that has sold nothing, so the file needs no
 * preparation. All changes are atomic steps, so a replica may be killed at any moment. Then a piece
 * that was taken for an incomplete order is lost; a database would use a transaction.
 */
#ifndef SHOP_STATE_H
#define SHOP_STATE_H

#include "order_store.h"

typedef struct shop_state {
    shop_shelves shelves;
    order_store orders;
} shop_state;

/*
 * Maps `file`, and creates it if it is absent; NULL means no file. Returns NULL with errno set when
 * it fails.
 */
shop_state *shop_state_open(const char *file);

/* Unmaps the memory. NULL is allowed. */
void shop_state_close(shop_state *self);

#endif
