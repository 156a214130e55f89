/* The difference of the server's clock to the monotonic clock of this process: deadlines travel as
 * times of the server. */
#ifndef CATGA_REDIS_SERVER_CLOCK_H
#define CATGA_REDIS_SERVER_CLOCK_H

#include "base/monotime.h"

#include <stdatomic.h>

typedef struct catga_redis_clock {
    _Atomic(int64_t) ahead_ns; /* 0: unknown */
    _Atomic(int64_t)
        jumped_ns; /* when a difference by more than CATGA_REDIS_CLOCK_JUMP was noted */
} catga_redis_clock;

/* A server of another machine, or one whose clock was set, may show another time. So may one of the
 * same machine after a suspend: the monotonic clock stands still meanwhile. */
#define CATGA_REDIS_CLOCK_JUMP CATGA_SECOND

/* Notes that the server's clock showed `server_us` between two times of this process. */
static inline void catga_redis_clock_set(catga_redis_clock *clock, int64_t server_us,
                                         int64_t sent_ns, int64_t came_ns)
{
    int64_t ahead_ns = server_us * 1000 - (sent_ns + (came_ns - sent_ns) / 2);
    int64_t change_ns = ahead_ns - atomic_exchange(&clock->ahead_ns, ahead_ns);

    if (change_ns > CATGA_REDIS_CLOCK_JUMP || change_ns < -CATGA_REDIS_CLOCK_JUMP)
        atomic_store(&clock->jumped_ns, came_ns);
}

/* Converts a monotonic time to milliseconds of the server's clock; 0: unknown. */
static inline int64_t catga_redis_clock_server_ms(catga_redis_clock *clock, int64_t time_ns)
{
    int64_t ahead_ns = atomic_load_explicit(&clock->ahead_ns, memory_order_relaxed);

    return ahead_ns == 0 || time_ns == 0 || time_ns > CATGA_FOREVER - ahead_ns
               ? 0
               : (time_ns + ahead_ns) / CATGA_MILLISECOND;
}

/* Converts milliseconds of the server's clock to a monotonic time; 0: unknown. */
static inline int64_t catga_redis_clock_local_ns(catga_redis_clock *clock, int64_t server_ms)
{
    int64_t ahead_ns = atomic_load_explicit(&clock->ahead_ns, memory_order_relaxed);
    int64_t time_ns = server_ms > 0 && server_ms < CATGA_FOREVER / CATGA_MILLISECOND
                          ? server_ms * CATGA_MILLISECOND - ahead_ns
                          : 0;

    return ahead_ns == 0 || time_ns <= 0 ? 0 : time_ns;
}

#endif
