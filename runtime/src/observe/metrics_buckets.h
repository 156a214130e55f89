/* The buckets of durations. A bucket has the durations up to its bound, above the one before. */
#ifndef CATGA_METRICS_BUCKETS_H
#define CATGA_METRICS_BUCKETS_H

#include <stdint.h>

enum { CATGA_METRICS_BUCKETS = 15 };

typedef struct catga_metrics_bound {
    uint64_t most_ns;
    const char *text; /* in seconds, as both formats write it */
} catga_metrics_bound;

extern const catga_metrics_bound catga_metrics_bounds[CATGA_METRICS_BUCKETS];

/* Returns the bucket of a duration. A power of two has few bounds, so the search is short. */
unsigned catga_metrics_bucket(uint64_t duration_ns);

#endif
