/* Idleness of the broker, for tests: no message is under way or in a handler.
 *
 * Messages move while this looks, and a handler may send more to a member that was already checked.
 * But each message enters a member first, which counts it before the member is busy. So this counts
 * entries before and after it checks the consumers. If no member was busy, and the counts are
 * equal, then all were idle at that moment.
 */
#include "base/clock.h"
#include "base/running.h"
#include "transport/local/consumers.h"
#include "transport/local/readers.h"
#include "transport/local/routes.h"

enum { PAUSE_MS = 1 };

/* Totals of all members. */
typedef struct look {
    uint64_t entered;
    bool busy; /* a message is under way to a member, or in its handler */
} look;

static void look_at(const catga_subscription *member, look *seen)
{
    for (; member != NULL; member = member->next) {
        seen->entered += atomic_load(&member->entered);
        /* a message is held before it stops waiting */
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

/* Takes `changing`, so that no queue is freed meanwhile. */
static bool is_idle(catga_local *broker)
{
    pthread_mutex_lock(&broker->changing);
    look before = look_at_all(broker);
    bool idle =
        !before.busy && catga_local_consumers_idle(broker) && catga_local_readers_idle(broker);
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
