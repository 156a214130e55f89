/*
 * The orders, found by their id. They are added and looked for by many threads at once. An order in
 * the store never changes and stays until the store is closed, so a pointer to it needs no lock and
 * no copy.
 */
#ifndef SHOP_ORDER_STORE_H
#define SHOP_ORDER_STORE_H

#include "catalogue.h"

enum {
    ORDER_ID_LENGTH = 8,        /* upper-case hexadecimal digits */
    ORDER_CUSTOMER_LENGTH = 64, /* as the schema bounds it */
    ORDER_STORE_SLOTS = 1024    /* every order takes a piece off the shelves, and those hold 130 */
};

typedef struct shop_order {
    char id[ORDER_ID_LENGTH + 1];
    char customer_id[ORDER_CUSTOMER_LENGTH + 1];
    const shop_product *product;
    uint32_t quantity;
    int64_t total;      /* decimal(2) */
    int64_t created_at; /* timestamp */
} shop_order;

typedef struct order_store {
    _Atomic(shop_order *) slots[ORDER_STORE_SLOTS];
} order_store;

void order_store_open(order_store *self);

/* Frees every order. No thread may be inside the store any more. */
void order_store_close(order_store *self);

/*
 * Makes an order under a new id that nobody can guess, and returns it: it belongs to the store.
 * `customer_id` is copied, since it points into a message. NULL when there is no memory or no room.
 */
const shop_order *order_store_add(order_store *self, catga_string customer_id,
                                  const shop_product *product, uint32_t quantity);

/* The order with this id, or NULL. */
const shop_order *order_store_find(const order_store *self, catga_string id);

#endif
