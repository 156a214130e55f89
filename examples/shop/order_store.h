/*
 * The orders, found by their id. They are added and looked for by many threads at once, perhaps of
 * several processes: the store is plain memory without a pointer in it, which they may share. What
 * is in the store stays as it is, but for `shipped`, so that a pointer to an order needs no lock
 * and no copy.
 */
#ifndef SHOP_ORDER_STORE_H
#define SHOP_ORDER_STORE_H

#include "catalogue.h"

enum {
    ORDER_ID_LENGTH = 8, /* upper-case hexadecimal digits */
    ORDER_COMMAND_LENGTH = 64,
    ORDER_CUSTOMER_LENGTH = 64, /* as the schema bounds it */
    ORDER_PRODUCT_LENGTH = 64,
    ORDER_STORE_SLOTS = 1024 /* every order takes a piece off the shelves, and those hold 130 */
};

typedef struct shop_order {
    _Atomic uint32_t number; /* the id as a number; 0: the slot is free */
    _Atomic bool complete;   /* until then it cannot be found */
    _Atomic bool shipped;
    char id[ORDER_ID_LENGTH + 1];
    char command_id[ORDER_COMMAND_LENGTH + 1]; /* of the command that made it; may be empty */
    char customer_id[ORDER_CUSTOMER_LENGTH + 1];
    char product_id[ORDER_PRODUCT_LENGTH + 1];
    uint32_t quantity;
    int64_t total;      /* decimal(2) */
    int64_t created_at; /* timestamp */
} shop_order;

/* All zeros: no order yet. */
typedef struct order_store {
    shop_order slots[ORDER_STORE_SLOTS];
} order_store;

/*
 * Makes an order under a new id that nobody can guess, and returns it. The strings are copied,
 * since they point into a message. NULL when there is no room.
 */
shop_order *order_store_add(order_store *self, catga_string command_id, catga_string customer_id,
                            const shop_product *product, uint32_t quantity);

/* The order with this id, or NULL. */
shop_order *order_store_find(order_store *self, catga_string id);

/* The order that this command has made, or NULL. */
shop_order *order_store_made_by(order_store *self, catga_string command_id);

/* How many orders there are. */
unsigned order_store_count(const order_store *self);

#endif
