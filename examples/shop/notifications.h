/* The notification service: sends messages to customers, and writes the audit log. */
#ifndef SHOP_NOTIFICATIONS_H
#define SHOP_NOTIFICATIONS_H

#include <catga/catga.h>

#include <stdatomic.h>

/* Counters of the handlers. They must outlive the bus that serves the handlers. */
typedef struct notification_context {
    atomic_uint notified;
    atomic_uint audited;
    atomic_uint tracked;
} notification_context;

void notification_context_init(notification_context *self);

/* Serves the subscriptions of NotificationService. */
CATGA_CHECKED catga_status notification_context_serve(notification_context *self, catga_bus *bus);

#endif
