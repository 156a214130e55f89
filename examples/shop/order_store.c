/*
 * The orders; see order_store.h. They are in a hash table with open addressing, in which a thread
 * takes a slot with one compare-and-swap of the order's id. A search begins at the slot that the id
 * names and ends at the first free slot. No order is ever removed. So two threads that draw the
 * same id meet in the same slot, and the second thread draws again.
 */
#include "order_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

/* Returns the n-th slot that may hold this number. Ids are random, so they need no hash. */
static shop_order *slot(order_store *self, uint32_t number, size_t n)
{
    return &self->slots[(number + n) % ORDER_STORE_SLOTS];
}

/* ---- Ids ---- */

/* Draws a random number from the system: customers must not guess the ids of others. */
static bool draw(uint32_t *number)
{
    do {
        if (getrandom(number, sizeof *number, 0) != (ssize_t)sizeof *number)
            return false;
    } while (*number == 0);
    return true;
}

/* Returns the number that an id spells, or 0 if the text is not an id. */
static uint32_t number_of(catga_string id)
{
    static const char digits[] = "0123456789ABCDEF";
    uint32_t number = 0;

    if (id.length != ORDER_ID_LENGTH)
        return 0;
    for (size_t i = 0; i < ORDER_ID_LENGTH; i++) {
        const char *digit = memchr(digits, id.data[i], sizeof digits - 1);
        if (digit == NULL)
            return 0;
        number = number << 4 | (uint32_t)(digit - digits);
    }
    return number;
}

/* ---- Adding ---- */

/* Takes a slot for the order with this number. Sets *taken when another order has the number. */
static shop_order *take_slot(order_store *self, uint32_t number, bool *taken)
{
    *taken = false;
    for (size_t i = 0; i < ORDER_STORE_SLOTS && !*taken; i++) {
        uint32_t there = 0;
        if (atomic_compare_exchange_strong(&slot(self, number, i)->number, &there, number))
            return slot(self, number, i);
        *taken = there == number;
    }
    return NULL;
}

static shop_order *take_any_slot(order_store *self)
{
    shop_order *order = NULL;
    bool taken = true;
    uint32_t number;

    while (taken && draw(&number))
        order = take_slot(self, number, &taken);
    return order;
}

/* `complete` is set last: a reader that sees it sees everything written before. */
shop_order *order_store_add(order_store *self, catga_string command_id, catga_string customer_id,
                            const shop_product *product, uint32_t quantity)
{
    shop_order *added = take_any_slot(self);

    if (added == NULL)
        return NULL;
    snprintf(added->id, sizeof added->id, "%08" PRIX32, atomic_load(&added->number));
    snprintf(added->command_id, sizeof added->command_id, "%.*s", CATGA_PRINT(command_id));
    snprintf(added->customer_id, sizeof added->customer_id, "%.*s", CATGA_PRINT(customer_id));
    snprintf(added->product_id, sizeof added->product_id, "%s", product->id);
    added->quantity = quantity;
    added->total = product->price * quantity;
    added->created_at = catga_timestamp_now();
    atomic_store(&added->complete, true);
    return added;
}

/* ---- Finding ---- */

shop_order *order_store_find(order_store *self, catga_string id)
{
    uint32_t number = number_of(id);

    for (size_t i = 0; number != 0 && i < ORDER_STORE_SLOTS; i++) {
        shop_order *order = slot(self, number, i);
        uint32_t there = atomic_load(&order->number);
        if (there == number)
            return atomic_load(&order->complete) ? order : NULL;
        if (there == 0)
            return NULL;
    }
    return NULL;
}

/* This is rare, so it may scan the whole table. */
shop_order *order_store_made_by(order_store *self, catga_string command_id)
{
    for (size_t i = 0; i < ORDER_STORE_SLOTS; i++) {
        shop_order *order = &self->slots[i];
        if (atomic_load(&order->complete) &&
            catga_string_equal(catga_str(order->command_id), command_id))
            return order;
    }
    return NULL;
}

unsigned order_store_count(const order_store *self)
{
    unsigned count = 0;

    for (size_t i = 0; i < ORDER_STORE_SLOTS; i++)
        count += atomic_load(&self->slots[i].complete);
    return count;
}
