/*
 * What every simulated world is subject to: chance, which follows from a seed, and time, which goes
 * from one moment to the next. A world contains its fate, and a queue of the moments that are to
 * come: fate says when each of them is, and at which place of the queue. What can happen, and what
 * must hold, is the world's own. `all_hold` is the program: one seed is one history.
 */
#ifndef FATE_H
#define FATE_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MOMENTS = 512, /* that are to come, at once */
    CALM = 250     /* moments in which something may go wrong */
};

typedef struct fate {
    uint64_t random;
    int64_t now;
    unsigned steps;
    unsigned
        calm_after; /* so many moments nothing goes wrong any more; CALM, or as the world says */
    bool calm;      /* nothing goes wrong any more */
    int64_t times[MOMENTS]; /* of what is to come, in no order */
    size_t length;
    const char *wrong; /* the first that did not hold */
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

/* How many of a message arrive: the network loses and doubles it. */
static inline unsigned draw_copies(fate *f, unsigned percent_doubled)
{
    if (chance(f, 12))
        return 0;
    return chance(f, percent_doubled) ? 2 : 1;
}

/* When one arrives, in milliseconds: out of order by being late. */
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

/* The place in the queue for what comes after the delay. */
static inline size_t fate_plan(fate *f, int64_t delay)
{
    must(f, delay >= 0, "time does not go back");
    must(f, f->length < MOMENTS, "the world is bounded");
    size_t place = f->length < MOMENTS ? f->length++ : MOMENTS - 1;
    f->times[place] = f->now + delay;
    return place;
}

/* On to the next moment; the queue's last belongs at its place then. False: quiet, or wrong. */
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

/* The arguments are [SEEDS [FIRST]]; `live` says what was wrong, and shows a seed that is alone. */
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
