/* The numbers of the messages of a consumer that are delivered here and not settled: where a lost
 * group begins again. Any thread, without a lock. */
#ifndef CATGA_REDIS_HELD_H
#define CATGA_REDIS_HELD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct catga_redis_held {
    unsigned size;
    atomic_uint_fast64_t *numbers; /* 0: free */
    atomic_uint_fast64_t last;     /* the highest that was delivered */
} catga_redis_held;

/* Returns false without memory. */
bool catga_redis_held_begin(catga_redis_held *held, unsigned size);
void catga_redis_held_end(catga_redis_held *held);

/* Forgets all of them: the stream was created anew. */
void catga_redis_held_reset(catga_redis_held *held);

void catga_redis_held_add(catga_redis_held *held, uint64_t number);
void catga_redis_held_remove(catga_redis_held *held, uint64_t number);

/* Returns a number below that of every message that is still to be handled. */
uint64_t catga_redis_held_position(const catga_redis_held *held);

#endif
