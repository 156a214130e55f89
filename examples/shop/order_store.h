/*
 * The orders, found by their ids. Many threads add and find orders at once, perhaps in several
 * processes: the store is plain memory without pointers, so processes can share it. An order does
 * not change, except for `shipped`, so a pointer to an order needs no lock and no copy.
 */
#ifndef SHOP_ORDER_STORE_H
#define SHOP_ORDER_STORE_H

#include "catalogue.h"

enum {
    ORDER_ID_LENGTH = 8, /* upper-case hexadecimal digits */
    ORDER_COMMAND_LENGTH = 64,
    ORDER_CUSTOMER_LENGTH = 64, /* the schema's limit */
    ORDER_PRODUCT_LENGTH = 64,
    ORDER_STORE_SLOTS = 1024 /* each order takes a piece from stock, which has 130 */
};

typedef struct shop_order {
    _Atomic uint32_t number; /* id as a number; 0 if the slot is free */
    _Atomic bool complete;   /* false while the order cannot be found yet */
    _Atomic bool shipped;
    char id[ORDER_ID_LENGTH + 1];
    char command_id[ORDER_COMMAND_LENGTH + 1]; /* id of the command that made the order; may be
                                                  empty */
    char customer_id[ORDER_CUSTOMER_LENGTH + 1];
    char product_id[ORDER_PRODUCT_LENGTH + 1];
    uint32_t quantity;
    int64_t total;      /* decimal(2) */
    int64_t created_at; /* timestamp */
} shop_order;

/* All zeros means that there are no orders. */
typedef struct order_store {
    shop_order slots[ORDER_STORE_SLOTS];
} order_store;

/*
 * Makes an order under a new random id, and returns it. Copies the strings, since they point into a
 * message. Returns NULL when the store is full.
 */
shop_order *order_store_add(order_store *self, catga_string command_id, catga_string customer_id,
                            const shop_product *product, uint32_t quantity);

/* Returns the order with this id, or NULL. */
shop_order *order_store_find(order_store *self, catga_string id);

/* Returns the order that this command made, or NULL. */
shop_order *order_store_made_by(order_store *self, catga_string command_id);

/* Returns the number of orders. */
unsigned order_store_count(const order_store *self);

#endif
