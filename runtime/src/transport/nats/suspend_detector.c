/*
 * Times in which the process did not run: it was stopped by a signal or a debugger, or frozen. What
 * lay in its sockets meanwhile is older than it looks, and who asked may have given up. The
 * reconnect thread, which wakes every so often, finds that it has slept for too long.
 */
#include "base/clock.h"
#include "transport/nats/nats_transport.h"

/* Who sleeps for so much longer than it wanted was stopped. */
#define STOP (2 * CATGA_NATS_WAKE_NS)

/* What is read within this time after a stop may have come before its end. */
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

    if (now - asleep > STOP) {
        atomic_store(&detector->began_ns, asleep);
        atomic_store(&detector->ended_ns, now);
    }
    atomic_store(&detector->asleep_ns, CATGA_FOREVER);
}

int64_t catga_nats_suspend_before(catga_nats_suspend_detector *detector, int64_t time)
{
    int64_t asleep = atomic_load(&detector->asleep_ns);

    if (asleep < time && time - asleep > STOP)
        return asleep; /* the reconnect thread has yet to find out */
    int64_t ended = atomic_load(&detector->ended_ns);
    return ended != 0 && time < ended + CATCHING_UP ? atomic_load(&detector->began_ns) : time;
}
