/* A bounded queue for many threads at both ends; see ring.h. */
#include "base/ring.h"

#include <stdlib.h>

bool catga_ring_begin(catga_ring *ring, uint64_t size)
{
    ring->size = 1;
    while (ring->size < size)
        ring->size *= 2;
    ring->cells = calloc(ring->size, sizeof *ring->cells);
    atomic_init(&ring->head, 0);
    atomic_init(&ring->tail, 0);
    return ring->cells != NULL;
}

void catga_ring_end(catga_ring *ring)
{
    free(ring->cells);
}

bool catga_ring_put(catga_ring *ring, catga_ring_item item)
{
    uint_fast64_t position = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    for (;;) {
        catga_ring_cell *cell = &ring->cells[position & (ring->size - 1)];
        uint64_t mine = position / ring->size * 2;
        uint64_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
        if (turn < mine)
            return false;
        if (turn > mine) {
            position = atomic_load_explicit(&ring->tail, memory_order_relaxed);
        } else if (atomic_compare_exchange_weak_explicit(&ring->tail, &position, position + 1,
                                                         memory_order_relaxed,
                                                         memory_order_relaxed)) {
            cell->item = item;
            atomic_store_explicit(&cell->turn, mine + 1, memory_order_release);
            return true;
        }
    }
}

bool catga_ring_take(catga_ring *ring, catga_ring_item *item)
{
    uint_fast64_t position = atomic_load_explicit(&ring->head, memory_order_relaxed);

    for (;;) {
        catga_ring_cell *cell = &ring->cells[position & (ring->size - 1)];
        uint64_t mine = position / ring->size * 2 + 1;
        uint64_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
        if (turn < mine)
            return false;
        if (turn > mine) {
            position = atomic_load_explicit(&ring->head, memory_order_relaxed);
        } else if (atomic_compare_exchange_weak_explicit(&ring->head, &position, position + 1,
                                                         memory_order_relaxed,
                                                         memory_order_relaxed)) {
            *item = cell->item;
            atomic_store_explicit(&cell->turn, mine + 1, memory_order_release);
            return true;
        }
    }
}
