/*
 * The products, which never change, and the shelves: how many of each have been taken. Shelves are
 * changed by many threads at once, always in one atomic step, so that no piece is sold twice and
 * none is lost.
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
    uint32_t stock;
} shop_product;

/* All zeros: nothing has been taken yet. */
typedef struct shop_shelves {
    _Atomic uint32_t taken[CATALOGUE_PRODUCTS];
} shop_shelves;

/* The product with this id, or NULL. */
const shop_product *catalogue_find(catga_string id);

/*
 * Takes `quantity` pieces, all or none. When there are too few it returns false, and *left says how
 * many there are.
 */
bool shelves_take(shop_shelves *self, const shop_product *product, uint32_t quantity,
                  uint32_t *left);

/* Puts pieces back that were taken for an order that did not come to be. */
void shelves_give_back(shop_shelves *self, const shop_product *product, uint32_t quantity);

/* How many pieces there are. */
uint32_t shelves_left(const shop_shelves *self, const shop_product *product);

#endif
