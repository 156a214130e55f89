/*
 * Sees every OrderCreated. Events come on a thread of the runtime, and one may come before the
 * reply to the command that caused it: so they are kept, and whoever wants one waits for it.
 */
#ifndef EVENT_LOG_H
#define EVENT_LOG_H

#include <catga/catga.h>

#include <pthread.h>

enum { EVENT_LOG_SIZE = 64 };

/* An event, copied: a view lives no longer than its handler. */
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
    size_t count; /* of all that came; the last EVENT_LOG_SIZE are kept */
    logged_event events[EVENT_LOG_SIZE];
} event_log;

void event_log_open(event_log *self);

/* After the bus that serves it has been closed. */
void event_log_close(event_log *self);

/* Serves the subscription of TestClient. */
CATGA_CHECKED catga_status event_log_serve(event_log *self, catga_bus *bus);

/* Waits at most `wait_ms` for the event of this order; false when it does not come. */
bool event_log_wait(event_log *self, const char *order_id, int wait_ms, logged_event *event);

#endif
