/* arrivals.h: counts the received events of a round, on both sides. */
#ifndef SIDE_ARRIVALS_H
#define SIDE_ARRIVALS_H

#include "../bench.h"

#include <semaphore.h>

typedef struct arrivals {
    size_t wanted;
    size_t count;
    uint64_t first; /* times of the first and of the last */
    uint64_t last;
    sem_t done;
} arrivals;

static inline void arrivals_count(arrivals *received)
{
    if (++received->count == 1)
        received->first = bench_now();
    if (received->count != received->wanted)
        return;
    received->last = bench_now();
    sem_post(&received->done);
}

/* Waits for the last. Returns thousands per second, from the first event to the last. */
static inline double arrivals_rate(arrivals *received)
{
    while (sem_wait(&received->done) != 0)
        ; /* interrupted */
    return 1e6 * (double)(received->wanted - 1) / (double)(received->last - received->first);
}

#endif
