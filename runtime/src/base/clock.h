/* Reads the monotonic clock, in nanoseconds. */
#ifndef CATGA_CLOCK_H
#define CATGA_CLOCK_H

#include "base/monotime.h"

#include <time.h>

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

static inline struct timespec catga_clock_timespec(int64_t time)
{
    struct timespec spec = {.tv_sec = (time_t)(time / CATGA_SECOND),
                            .tv_nsec = (long)(time % CATGA_SECOND)};

    return spec;
}

#endif
