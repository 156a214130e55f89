/*
 * A bounded queue into which any thread puts and from which one thread takes, in order. No lock:
 * each cell counts whose turn it is, twice the lap for a producer and one more for the consumer, so
 * zeroed memory is an empty queue.
 */
#ifndef CATGA_LOCAL_QUEUE_H
#define CATGA_LOCAL_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct catga_local_item {
    void *to;
    void *message;
} catga_local_item;

typedef struct catga_local_cell {
    atomic_uint_fast64_t turn;
    catga_local_item item;
} catga_local_cell;

typedef struct catga_local_queue {
    catga_local_cell *cells;
    uint64_t size; /* a power of two */
    atomic_uint_fast64_t tail;
    uint64_t head;
} catga_local_queue;

/* False when there is no memory. */
bool catga_local_queue_begin(catga_local_queue *queue, uint64_t size);
void catga_local_queue_end(catga_local_queue *queue);

/* False when it is full. */
bool catga_local_queue_put(catga_local_queue *queue, catga_local_item item);

/* False when it is empty, or the next item is not quite there yet. */
bool catga_local_queue_take(catga_local_queue *queue, catga_local_item *item);

#endif
