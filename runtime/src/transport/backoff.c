#include "transport/backoff.h"

#include "base/monotime.h"

#include <stdlib.h>

#define SHORTEST (100 * CATGA_MILLISECOND)
#define LONGEST  (500 * CATGA_MILLISECOND)
#define JITTER   (50 * CATGA_MILLISECOND)

void catga_backoff_reset(catga_backoff *backoff, int64_t now)
{
    *backoff = (catga_backoff){.next_ns = now, .pause_ns = SHORTEST};
}

void catga_backoff_plan(catga_backoff *backoff, int64_t now, bool grow)
{
    backoff->next_ns = now + backoff->pause_ns + (int64_t)arc4random_uniform((uint32_t)JITTER);
    if (grow)
        backoff->pause_ns = backoff->pause_ns * 2 > LONGEST ? LONGEST : backoff->pause_ns * 2;
}
