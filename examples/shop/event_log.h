/*
 * Records every OrderCreated. Events arrive on a thread of the runtime, and may arrive before the
 * reply to the command that caused them. So they are kept until somebody waits for them.
 */
#ifndef EVENT_LOG_H
#define EVENT_LOG_H

#include <catga/catga.h>

#include <pthread.h>

enum { EVENT_LOG_SIZE = 64 };

/* A copy of an event: a view is valid only in its handler. */
typedef struct logged_event {
    char order_id[65];
    char customer_id[65];
    char product_name[201];
    uint32_t quantity;
    int64_t total; /* decimal(2) */
} logged_event;

typedef struct event_log {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    size_t count; /* number of events received; the last EVENT_LOG_SIZE are kept */
    logged_event events[EVENT_LOG_SIZE];
} event_log;

void event_log_open(event_log *self);

/* Frees the log. Close the bus that serves it first. */
void event_log_close(event_log *self);

/* Serves the subscription of TestClient. */
CATGA_CHECKED catga_status event_log_serve(event_log *self, catga_bus *bus);

/* Waits at most `wait_ms` for the event of this order. Returns false if it does not arrive. */
bool event_log_wait(event_log *self, const char *order_id, int wait_ms, logged_event *event);

#endif
