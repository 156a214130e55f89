/* What becomes of a stored event; see handling.h. */
#include "delivery/handling.h"

/* A dead letter that finds no place is tried again after this, or after the longest pause. */
enum { BURY_AGAIN_MS = 1000 };

void catga_handling_init(catga_handling *handling, const catga_handling_rules *rules,
                         uint32_t deliveries)
{
    *handling = (catga_handling){
        .rules = *rules,
        .attempt = deliveries == 0 ? 1 : deliveries,
        .phase = CATGA_HANDLING_NEW,
    };
}

static catga_handling_action settle(catga_handling *handling, catga_handling_action action)
{
    handling->phase = CATGA_HANDLING_SETTLED;
    return action;
}

static catga_handling_action end(catga_handling *handling, catga_handling_cause cause)
{
    handling->cause = cause;
    if (!handling->rules.dead_letter)
        return settle(handling, CATGA_HANDLING_GIVE_UP);
    handling->phase = CATGA_HANDLING_BURYING;
    return CATGA_HANDLING_BURY;
}

/* The schema's pause after this attempt: the first, doubled for each that went before. */
static int64_t pause_ms(const catga_handling *handling)
{
    uint64_t pause = handling->rules.backoff_ms;
    uint64_t longest = handling->rules.backoff_longest_ms;

    for (uint32_t i = 1; i < handling->attempt && pause != 0 && pause < longest; i++)
        pause *= 2;
    return (int64_t)(pause < longest ? pause : longest);
}

static catga_handling_action begin(catga_handling *handling)
{
    uint64_t most = (uint64_t)handling->rules.retries + 1 + CATGA_LOST_ATTEMPTS;

    if (handling->attempt > most)
        return end(handling, CATGA_CAUSE_LOST);
    handling->phase = CATGA_HANDLING_RUNNING;
    return CATGA_HANDLING_RUN;
}

static catga_handling_action try_again(catga_handling *handling, int64_t delay_ms)
{
    if (handling->attempt > handling->rules.retries)
        return end(handling, CATGA_CAUSE_ATTEMPTS);
    handling->delay_ms = delay_ms;
    return settle(handling, CATGA_HANDLING_RETRY);
}

static catga_handling_action bury_again(catga_handling *handling)
{
    int64_t longest = handling->rules.backoff_longest_ms;

    handling->delay_ms = longest > BURY_AGAIN_MS ? longest : BURY_AGAIN_MS;
    return settle(handling, CATGA_HANDLING_RETRY);
}

static bool fits(catga_handling_phase phase, catga_handling_event event)
{
    switch (event) {
    case CATGA_HANDLING_CAME:
    case CATGA_HANDLING_CAME_BAD:
        return phase == CATGA_HANDLING_NEW;
    case CATGA_HANDLING_SUCCEEDED:
    case CATGA_HANDLING_FAILED:
    case CATGA_HANDLING_POSTPONED:
    case CATGA_HANDLING_REJECTED:
        return phase == CATGA_HANDLING_RUNNING;
    case CATGA_HANDLING_BURIED:
    case CATGA_HANDLING_UNBURIED:
        return phase == CATGA_HANDLING_BURYING;
    }
    return false;
}

catga_handling_action catga_handling_step(catga_handling *handling, catga_handling_event event,
                                          int64_t delay_ms)
{
    if (!fits(handling->phase, event))
        return CATGA_HANDLING_NOTHING;
    switch (event) {
    case CATGA_HANDLING_CAME:
        return begin(handling);
    case CATGA_HANDLING_CAME_BAD:
        return end(handling, CATGA_CAUSE_BAD_MESSAGE);
    case CATGA_HANDLING_SUCCEEDED:
        return settle(handling, CATGA_HANDLING_DONE);
    case CATGA_HANDLING_FAILED:
        return try_again(handling, pause_ms(handling));
    case CATGA_HANDLING_POSTPONED:
        return try_again(handling, delay_ms);
    case CATGA_HANDLING_REJECTED:
        return end(handling, CATGA_CAUSE_REJECTED);
    case CATGA_HANDLING_BURIED:
        return settle(handling, CATGA_HANDLING_GIVE_UP);
    case CATGA_HANDLING_UNBURIED:
        return bury_again(handling);
    }
    return CATGA_HANDLING_NOTHING;
}
