/* A thread that calls functions again and again; see ticker.h. */
#include "base/ticker.h"

#include "base/clock.h"
#include "base/signals.h"

#include <errno.h>

/* Under the lock: calls every function; returns when the next call is due. */
static int64_t call_all(catga_ticker *ticker)
{
    int64_t interval_ns = CATGA_FOREVER;

    for (catga_tick *tick = ticker->list; tick != NULL; tick = tick->next) {
        tick->function(tick->user);
        if (tick->interval_ns < interval_ns)
            interval_ns = tick->interval_ns;
    }
    return catga_clock_after(catga_clock_now(), interval_ns);
}

static void *run(void *argument)
{
    catga_ticker *ticker = argument;

    pthread_mutex_lock(&ticker->lock);
    while (!ticker->stopping) {
        struct timespec next = catga_clock_timespec(call_all(ticker));
        pthread_mutex_unlock(&ticker->lock);
        while (sem_clockwait(&ticker->stop, CLOCK_MONOTONIC, &next) != 0 && errno == EINTR)
            continue;
        pthread_mutex_lock(&ticker->lock);
    }
    pthread_mutex_unlock(&ticker->lock);
    return NULL;
}

void catga_ticker_begin(catga_ticker *ticker)
{
    *ticker = (catga_ticker){.list = NULL};
    pthread_mutex_init(&ticker->lock, NULL);
    sem_init(&ticker->stop, 0, 0);
}

void catga_ticker_end(catga_ticker *ticker)
{
    pthread_mutex_lock(&ticker->lock);
    ticker->stopping = true;
    pthread_mutex_unlock(&ticker->lock);
    if (ticker->running) {
        sem_post(&ticker->stop);
        pthread_join(ticker->thread, NULL);
    }
    sem_destroy(&ticker->stop);
    pthread_mutex_destroy(&ticker->lock);
}

bool catga_ticker_add(catga_ticker *ticker, catga_tick *tick)
{
    pthread_mutex_lock(&ticker->lock);
    if (!ticker->running)
        ticker->running = catga_thread_start(&ticker->thread, run, ticker);
    if (ticker->running) {
        tick->next = ticker->list;
        ticker->list = tick;
        sem_post(&ticker->stop);
    }
    bool added = ticker->running;
    pthread_mutex_unlock(&ticker->lock);
    return added;
}

void catga_ticker_remove(catga_ticker *ticker, catga_tick *tick)
{
    pthread_mutex_lock(&ticker->lock);
    for (catga_tick **at = &ticker->list; *at != NULL; at = &(*at)->next) {
        if (*at == tick) {
            *at = tick->next;
            break;
        }
    }
    pthread_mutex_unlock(&ticker->lock);
}
