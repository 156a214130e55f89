/*
 * Idleness of the broker, for tests: whether any message is on its way or in a handler.
 *
 * Messages move while this looks, and what is in a handler may send more to a member that has been
 * looked at already. But nothing moves without entering a member, which counts before it makes the
 * member busy: if no member was busy, and each has been entered as often after the store was looked
 * at as before, then all were free at that moment.
 */
#include "base/clock.h"
#include "base/running.h"
#include "transport/local/broker.h"

enum { PAUSE_MS = 1 };

/* Totals of all members. */
typedef struct look {
    uint64_t entered;
    bool busy; /* a message is on its way to one, or in its handler */
} look;

static void look_at(const catga_subscription *member, look *seen)
{
    for (; member != NULL; member = member->next) {
        seen->entered += atomic_load(&member->entered);
        /* A message is counted among the held ones before it leaves those that wait. */
        seen->busy = seen->busy || atomic_load(&member->waiting) != 0;
        if (atomic_load(&member->stage) != CATGA_LOCAL_FREE && member->queue != NULL)
            seen->busy = seen->busy || atomic_load(&member->queue->held) != 0;
    }
}

static look look_at_all(catga_local *broker)
{
    look seen = {0, false};

    for (size_t i = 0; i < CATGA_LOCAL_BUCKETS; i++)
        for (catga_local_subject *subject = atomic_load(&broker->subjects[i]); subject != NULL;
             subject = subject->next)
            for (catga_local_group *group = atomic_load(&subject->groups); group != NULL;
                 group = group->next)
                look_at(atomic_load(&group->members), &seen);
    return seen;
}

/* Under `changing`, no queue is freed meanwhile. */
static bool is_idle(catga_local *broker)
{
    pthread_mutex_lock(&broker->changing);
    look before = look_at_all(broker);
    bool idle = !before.busy && catga_local_store_is_idle(broker);
    look after = look_at_all(broker);
    pthread_mutex_unlock(&broker->changing);
    return idle && !after.busy && after.entered == before.entered;
}

catga_status catga_local_wait_idle(catga_local *local, int timeout_ms)
{
    int64_t end = catga_clock_after(catga_clock_now(), timeout_ms * CATGA_MILLISECOND);

    if (catga_process_is_forked(&local->process))
        return CATGA_CLOSED;
    if (catga_running_any())
        return CATGA_WOULD_DEADLOCK;
    while (!is_idle(local)) {
        if (catga_clock_now() >= end)
            return CATGA_TIMEOUT;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * CATGA_MILLISECOND}, NULL);
    }
    return CATGA_OK;
}
