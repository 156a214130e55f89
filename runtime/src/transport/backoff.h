/* Back-off between attempts to connect, with jitter. */
#ifndef CATGA_TRANSPORT_BACKOFF_H
#define CATGA_TRANSPORT_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

typedef struct catga_backoff {
    int64_t next_ns;  /* earliest time of the next attempt */
    int64_t pause_ns; /* between attempts, before jitter */
} catga_backoff;

/* Allows the next attempt at `now`, with the shortest pause after it. */
void catga_backoff_reset(catga_backoff *backoff, int64_t now);

/* Plans the next attempt after a pause. With `grow`, doubles later pauses, up to a limit. */
void catga_backoff_plan(catga_backoff *backoff, int64_t now, bool grow);

#endif
