/*
 * The common parts of simulated worlds: chance, which follows from a seed, and time, which goes
 * from one moment to the next. A world contains its fate, and a queue of future moments. Fate knows
 * the time and the queue index of each moment. The world defines the possible events and the rules.
 * `all_hold` is the main program: each seed is one history.
 */
#ifndef FATE_H
#define FATE_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MOMENTS = 512, /* largest number of future moments */
    CALM = 250     /* number of moments in which faults may happen */
};

typedef struct fate {
    uint64_t random;
    int64_t now;
    unsigned steps;
    unsigned calm_after;    /* number of moments until faults stop: CALM, or the world's choice */
    bool calm;              /* no faults happen any more */
    int64_t times[MOMENTS]; /* times of the future moments, unordered */
    size_t length;
    const char *wrong; /* first broken rule */
} fate;

static inline uint64_t draw(fate *f, uint64_t below)
{
    f->random ^= f->random << 13;
    f->random ^= f->random >> 7;
    f->random ^= f->random << 17;
    return (f->random * UINT64_C(0x9e3779b97f4a7c15) >> 33) % below;
}

static inline bool chance(fate *f, unsigned percent)
{
    return !f->calm && draw(f, 100) < percent;
}

/* Returns the number of arriving copies of a message: the network loses and doubles it. */
static inline unsigned draw_copies(fate *f, unsigned percent_doubled)
{
    if (chance(f, 12))
        return 0;
    return chance(f, percent_doubled) ? 2 : 1;
}

/* Returns the delay of an arrival in milliseconds; a late one is out of order. */
static inline int64_t draw_delay(fate *f, unsigned late)
{
    int64_t delay = 1 + (int64_t)draw(f, 5);

    return chance(f, 8) ? delay + (int64_t)draw(f, late) : delay;
}

static inline void must(fate *f, bool holds, const char *what)
{
    if (!holds && f->wrong == NULL)
        f->wrong = what;
}

static inline void fate_begin(fate *f, uint64_t seed)
{
    f->calm_after = CALM;
    f->random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    draw(f, 2); /* seeds that are close begin alike */
}

/* Returns the queue index of a moment after the delay. */
static inline size_t fate_plan(fate *f, int64_t delay)
{
    must(f, delay >= 0, "time does not go back");
    must(f, f->length < MOMENTS, "the world is bounded");
    size_t place = f->length < MOMENTS ? f->length++ : MOMENTS - 1;
    f->times[place] = f->now + delay;
    return place;
}

/*
 * Advances to the next moment; the caller moves the queue's last entry to the freed index. Returns
 * false when no moment is left, or a rule is broken.
 */
static inline bool fate_next(fate *f, size_t *place)
{
    if (f->length == 0 || f->wrong != NULL)
        return false;
    *place = 0;
    for (size_t i = 1; i < f->length; i++)
        if (f->times[i] < f->times[*place])
            *place = i;
    f->now = f->times[*place];
    f->times[*place] = f->times[--f->length];
    f->calm = f->steps > f->calm_after;
    must(f, f->steps++ < 20000, "it becomes quiet");
    return true;
}

/*
 * The arguments are [SEEDS [FIRST]]; `live` returns the broken rule, and prints the history of a
 * single seed.
 */
static inline bool all_hold(const char *program, int argc, char **argv,
                            const char *(*live)(uint64_t seed, bool trace))
{
    uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
    uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;

    for (uint64_t seed = first; seed < first + seeds; seed++) {
        const char *wrong = live(seed, seeds == 1);
        if (wrong == NULL)
            continue;
        printf("seed %" PRIu64 ": not so: %s; replay with: %s 1 %" PRIu64 "\n", seed, wrong,
               program, seed);
        return false;
    }
    printf("%" PRIu64 " histories, from seed %" PRIu64, seeds, first);
    return true;
}

#endif
