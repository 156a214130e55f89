/*
 * A bounded queue for many threads at both ends, in order. No lock: each cell counts whose turn it
 * is, twice the lap for a producer and one more for a consumer, so zeroed memory is an empty queue.
 */
#ifndef CATGA_RING_H
#define CATGA_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct catga_ring_item {
    void *to;
    void *message;
} catga_ring_item;

typedef struct catga_ring_cell {
    atomic_uint_fast64_t turn;
    catga_ring_item item;
} catga_ring_cell;

typedef struct catga_ring {
    catga_ring_cell *cells;
    uint64_t size; /* a power of two */
    atomic_uint_fast64_t tail;
    atomic_uint_fast64_t head;
} catga_ring;

/* Room for `size` items or a few more. False when there is no memory. */
bool catga_ring_begin(catga_ring *ring, uint64_t size);
void catga_ring_end(catga_ring *ring);

/* False when it is full. */
bool catga_ring_put(catga_ring *ring, catga_ring_item item);

/* False when it is empty, or the next item is not quite there yet. */
bool catga_ring_take(catga_ring *ring, catga_ring_item *item);

#endif
