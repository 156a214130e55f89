/* A bounded queue of encoded spans, from many threads to one. No function waits, takes a lock or
 * allocates memory, except otlp_queue_new. */
#ifndef CATGA_OTLP_QUEUE_H
#define CATGA_OTLP_QUEUE_H

#include "span.h"

#include <stdatomic.h>

typedef struct otlp_slot {
    atomic_uint_fast64_t state; /* see queue.c */
    uint32_t length;
    char data[OTLP_SPAN];
} otlp_slot;

typedef struct otlp_queue otlp_queue;

/* Returns NULL without memory. */
otlp_queue *otlp_queue_new(size_t capacity);
void otlp_queue_free(otlp_queue *queue);

/* Returns a slot for the caller to fill, then to give to otlp_queue_fill; NULL if the queue is
 * full. */
otlp_slot *otlp_queue_reserve(otlp_queue *queue);
void otlp_queue_fill(otlp_slot *slot);

/* Returns the number of spans in the queue, also of those that are being filled. */
size_t otlp_queue_count(const otlp_queue *queue);

/* Returns the oldest span; NULL if there is none, or it is being filled. For one thread. */
otlp_slot *otlp_queue_first(otlp_queue *queue);
void otlp_queue_remove_first(otlp_queue *queue);

#endif
