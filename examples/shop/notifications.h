/* The notification service: tells customers of their orders, and keeps the books. */
#ifndef SHOP_NOTIFICATIONS_H
#define SHOP_NOTIFICATIONS_H

#include <catga/catga.h>

#include <stdatomic.h>

/* What the handlers have done. It must outlive the bus that serves it. */
typedef struct notification_context {
    atomic_uint notified;
    atomic_uint audited;
    atomic_uint tracked;
} notification_context;

void notification_context_init(notification_context *self);

/* Serves the subscriptions of NotificationService. */
CATGA_CHECKED catga_status notification_context_serve(notification_context *self, catga_bus *bus);

#endif
