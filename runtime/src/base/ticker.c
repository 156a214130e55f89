/* A thread that calls functions periodically; see ticker.h. */
#include "base/ticker.h"

#include "base/clock.h"
#include "base/signals.h"

/* Calls every function, under the lock. Returns the time of the next call. */
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
        (void)pthread_cond_clockwait(&ticker->changed, &ticker->lock, CLOCK_MONOTONIC, &next);
    }
    pthread_mutex_unlock(&ticker->lock);
    return NULL;
}

void catga_ticker_begin(catga_ticker *ticker)
{
    *ticker = (catga_ticker){.list = NULL};
    pthread_mutex_init(&ticker->lock, NULL);
    pthread_cond_init(&ticker->changed, NULL);
}

void catga_ticker_end(catga_ticker *ticker)
{
    pthread_mutex_lock(&ticker->lock);
    ticker->stopping = true;
    pthread_cond_signal(&ticker->changed);
    pthread_mutex_unlock(&ticker->lock);
    if (ticker->running)
        pthread_join(ticker->thread, NULL);
    pthread_cond_destroy(&ticker->changed);
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
        pthread_cond_signal(&ticker->changed);
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
