/*
 * The products, which never change, and the stock: how many of each have been taken. Many threads
 * change the stock at once, each in one atomic step, so no piece is sold twice or lost.
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

/* All zeros means that nothing has been taken. */
typedef struct shop_shelves {
    _Atomic uint32_t taken[CATALOGUE_PRODUCTS];
} shop_shelves;

/* Returns the product with this id, or NULL. */
const shop_product *catalogue_find(catga_string id);

/*
 * Takes `quantity` pieces, all or none. When too few are left, returns false and writes their
 * number to *left.
 */
bool shelves_take(shop_shelves *self, const shop_product *product, uint32_t quantity,
                  uint32_t *left);

/* Returns pieces to stock when their order was not made. */
void shelves_give_back(shop_shelves *self, const shop_product *product, uint32_t quantity);

/* Returns the number of pieces in stock. */
uint32_t shelves_left(const shop_shelves *self, const shop_product *product);

#endif
