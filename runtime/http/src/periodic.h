/* A thread that calls a function at fixed intervals. It receives no signals. */
#ifndef CATGA_HTTP_PERIODIC_H
#define CATGA_HTTP_PERIODIC_H

#include <pthread.h>
#include <stdbool.h>

typedef struct http_periodic {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool ends; /* guarded by lock */
    unsigned interval_ms;
    void (*run)(void *user);
    void *user;
} http_periodic;

/* Starts the thread. Returns false without memory. */
bool http_periodic_start(http_periodic *periodic, unsigned interval_ms, void (*run)(void *user),
                         void *user);

/* Ends the thread, after the call that is under way. */
void http_periodic_stop(http_periodic *periodic);

#endif
