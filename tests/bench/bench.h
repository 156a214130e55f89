/*
 * bench.h: what every benchmark needs: a clock, rounds in turns, the median, the line of the
 * result.
 *
 * A benchmark has two sides, ours and the other. Each is a function that works for a while (some
 * tens of milliseconds) and returns its own figure. bench_compare() calls them in turns, so that
 * what else the machine does falls on both, and prints the medians:
 *
 *     NAME ours=VALUE UNIT other=VALUE UNIT (WHO) ratio=R       R above 1: ours is better
 */
#ifndef BENCH_H
#define BENCH_H

#include <alloca.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BENCH_ROUNDS = 15 };

/* Works for a while and returns the figure of this round. */
typedef double bench_side(void *state);

typedef struct bench_pair {
    const char *name;
    const char *unit;
    const char *who; /* the other side */
    bool more_is_better;
    size_t rounds; /* 0: BENCH_ROUNDS */
    bench_side *ours;
    bench_side *other;
    void *state; /* given to both */
} bench_pair;

/* Nanoseconds of the monotonic clock. */
static inline uint64_t bench_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Nanoseconds per time, for `times` times since `start`. */
static inline double bench_each(uint64_t start, size_t times)
{
    return (double)(bench_now() - start) / (double)times;
}

/* Makes the compiler believe that somebody reads and writes what `data` points at. */
static inline void bench_keep(const void *data)
{
    __asm__ volatile("" : : "g"(data) : "memory");
}

/* Ends the program: a benchmark that does not work has no figure. */
static inline void bench_need(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "benchmark failed: %s\n", what);
        exit(1);
    }
}

static inline int bench_ascending(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

/* Sorts the values. */
static inline double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, bench_ascending);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static inline void bench_print(const bench_pair *pair, double ours, double other)
{
    double ratio = pair->more_is_better ? ours / other : other / ours;

    printf("%s ours=%.1f %s other=%.1f %s (%s) ratio=%.2f\n", pair->name, ours, pair->unit, other,
           pair->unit, pair->who, ratio);
}

/*
 * One round of a side. A processor takes two addresses for the same when their low 12 bits are, and
 * waits for the one before it reads the other: a buffer on the stack that happens to lie so costs
 * half of the time of a small message again. So each round has its stack elsewhere.
 */
static inline double bench_round(bench_side *side, void *state, size_t round)
{
    enum { STEP = 272, PAGE = 4096 }; /* the rounds of a benchmark are spread over a page */
    volatile char *shift = (volatile char *)alloca(round * STEP % PAGE + 16);
    *shift = 0;
    return side(state);
}

/* The first round of each side warms up and is not counted; who begins changes from round to round.
 */
static inline void bench_compare(const bench_pair *pair)
{
    double ours[BENCH_ROUNDS];
    double other[BENCH_ROUNDS];
    size_t rounds = pair->rounds == 0 ? BENCH_ROUNDS : pair->rounds;

    if (getenv("BENCH_ONCE") != NULL)
        rounds = 1;
    bench_round(pair->ours, pair->state, 0);
    bench_round(pair->other, pair->state, 0);
    for (size_t round = 0; round < rounds; round++) {
        if (round % 2 == 0)
            ours[round] = bench_round(pair->ours, pair->state, round);
        other[round] = bench_round(pair->other, pair->state, round);
        if (round % 2 != 0)
            ours[round] = bench_round(pair->ours, pair->state, round);
    }
    bench_print(pair, bench_median(ours, rounds), bench_median(other, rounds));
}

#endif
