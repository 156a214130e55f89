/*
 * timings.h: the times of many calls or events, and their percentiles. Processes forked later share
 * them, and any thread may add one.
 */
#ifndef SIDE_TIMINGS_H
#define SIDE_TIMINGS_H

#include "../bench.h"

#include <stdatomic.h>
#include <sys/mman.h>

enum { TIMINGS_MOST = 1 << 21 }; /* later ones are only counted */

typedef struct timings {
    atomic_size_t begun; /* times that have got a place */
    atomic_size_t noted;
    uint32_t nanoseconds[TIMINGS_MOST];
} timings;

static inline timings *timings_new(void)
{
    timings *t = mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    bench_need(t != MAP_FAILED, "mmap");
    return t;
}

/* Notes the time that has passed since `start`. */
static inline void timings_note(timings *t, uint64_t start)
{
    uint64_t passed = bench_now() - start;
    size_t number = atomic_fetch_add_explicit(&t->begun, 1, memory_order_relaxed);

    if (number < TIMINGS_MOST)
        t->nanoseconds[number] = passed < UINT32_MAX ? (uint32_t)passed : UINT32_MAX;
    atomic_fetch_add_explicit(&t->noted, 1, memory_order_release);
}

static inline size_t timings_noted(timings *t)
{
    return atomic_load_explicit(&t->noted, memory_order_acquire);
}

/* Forgets all. No call or event is under way. */
static inline void timings_forget(timings *t)
{
    atomic_store(&t->begun, 0);
    atomic_store(&t->noted, 0);
}

static inline int timings_ascending(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

/* Sorts the times, for timings_percentile(). */
static inline void timings_sort(timings *t)
{
    size_t noted = timings_noted(t);

    qsort(t->nanoseconds, noted < TIMINGS_MOST ? noted : TIMINGS_MOST, sizeof t->nanoseconds[0],
          timings_ascending);
}

/* Returns microseconds. The times are sorted. */
static inline double timings_percentile(timings *t, size_t percent)
{
    size_t noted = timings_noted(t);
    size_t count = noted < TIMINGS_MOST ? noted : TIMINGS_MOST;

    return t->nanoseconds[(count - 1) * percent / 100] / 1e3;
}

#endif
