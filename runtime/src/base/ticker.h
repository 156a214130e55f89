/* A thread that calls functions periodically. It runs only while functions are registered. */
#ifndef CATGA_TICKER_H
#define CATGA_TICKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* A registered function; the caller owns the memory. */
typedef struct catga_tick {
    struct catga_tick *next;
    void (*function)(void *user);
    void *user;
    int64_t interval_ns; /* longest pause between two calls */
} catga_tick;

typedef struct catga_ticker {
    pthread_mutex_t lock; /* guards the fields below; held during calls */
    catga_tick *list;
    pthread_t thread;
    bool running;
    pthread_cond_t changed; /* signalled to end the thread, and for changes of the list */
    bool stopping;
} catga_ticker;

void catga_ticker_begin(catga_ticker *ticker);

/* Ends the thread. All functions have been removed. */
void catga_ticker_end(catga_ticker *ticker);

/* Registers a function. Returns false if the thread cannot be started. */
bool catga_ticker_add(catga_ticker *ticker, catga_tick *tick);

/* Removes a function: no call is running or follows when this returns. Registered functions must
 * not call it. */
void catga_ticker_remove(catga_ticker *ticker, catga_tick *tick);

#endif
