/*
 * scaling: how memory, time and requests to the server grow with the handlers of a process, with
 * the replicas of a stored broadcast, and with the bytes of a message. It has no other side. It
 * takes some minutes, so `run` measures it only when it is named.
 */

#include "side/scaling.h"

#include "bench.h"

bool scaling_is_quick(void)
{
    return getenv("BENCH_ONCE") != NULL;
}

static void sleep_for(double seconds)
{
    const struct timespec time = {.tv_sec = (time_t)seconds,
                                  .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};

    nanosleep(&time, NULL);
}

scaling_requests scaling_count(const api_counter *counter, size_t before)
{
    /* The counter's last requests are on their way for a moment. The state of streams and consumers
     * is checked every three seconds. */
    const double moment = 0.1;
    const double seconds = scaling_is_quick() ? 0.2 : 6;
    scaling_requests result;

    sleep_for(moment);
    size_t all = atomic_load(&counter->requests->all);
    size_t info = atomic_load(&counter->requests->info);
    sleep_for(seconds);
    result.to_start = all - before;
    result.idle = (double)(atomic_load(&counter->requests->all) - all) / seconds;
    result.idle_info = (double)(atomic_load(&counter->requests->info) - info) / seconds;
    return result;
}

int main(void)
{
    api_counter counter = api_counter_start();

    setvbuf(stdout, NULL, _IOLBF, 0);
    scaling_replicas(&counter); /* first, since the server frees memory late */
    scaling_handlers(&counter);
    scaling_bytes();
    api_counter_stop(&counter);
    return 0;
}
