/* The products; see catalogue.h. */
#include "catalogue.h"

typedef struct listing {
    const char *id;
    const char *name;
    int64_t price;
    uint32_t stock;
} listing;

static const listing listings[CATALOGUE_PRODUCTS] = {
    {"PROD-001", "笔记本电脑", 599999, 10}, {"PROD-002", "无线鼠标", 19999, 50},
    {"PROD-003", "机械键盘", 69999, 25},    {"PROD-004", "显示器", 219999, 15},
    {"PROD-005", "网络摄像头", 29999, 30},
};

void catalogue_init(catalogue *self)
{
    for (size_t i = 0; i < CATALOGUE_PRODUCTS; i++) {
        shop_product *product = &self->products[i];
        product->id = listings[i].id;
        product->name = listings[i].name;
        product->price = listings[i].price;
        atomic_init(&product->stock, listings[i].stock);
    }
}

shop_product *catalogue_find(catalogue *self, catga_string id)
{
    for (size_t i = 0; i < CATALOGUE_PRODUCTS; i++)
        if (catga_string_equal(id, catga_str(self->products[i].id)))
            return &self->products[i];
    return NULL;
}

/*
 * A failed exchange has read the stock again: another order was faster, and what is left decides
 * anew.
 */
bool product_take(shop_product *self, uint32_t quantity, uint32_t *left)
{
    uint32_t stock = atomic_load(&self->stock);

    while (stock >= quantity) {
        if (atomic_compare_exchange_weak(&self->stock, &stock, stock - quantity))
            return true;
    }
    *left = stock;
    return false;
}

void product_give_back(shop_product *self, uint32_t quantity)
{
    atomic_fetch_add(&self->stock, quantity);
}
