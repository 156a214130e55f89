/*
 * A thread that calls functions again and again. It runs only while there is something to call.
 */
#ifndef CATGA_TICKER_H
#define CATGA_TICKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* One function; the memory belongs to whoever adds it. */
typedef struct catga_tick {
    struct catga_tick *next;
    void (*function)(void *user);
    void *user;
    int64_t interval_ns; /* it is called about so often, perhaps more often */
} catga_tick;

typedef struct catga_ticker {
    pthread_mutex_t lock; /* guards the rest; held while a function is called */
    catga_tick *list;
    pthread_t thread;
    bool running;
    pthread_cond_t changed; /* posted to end the thread, and when the list changes */
    bool stopping;
} catga_ticker;

void catga_ticker_begin(catga_ticker *ticker);

/* Ends the thread. Everything has been removed. */
void catga_ticker_end(catga_ticker *ticker);

/* False when there is no thread. */
bool catga_ticker_add(catga_ticker *ticker, catga_tick *tick);

/* The function is not called any more when this returns. Not to be called by such a function. */
void catga_ticker_remove(catga_ticker *ticker, catga_tick *tick);

#endif
