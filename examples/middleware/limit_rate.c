#include "middleware.h"

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
    if (!take(limit, catga_timestamp_now()))
        return catga_deny(context, CATGA_OVERLOADED, "too many messages in a short time");
    return catga_run_next(next);
}
