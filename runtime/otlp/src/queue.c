/*
 * A bounded queue of encoded spans; see queue.h.
 *
 * Positions count spans since the beginning: position P is in slot P % capacity, in lap P /
 * capacity. The state of a slot is twice the lap that it waits for, plus one when it has the span
 * of that lap. A thread reserves a position by moving `reserved`, and then fills its slot. The
 * algorithm is Dmitry Vyukov's bounded queue with laps, which need no initial states.
 */
#include "queue.h"

#include <stdalign.h>
#include <stdlib.h>

enum { CACHE_LINE = 64 };

struct otlp_queue {
    alignas(CACHE_LINE) atomic_uint_fast64_t reserved;
    alignas(CACHE_LINE) atomic_uint_fast64_t removed;
    alignas(CACHE_LINE) size_t capacity;
    otlp_slot *slots;
};

otlp_queue *otlp_queue_new(size_t capacity)
{
    otlp_queue *queue = aligned_alloc(CACHE_LINE, sizeof *queue);
    otlp_slot *slots = calloc(capacity, sizeof *slots);

    if (queue == NULL || slots == NULL) {
        free(queue);
        free(slots);
        return NULL;
    }
    *queue = (otlp_queue){.capacity = capacity, .slots = slots};
    return queue;
}

void otlp_queue_free(otlp_queue *queue)
{
    if (queue == NULL)
        return;
    free(queue->slots);
    free(queue);
}

static otlp_slot *slot_at(const otlp_queue *queue, uint64_t position)
{
    return &queue->slots[position % queue->capacity];
}

/* Returns the state of a slot that has no span yet at this position. */
static uint64_t empty_at(const otlp_queue *queue, uint64_t position)
{
    return position / queue->capacity * 2;
}

otlp_slot *otlp_queue_reserve(otlp_queue *queue)
{
    uint64_t position = atomic_load_explicit(&queue->reserved, memory_order_relaxed);

    for (;;) {
        otlp_slot *slot = slot_at(queue, position);
        uint64_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
        uint64_t empty = empty_at(queue, position);
        if (state < empty)
            return NULL;
        if (state > empty)
            position = atomic_load_explicit(&queue->reserved, memory_order_relaxed);
        else if (atomic_compare_exchange_weak(&queue->reserved, &position, position + 1))
            return slot;
    }
}

void otlp_queue_fill(otlp_slot *slot)
{
    atomic_fetch_add_explicit(&slot->state, 1, memory_order_release);
}

size_t otlp_queue_count(const otlp_queue *queue)
{
    uint64_t removed = atomic_load(&queue->removed);

    return (size_t)(atomic_load(&queue->reserved) - removed);
}

otlp_slot *otlp_queue_first(otlp_queue *queue)
{
    uint64_t position = atomic_load_explicit(&queue->removed, memory_order_relaxed);
    otlp_slot *slot = slot_at(queue, position);
    uint64_t state = atomic_load_explicit(&slot->state, memory_order_acquire);

    return state == empty_at(queue, position) + 1 ? slot : NULL;
}

void otlp_queue_remove_first(otlp_queue *queue)
{
    uint64_t position = atomic_load_explicit(&queue->removed, memory_order_relaxed);

    atomic_fetch_add_explicit(&slot_at(queue, position)->state, 1, memory_order_release);
    atomic_store(&queue->removed, position + 1);
}
