/* Finds the bucket of a duration; see metrics_buckets.h. */
#include "observe/metrics_buckets.h"

#define MICROSECONDS(count) (UINT64_C(1000) * (count))

const catga_metrics_bound catga_metrics_bounds[CATGA_METRICS_BUCKETS] = {
    {MICROSECONDS(500), "0.0005"},  {MICROSECONDS(1000), "0.001"},
    {MICROSECONDS(2000), "0.002"},  {MICROSECONDS(5000), "0.005"},
    {MICROSECONDS(10000), "0.01"},  {MICROSECONDS(25000), "0.025"},
    {MICROSECONDS(50000), "0.05"},  {MICROSECONDS(100000), "0.1"},
    {MICROSECONDS(250000), "0.25"}, {MICROSECONDS(500000), "0.5"},
    {MICROSECONDS(1000000), "1.0"}, {MICROSECONDS(2500000), "2.5"},
    {MICROSECONDS(5000000), "5.0"}, {MICROSECONDS(10000000), "10.0"},
    {UINT64_MAX, "+Inf"},
};

enum { LONGEST_BITS = 35 }; /* longer durations are in the last bucket */

/* The first bucket that can have a duration of so many bits: its bound is at least
 * 2^(bits - 1). */
static const uint8_t first_of[LONGEST_BITS + 1] = {
    [20] = 1, [21] = 2, [22] = 3,  [23] = 3,  [24] = 4,  [25] = 5,  [26] = 6,  [27] = 7,
    [28] = 8, [29] = 9, [30] = 10, [31] = 11, [32] = 11, [33] = 12, [34] = 13, [35] = 14,
};

unsigned catga_metrics_bucket(uint64_t duration_ns)
{
    unsigned bits = duration_ns == 0 ? 0 : 64 - (unsigned)__builtin_clzll(duration_ns);
    unsigned bucket = first_of[bits < LONGEST_BITS ? bits : LONGEST_BITS];

    while (duration_ns > catga_metrics_bounds[bucket].most_ns)
        bucket++;
    return bucket;
}
