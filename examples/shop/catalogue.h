/*
 * The products and how many of each are left. Names and prices never change; the stock is changed
 * by many threads at once, always in one atomic step, so that no piece is sold twice and none is
 * lost.
 */
#ifndef SHOP_CATALOGUE_H
#define SHOP_CATALOGUE_H

#include <catga/catga.h>

#include <stdatomic.h>

enum { CATALOGUE_PRODUCTS = 5 };

typedef struct shop_product {
    const char *id;
    const char *name;
    int64_t price; /* decimal(2): 599999 is 5999.99 */
    _Atomic uint32_t stock;
} shop_product;

typedef struct catalogue {
    shop_product products[CATALOGUE_PRODUCTS];
} catalogue;

/* Fills the shelves. */
void catalogue_init(catalogue *self);

/* The product with this id, or NULL. */
shop_product *catalogue_find(catalogue *self, catga_string id);

/*
 * Takes `quantity` pieces, all or none. When there are too few it returns false, and *left says how
 * many there are.
 */
bool product_take(shop_product *self, uint32_t quantity, uint32_t *left);

/* Puts pieces back that were taken for an order that did not come to be. */
void product_give_back(shop_product *self, uint32_t quantity);

#endif
