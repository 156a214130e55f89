/* The products and the shelves; see catalogue.h. */
#include "catalogue.h"

static const shop_product products[CATALOGUE_PRODUCTS] = {
    {"PROD-001", "笔记本电脑", 599999, 10}, {"PROD-002", "无线鼠标", 19999, 50},
    {"PROD-003", "机械键盘", 69999, 25},    {"PROD-004", "显示器", 219999, 15},
    {"PROD-005", "网络摄像头", 29999, 30},
};

const shop_product *catalogue_find(catga_string id)
{
    for (size_t i = 0; i < CATALOGUE_PRODUCTS; i++)
        if (catga_string_equal(id, catga_str(products[i].id)))
            return &products[i];
    return NULL;
}

/* A failed exchange loads the current value, so the loop checks again whether enough is left. */
bool shelves_take(shop_shelves *self, const shop_product *product, uint32_t quantity,
                  uint32_t *left)
{
    _Atomic uint32_t *shelf = &self->taken[product - products];
    uint32_t taken = atomic_load(shelf);

    while (quantity <= product->stock - taken) {
        if (atomic_compare_exchange_weak(shelf, &taken, taken + quantity))
            return true;
    }
    *left = product->stock - taken;
    return false;
}

void shelves_give_back(shop_shelves *self, const shop_product *product, uint32_t quantity)
{
    atomic_fetch_sub(&self->taken[product - products], quantity);
}

uint32_t shelves_left(const shop_shelves *self, const shop_product *product)
{
    return product->stock - atomic_load(&self->taken[product - products]);
}
