/* Records every OrderCreated; see event_log.h. */
#include "event_log.h"

#include <shop/orders.catga.h>
#include <stdio.h>
#include <time.h>

static void copy(char *to, size_t capacity, catga_string from)
{
    snprintf(to, capacity, "%.*s", CATGA_PRINT(from));
}

static catga_status handle_watch(catga_context *context, shop_orders_order_created_view event)
{
    event_log *self = catga_context_user(context);

    pthread_mutex_lock(&self->lock);
    logged_event *seen = &self->events[self->count++ % EVENT_LOG_SIZE];
    copy(seen->order_id, sizeof seen->order_id, shop_orders_order_created_get_order_id(event));
    copy(seen->customer_id, sizeof seen->customer_id,
         shop_orders_order_created_get_customer_id(event));
    copy(seen->product_name, sizeof seen->product_name,
         shop_orders_order_created_get_product_name(event));
    seen->quantity = shop_orders_order_created_get_quantity(event);
    seen->total = shop_orders_order_created_get_total(event);
    pthread_cond_broadcast(&self->arrived);
    pthread_mutex_unlock(&self->lock);
    return CATGA_OK;
}

void event_log_open(event_log *self)
{
    pthread_condattr_t attributes;

    self->count = 0;
    pthread_mutex_init(&self->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->arrived, &attributes);
    pthread_condattr_destroy(&attributes);
}

void event_log_close(event_log *self)
{
    pthread_cond_destroy(&self->arrived);
    pthread_mutex_destroy(&self->lock);
}

catga_status event_log_serve(event_log *self, catga_bus *bus)
{
    static const shop_orders_test_client service = SHOP_ORDERS_TEST_CLIENT(handle);

    return shop_orders_test_client_serve(bus, &service, self);
}

/* Requires the lock. */
static const logged_event *find(const event_log *self, const char *order_id)
{
    for (size_t i = 0; i < self->count && i < EVENT_LOG_SIZE; i++)
        if (strcmp(self->events[i].order_id, order_id) == 0)
            return &self->events[i];
    return NULL;
}

static struct timespec time_after_ms(int wait_ms)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_nsec += wait_ms % 1000 * 1000000L;
    time.tv_sec += wait_ms / 1000 + time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

bool event_log_wait(event_log *self, const char *order_id, int wait_ms, logged_event *event)
{
    const struct timespec end = time_after_ms(wait_ms);
    const logged_event *seen;
    int late = 0;

    pthread_mutex_lock(&self->lock);
    while ((seen = find(self, order_id)) == NULL && late == 0)
        late = pthread_cond_timedwait(&self->arrived, &self->lock, &end);
    if (seen != NULL)
        *event = *seen;
    pthread_mutex_unlock(&self->lock);
    return seen != NULL;
}
