/* Decides whether the owner of claims lives; see owner_liveness.h. */
#include "delivery/owner_liveness.h"

void catga_owner_liveness_init(catga_owner_liveness *liveness, int64_t lease_ns)
{
    *liveness = (catga_owner_liveness){.lease_ns = lease_ns};
}

void catga_owner_liveness_found(catga_owner_liveness *liveness, uint64_t number)
{
    if (number > liveness->newest)
        liveness->newest = number;
}

/* Returns the time for an answer, rounded up so that ASKS questions cover the lease. */
static int64_t time_to_answer(const catga_owner_liveness *liveness)
{
    return liveness->lease_ns / CATGA_OWNER_ASKS + 1;
}

/*
 * Returns whether the question counts. A late asker was suspended: the answer may be in its socket.
 */
static bool counts(const catga_owner_liveness *liveness, int64_t now)
{
    return liveness->control_answered && now - liveness->asked_at <= 2 * time_to_answer(liveness);
}

static void count(catga_owner_liveness *liveness)
{
    bool in_a_row = liveness->unanswered != 0 &&
                    liveness->asked_at - liveness->last_asked_at <= liveness->lease_ns;

    if (!in_a_row) {
        liveness->unanswered = 0;
        liveness->first_asked_at = liveness->asked_at;
    }
    liveness->unanswered++;
    liveness->last_asked_at = liveness->asked_at;
    liveness->covered = liveness->asked_about;
}

bool catga_owner_liveness_tick(catga_owner_liveness *liveness, int64_t now)
{
    if (!liveness->asking)
        return true;
    if (now < catga_owner_liveness_due(liveness))
        return false;
    liveness->asking = false;
    if (counts(liveness, now))
        count(liveness);
    return true;
}

int64_t catga_owner_liveness_due(const catga_owner_liveness *liveness)
{
    return liveness->asking ? liveness->asked_at + time_to_answer(liveness) : 0;
}

void catga_owner_liveness_asked(catga_owner_liveness *liveness, int64_t now)
{
    liveness->asking = true;
    liveness->control_answered = false;
    liveness->asked_at = now;
    liveness->asked_about = liveness->newest;
}

void catga_owner_liveness_control_answered(catga_owner_liveness *liveness)
{
    liveness->control_answered = liveness->asking;
}

bool catga_owner_liveness_is_silent(const catga_owner_liveness *liveness, uint64_t number,
                                    int64_t now)
{
    int64_t end = liveness->last_asked_at + time_to_answer(liveness);

    return liveness->unanswered >= CATGA_OWNER_ASKS &&
           end - liveness->first_asked_at >= liveness->lease_ns && number <= liveness->covered &&
           now - liveness->last_asked_at <= liveness->lease_ns;
}
