/* A bounded FIFO queue for many producers and consumers, without a lock. Each cell has a turn
 * counter: twice the lap for a producer, one more for a consumer. Zeroed memory is an empty
 * queue. */
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

/* Initialises a queue for at least `size` items. Returns false without memory. */
bool catga_ring_begin(catga_ring *ring, uint64_t size);
void catga_ring_end(catga_ring *ring);

/* Appends an item. Returns false if the queue is full. */
bool catga_ring_put(catga_ring *ring, catga_ring_item item);

/* Removes the oldest item. Returns false if the queue is empty or the next item is being
 * written. */
bool catga_ring_take(catga_ring *ring, catga_ring_item *item);

/* Returns the number of items, also those that are being written or read. It changes at any time
 * while threads append or remove some. */
static inline uint64_t catga_ring_count(const catga_ring *ring)
{
    uint64_t head = atomic_load(&ring->head); /* first: the tail is never behind it */

    return atomic_load(&ring->tail) - head;
}

#endif
