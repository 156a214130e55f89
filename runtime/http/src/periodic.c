/* Calls a function at fixed intervals; see periodic.h. */
#include "periodic.h"

#include "signals.h"

#include <time.h>

enum { NANOSECONDS_PER_MILLISECOND = 1000000, NANOSECONDS_PER_SECOND = 1000000000 };

static void add_ms(struct timespec *time, unsigned milliseconds)
{
    time->tv_sec += milliseconds / 1000;
    time->tv_nsec += (long)(milliseconds % 1000) * NANOSECONDS_PER_MILLISECOND;
    time->tv_sec += time->tv_nsec / NANOSECONDS_PER_SECOND;
    time->tv_nsec %= NANOSECONDS_PER_SECOND;
}

/* Waits for the next interval. Returns false at the end of the thread. */
static bool wait_for(http_periodic *periodic, const struct timespec *time)
{
    int waited = 0;

    pthread_mutex_lock(&periodic->lock);
    while (!periodic->ends && waited == 0)
        waited = pthread_cond_timedwait(&periodic->ended, &periodic->lock, time);
    bool goes_on = !periodic->ends;
    pthread_mutex_unlock(&periodic->lock);
    return goes_on;
}

/* Returns the end of an interval that begins now: intervals that were missed are not made up. */
static struct timespec next_time(const http_periodic *periodic)
{
    struct timespec next;

    clock_gettime(CLOCK_MONOTONIC, &next);
    add_ms(&next, periodic->interval_ms);
    return next;
}

static void *run(void *user)
{
    http_periodic *periodic = user;
    struct timespec next = next_time(periodic);

    while (wait_for(periodic, &next)) {
        next = next_time(periodic);
        periodic->run(periodic->user);
    }
    return NULL;
}

static void destroy(http_periodic *periodic)
{
    pthread_cond_destroy(&periodic->ended);
    pthread_mutex_destroy(&periodic->lock);
}

bool http_periodic_start(http_periodic *periodic, unsigned interval_ms,
                         void (*function)(void *user), void *user)
{
    pthread_condattr_t attributes;
    sigset_t before;

    periodic->ends = false;
    periodic->interval_ms = interval_ms;
    periodic->run = function;
    periodic->user = user;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&periodic->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&periodic->lock, NULL);
    http_signals_block(&before);
    int error = pthread_create(&periodic->thread, NULL, run, periodic);
    http_signals_restore(&before);
    if (error != 0)
        destroy(periodic);
    return error == 0;
}

void http_periodic_stop(http_periodic *periodic)
{
    pthread_mutex_lock(&periodic->lock);
    periodic->ends = true;
    pthread_cond_signal(&periodic->ended);
    pthread_mutex_unlock(&periodic->lock);
    pthread_join(periodic->thread, NULL);
    destroy(periodic);
}
