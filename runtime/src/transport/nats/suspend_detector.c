/* The reconnect thread wakes regularly, and so notices that it has slept too long. */
#include "transport/nats/suspend_detector.h"

#include "base/clock.h"

/* A wake-up this late means that the process was suspended. */
#define SUSPENDED (2 * CATGA_NATS_WAKE_NS)

/* Data that is read within this time after a suspend may have arrived before its end. */
#define CATCHING_UP (250 * CATGA_MILLISECOND)

void catga_nats_suspend_init(catga_nats_suspend_detector *detector)
{
    *detector =
        (catga_nats_suspend_detector){.asleep_ns = CATGA_FOREVER, .began_ns = 0, .ended_ns = 0};
}

void catga_nats_suspend_sleep(catga_nats_suspend_detector *detector)
{
    atomic_store(&detector->asleep_ns, catga_clock_now());
}

void catga_nats_suspend_wake(catga_nats_suspend_detector *detector)
{
    int64_t now = catga_clock_now();
    int64_t asleep = atomic_load(&detector->asleep_ns);

    if (now - asleep > SUSPENDED) {
        atomic_store(&detector->began_ns, asleep);
        atomic_store(&detector->ended_ns, now);
    }
    atomic_store(&detector->asleep_ns, CATGA_FOREVER);
}

int64_t catga_nats_suspend_before(catga_nats_suspend_detector *detector, int64_t time)
{
    int64_t asleep = atomic_load(&detector->asleep_ns);

    if (asleep < time && time - asleep > SUSPENDED)
        return asleep; /* the reconnect thread has not woken yet */
    int64_t ended = atomic_load(&detector->ended_ns);
    return ended != 0 && time < ended + CATCHING_UP ? atomic_load(&detector->began_ns) : time;
}
