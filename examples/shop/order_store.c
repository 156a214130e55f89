/*
 * The orders, see order_store.h: a hash table with open addressing, into which a thread puts an
 * order with one compare-and-swap. An id is looked for from the slot that it names onward, up to
 * the first empty one. Nothing is ever taken out, so an id that two threads draw at the same time
 * meets itself, and the second one draws again.
 */
#include "order_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void order_store_open(order_store *self)
{
    for (size_t i = 0; i < ORDER_STORE_SLOTS; i++)
        atomic_init(&self->slots[i], NULL);
}

void order_store_close(order_store *self)
{
    for (size_t i = 0; i < ORDER_STORE_SLOTS; i++)
        free(atomic_load(&self->slots[i]));
}

/* Where the search for an id begins. It is FNV-1a, since what is looked for may be any text. */
static size_t first_slot(catga_string id)
{
    uint32_t hash = 2166136261;

    for (size_t i = 0; i < id.length; i++)
        hash = (hash ^ (unsigned char)id.data[i]) * 16777619;
    return hash % ORDER_STORE_SLOTS;
}

typedef enum insertion { INSERTED, ID_TAKEN, STORE_FULL } insertion;

static insertion insert(order_store *self, shop_order *added)
{
    catga_string id = catga_str(added->id);
    size_t first = first_slot(id);

    for (size_t i = 0; i < ORDER_STORE_SLOTS; i++) {
        shop_order *there = NULL;
        if (atomic_compare_exchange_strong(&self->slots[(first + i) % ORDER_STORE_SLOTS], &there,
                                           added))
            return INSERTED;
        if (catga_string_equal(catga_str(there->id), id))
            return ID_TAKEN;
    }
    return STORE_FULL;
}

/* Draws an id from the system's randomness: a customer must not guess the id of another's order. */
static bool draw_id(char id[ORDER_ID_LENGTH + 1])
{
    uint32_t bits;

    if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
        return false;
    snprintf(id, ORDER_ID_LENGTH + 1, "%08" PRIX32, bits);
    return true;
}

const shop_order *order_store_add(order_store *self, catga_string customer_id,
                                  const shop_product *product, uint32_t quantity)
{
    insertion result = ID_TAKEN;
    shop_order *added = malloc(sizeof *added);

    if (added == NULL)
        return NULL;
    snprintf(added->customer_id, sizeof added->customer_id, "%.*s", CATGA_PRINT(customer_id));
    added->product = product;
    added->quantity = quantity;
    added->total = product->price * quantity;
    added->created_at = catga_timestamp_now();
    while (result == ID_TAKEN && draw_id(added->id))
        result = insert(self, added);
    if (result == INSERTED)
        return added;
    free(added);
    return NULL;
}

const shop_order *order_store_find(const order_store *self, catga_string id)
{
    size_t first = first_slot(id);

    for (size_t i = 0; i < ORDER_STORE_SLOTS; i++) {
        const shop_order *there = atomic_load(&self->slots[(first + i) % ORDER_STORE_SLOTS]);
        if (there == NULL || catga_string_equal(catga_str(there->id), id))
            return there;
    }
    return NULL;
}
