/*
 * bench.h: the common parts of benchmarks: a clock, alternating rounds, the median, the result
 * line.
 *
 * A benchmark has two sides, ours and the other. Each is a function that works for some tens of
 * milliseconds and returns its own figure. bench_compare() calls them alternately, so that other
 * load of the machine affects both, and prints the medians:
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

/* Works for a while, and returns the figure of this round. */
typedef double bench_side(void *state);

typedef struct bench_pair {
    const char *name;
    const char *unit;
    const char *who; /* name of the other side */
    bool more_is_better;
    size_t rounds; /* 0 for BENCH_ROUNDS */
    bench_side *ours;
    bench_side *other;
    void *state; /* argument of both sides */
} bench_pair;

/* Returns nanoseconds of the monotonic clock. */
static inline uint64_t bench_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Returns the nanoseconds of one of `times` operations since `start`. */
static inline double bench_each(uint64_t start, size_t times)
{
    return (double)(bench_now() - start) / (double)times;
}

/* Prevents the compiler from optimizing away reads and writes of *data. */
static inline void bench_keep(const void *data)
{
    __asm__ volatile("" : : "g"(data) : "memory");
}

/* Ends the program: a broken benchmark has no figure. */
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
 * Runs one round of a side. A processor takes two addresses with equal low 12 bits for the same
 * address, and waits for the earlier access. A buffer on the stack with such an address costs a
 * small message up to half of its time. So each round uses another stack address.
 */
static inline double bench_round(bench_side *side, void *state, size_t round)
{
    enum { STEP = 272, PAGE = 4096 }; /* the rounds of a benchmark are spread over a page */
    volatile char *shift = (volatile char *)alloca(round * STEP % PAGE + 16);
    *shift = 0;
    return side(state);
}

/* The medians of both sides. */
typedef struct bench_figures {
    double ours;
    double other;
} bench_figures;

/* Returns true if the figures may be inexact: one round, which does not warm up. */
static inline bool bench_is_quick(void)
{
    return getenv("BENCH_ONCE") != NULL;
}

/* Returns the number of rounds to measure; `wanted` is that of a bench_pair. */
static inline size_t bench_rounds(size_t wanted)
{
    if (bench_is_quick())
        return 1;
    return wanted == 0 ? BENCH_ROUNDS : wanted;
}

/* The first round of each side warms up and does not count. The side that begins alternates. */
static inline bench_figures bench_measure(const bench_pair *pair)
{
    double ours[BENCH_ROUNDS];
    double other[BENCH_ROUNDS];
    size_t rounds = bench_rounds(pair->rounds);

    if (!bench_is_quick()) {
        bench_round(pair->ours, pair->state, 0);
        bench_round(pair->other, pair->state, 0);
    }
    for (size_t round = 0; round < rounds; round++) {
        if (round % 2 == 0)
            ours[round] = bench_round(pair->ours, pair->state, round);
        other[round] = bench_round(pair->other, pair->state, round);
        if (round % 2 != 0)
            ours[round] = bench_round(pair->ours, pair->state, round);
    }
    return (bench_figures){bench_median(ours, rounds), bench_median(other, rounds)};
}

static inline void bench_compare(const bench_pair *pair)
{
    bench_figures figures = bench_measure(pair);

    bench_print(pair, figures.ours, figures.other);
}

#endif
