/*
 * The stored orders: one file for each command that was handled, in a folder that the replicas of
 * the order service share. The folder stands for the database of a real shop.
 *
 * A file is the effect of its command and the record of its success, so the order service uses it
 * as a claim store (catga_claim_store): the answer of CreateOrder is the order itself, and writing
 * it is one step. A replica may be killed at any moment, and the disk may be full; an order is
 * stored once, or not at all, and repeating its command gives the stored answer.
 */
#ifndef CLUSTER_ORDER_FILES_H
#define CLUSTER_ORDER_FILES_H

#include "orders.catga.h"

enum { ORDER_BYTES = CLUSTER_ORDERS_ORDER_MAX_SIZE };

typedef struct order_files {
    const char *folder; /* exists */
} order_files;

/* Returns the claim store of the folder; `self` is needed as long as its bus. */
catga_claim_store order_files_claims(order_files *self);

/* Reads an order; `view` points into `bytes`. Returns false if there is no such order. */
CATGA_CHECKED bool order_files_read(const order_files *self, catga_string order_id,
                                    uint8_t bytes[ORDER_BYTES], cluster_orders_order_view *view);

/* Records that an order was shipped. Returns false with errno when it fails; EINVAL: no order can
 * have this id. */
CATGA_CHECKED bool order_files_ship(const order_files *self, catga_string order_id);

bool order_files_is_shipped(const order_files *self, catga_string order_id);

#endif
