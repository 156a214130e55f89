/* A bounded queue from many threads to one; see local_queue.h. */
#include "transport/local/queue.h"

#include <stdlib.h>

bool catga_local_queue_begin(catga_local_queue *queue, uint64_t size)
{
    queue->cells = calloc(size, sizeof *queue->cells);
    queue->size = size;
    queue->head = 0;
    atomic_init(&queue->tail, 0);
    return queue->cells != NULL;
}

void catga_local_queue_end(catga_local_queue *queue)
{
    free(queue->cells);
}

bool catga_local_queue_put(catga_local_queue *queue, catga_local_item item)
{
    uint_fast64_t place = atomic_load_explicit(&queue->tail, memory_order_relaxed);

    for (;;) {
        catga_local_cell *cell = &queue->cells[place & (queue->size - 1)];
        uint64_t mine = place / queue->size * 2;
        uint64_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
        if (turn < mine)
            return false;
        if (turn > mine) {
            place = atomic_load_explicit(&queue->tail, memory_order_relaxed);
        } else if (atomic_compare_exchange_weak_explicit(&queue->tail, &place, place + 1,
                                                         memory_order_relaxed,
                                                         memory_order_relaxed)) {
            cell->item = item;
            atomic_store_explicit(&cell->turn, mine + 1, memory_order_release);
            return true;
        }
    }
}

bool catga_local_queue_take(catga_local_queue *queue, catga_local_item *item)
{
    catga_local_cell *cell = &queue->cells[queue->head & (queue->size - 1)];
    uint64_t mine = queue->head / queue->size * 2 + 1;

    if (atomic_load_explicit(&cell->turn, memory_order_acquire) != mine)
        return false;
    *item = cell->item;
    atomic_store_explicit(&cell->turn, mine + 1, memory_order_release);
    queue->head++;
    return true;
}
