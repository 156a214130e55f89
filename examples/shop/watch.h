/*
 * Sees every OrderCreated. Events come on a thread of the runtime, and one may come before the
 * reply to the command that caused it: so they are kept, and whoever wants one waits for it.
 */
#ifndef SHOP_WATCH_H
#define SHOP_WATCH_H

#include <catga/catga.h>

#include <pthread.h>

enum { WATCH_EVENTS = 64 };

/* An event, copied: a view lives no longer than its handler. */
typedef struct seen_event {
    char order_id[65];
    char customer_id[65];
    char product_name[201];
    uint32_t quantity;
    int64_t total; /* decimal(2) */
} seen_event;

typedef struct order_watch {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    size_t count; /* of all that came; the last WATCH_EVENTS are kept */
    seen_event events[WATCH_EVENTS];
} order_watch;

void watch_open(order_watch *self);

/* After the bus that serves it has been closed. */
void watch_close(order_watch *self);

/* Serves the subscription of TestClient. */
CATGA_CHECKED catga_status watch_serve(order_watch *self, catga_bus *bus);

/* Waits at most `wait_ms` for the event of this order; false when it does not come. */
bool watch_wait(order_watch *self, const char *order_id, int wait_ms, seen_event *event);

#endif
