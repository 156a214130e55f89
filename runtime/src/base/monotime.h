/* Times and spans in nanoseconds of a monotonic clock, with saturating arithmetic. Reads no
 * clock. */
#ifndef CATGA_MONOTIME_H
#define CATGA_MONOTIME_H

#include <stdint.h>

#define CATGA_FOREVER     INT64_MAX
#define CATGA_MILLISECOND INT64_C(1000000)
#define CATGA_SECOND      INT64_C(1000000000)

/* Returns the time `span` nanoseconds (0 or more) after `time`. */
static inline int64_t catga_clock_after(int64_t time, int64_t span)
{
    return span > CATGA_FOREVER - time ? CATGA_FOREVER : time + span;
}

/* Returns the whole milliseconds from `now` until `time`: 0 if `time` has passed, INT64_MAX for
 * never. */
static inline int64_t catga_clock_left_ms(int64_t time, int64_t now)
{
    if (time == CATGA_FOREVER)
        return INT64_MAX;
    return time <= now ? 0 : (time - now) / CATGA_MILLISECOND;
}

#endif
