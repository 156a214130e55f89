#include "middleware.h"

#include <time.h>

/* Returns nanoseconds of a clock that nobody sets: after a step back of the time of day, the rate
 * would be used up until the old time. */
static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Takes one message of the rate. Each moves full_at by an interval; the burst is used up when
 * full_at is more than a burst ahead. */
static bool take(rate *limit, int64_t now)
{
    int64_t full = atomic_load(&limit->full_at);
    int64_t next;

    do {
        next = (full > now ? full : now) + limit->interval_ns;
        if (next > now + limit->burst * limit->interval_ns)
            return false;
    } while (!atomic_compare_exchange_weak(&limit->full_at, &full, next));
    return true;
}

catga_status limit_rate(catga_context *context, catga_next *next, void *limit)
{
    if (!take(limit, now_ns()))
        return catga_deny(context, CATGA_OVERLOADED, "too many messages in a short time");
    return catga_run_next(next);
}
