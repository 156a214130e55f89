/* Signs of life; see beat.h. */
#include "bus/beat.h"

#include "base/clock.h"
#include "base/signals.h"

#include <errno.h>
#include <sched.h>

enum { IDLE, WORKING, TELLING };

void catga_beat_on(catga_beat *beat, const char *reply)
{
    beat->reply = reply;
    atomic_fetch_add_explicit(&beat->serial, 1, memory_order_relaxed);
    atomic_store_explicit(&beat->phase, WORKING, memory_order_release);
}

/* While the server is being told, the reply is read: for as long as it takes to send a line. */
void catga_beat_off(catga_beat *beat)
{
    int expected = WORKING;
    while (!atomic_compare_exchange_weak(&beat->phase, &expected, IDLE)) {
        if (expected == TELLING)
            sched_yield();
        expected = WORKING;
    }
}

/* What was there the last time too has been worked on for an interval. */
static void look(catga_beats *beats, catga_beat *beat)
{
    unsigned serial = atomic_load(&beat->serial);
    int expected = WORKING;
    if (serial == beat->seen &&
        atomic_compare_exchange_strong(&beat->phase, &expected, TELLING)) {
        beats->transport->operations->settle(beats->transport, beat->reply, CATGA_SETTLE_PROGRESS,
                                             0);
        atomic_store(&beat->phase, WORKING);
    }
    beat->seen = serial;
}

static void *run(void *argument)
{
    catga_beats *beats = argument;
    for (;;) {
        struct timespec next = catga_clock_timespec(catga_clock_now() + beats->interval_ns);
        int result;
        do
            result = sem_clockwait(&beats->stop, CLOCK_MONOTONIC, &next);
        while (result != 0 && errno == EINTR);
        if (result == 0)
            return NULL;
        pthread_mutex_lock(&beats->lock);
        for (catga_beat *beat = beats->list; beat != NULL; beat = beat->next)
            look(beats, beat);
        pthread_mutex_unlock(&beats->lock);
    }
}

void catga_beats_begin(catga_beats *beats)
{
    pthread_mutex_init(&beats->lock, NULL);
    sem_init(&beats->stop, 0, 0);
}

catga_status catga_beats_start(catga_beats *beats, catga_transport *transport, int interval_ms)
{
    if (beats->running)
        return CATGA_OK;
    beats->transport = transport;
    beats->interval_ns = interval_ms * CATGA_MILLISECOND;
    beats->running = catga_thread_start(&beats->thread, run, beats);
    return beats->running ? CATGA_OK : CATGA_NO_MEMORY;
}

void catga_beats_stop(catga_beats *beats)
{
    if (!beats->running)
        return;
    sem_post(&beats->stop);
    pthread_join(beats->thread, NULL);
    beats->running = false;
}

void catga_beats_end(catga_beats *beats)
{
    sem_destroy(&beats->stop);
    pthread_mutex_destroy(&beats->lock);
}

void catga_beats_add(catga_beats *beats, catga_beat *beat)
{
    pthread_mutex_lock(&beats->lock);
    beat->next = beats->list;
    beats->list = beat;
    pthread_mutex_unlock(&beats->lock);
}

void catga_beats_remove(catga_beats *beats, catga_beat *beat)
{
    pthread_mutex_lock(&beats->lock);
    for (catga_beat **at = &beats->list; *at != NULL; at = &(*at)->next) {
        if (*at == beat) {
            *at = beat->next;
            break;
        }
    }
    pthread_mutex_unlock(&beats->lock);
}
