#include "held.h"

#include <stdlib.h>

bool catga_redis_held_begin(catga_redis_held *held, unsigned size)
{
    held->numbers = calloc(size, sizeof held->numbers[0]);
    held->size = held->numbers == NULL ? 0 : size;
    atomic_init(&held->last, 0);
    return held->numbers != NULL;
}

void catga_redis_held_end(catga_redis_held *held)
{
    free(held->numbers);
    held->numbers = NULL;
}

void catga_redis_held_reset(catga_redis_held *held)
{
    for (unsigned i = 0; i < held->size; i++)
        atomic_store(&held->numbers[i], 0);
    atomic_store(&held->last, 0);
}

/* Returns the cell of a number that is tried as the i-th. Numbers that follow each other rarely
 * collide. */
static atomic_uint_fast64_t *cell_of(catga_redis_held *held, uint64_t number, unsigned i)
{
    return &held->numbers[(number + i) % held->size];
}

static bool has(const catga_redis_held *held, uint64_t number)
{
    for (unsigned i = 0; i < held->size; i++)
        if (atomic_load(&held->numbers[i]) == number)
            return true;
    return false;
}

void catga_redis_held_add(catga_redis_held *held, uint64_t number)
{
    if (number > atomic_load(&held->last))
        atomic_store(&held->last, number);
    else if (has(held, number))
        return;
    for (unsigned i = 0; i < held->size; i++) {
        uint_fast64_t none = 0;
        if (atomic_compare_exchange_strong(cell_of(held, number, i), &none, number))
            return;
    }
}

void catga_redis_held_remove(catga_redis_held *held, uint64_t number)
{
    for (unsigned i = 0; i < held->size; i++) {
        uint_fast64_t expected = number;
        if (atomic_compare_exchange_strong(cell_of(held, number, i), &expected, 0))
            return;
    }
}

uint64_t catga_redis_held_position(const catga_redis_held *held)
{
    uint64_t position = atomic_load(&held->last);

    for (unsigned i = 0; i < held->size; i++) {
        uint64_t number = atomic_load(&held->numbers[i]);
        if (number != 0 && number <= position)
            position = number - 1;
    }
    return position;
}
