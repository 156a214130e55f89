/* The monotonic clock in nanoseconds, and arithmetic on it that saturates. */
#ifndef CATGA_CLOCK_H
#define CATGA_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CATGA_FOREVER     INT64_MAX
#define CATGA_MILLISECOND INT64_C(1000000)
#define CATGA_SECOND      INT64_C(1000000000)

static inline int64_t catga_clock_of(const struct timespec *spec)
{
    return (int64_t)spec->tv_sec * CATGA_SECOND + spec->tv_nsec;
}

static inline int64_t catga_clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return catga_clock_of(&now);
}

/* When `span` nanoseconds, 0 or more, have passed after `time`. */
static inline int64_t catga_clock_after(int64_t time, int64_t span)
{
    return span > CATGA_FOREVER - time ? CATGA_FOREVER : time + span;
}

/*
 * The whole milliseconds from `now` until `time`: 0 when it has passed, INT64_MAX when it never
 * comes.
 */
static inline int64_t catga_clock_left_ms(int64_t time, int64_t now)
{
    if (time == CATGA_FOREVER)
        return INT64_MAX;
    return time <= now ? 0 : (time - now) / CATGA_MILLISECOND;
}

static inline struct timespec catga_clock_timespec(int64_t time)
{
    struct timespec spec = {.tv_sec = (time_t)(time / CATGA_SECOND),
                            .tv_nsec = (long)(time % CATGA_SECOND)};
    return spec;
}

#endif
