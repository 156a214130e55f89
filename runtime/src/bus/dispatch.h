/* From a message that came to the handler that it is for, and back. */
#ifndef CATGA_DISPATCH_H
#define CATGA_DISPATCH_H

#include "bus/core.h"

/* A handler as it is served, by one subscription; its workers share this. */
typedef struct catga_served_handler {
    catga_served *served;
    const catga_handler *handler;
    unsigned workers;
    catga_subscription *subscription;
    catga_subscription *replays; /* of dead letters of a stored event, or NULL */
    catga_log_limit refused;
    catga_log_limit failed;
    catga_log_limit ended;
} catga_served_handler;

/* A service as it is served; freed by catga_served_end. */
struct catga_served {
    catga_served *next;
    catga_core *core;
    const catga_service *service;
    void *handlers; /* the service structure, copied */
    void *user;
    catga_instance_claim instance; /* of its stored broadcasts */
    size_t count;
    catga_served_handler entries[];
};

/* The context of a message that came; its deadline is not set. */
void catga_context_begin(catga_context *context, const catga_served_handler *entry,
                         const catga_incoming *incoming);

/* Runs the handler, which this thread is then known to run. */
catga_status catga_dispatch_run(catga_context *context, catga_served_handler *entry,
                                const uint8_t *table);

/* The receive function of every subscription but those to consumers; `user` is its catga_served_handler. */
void catga_dispatch(void *user, catga_incoming *incoming);

/* Answers a request for which there is no room. */
void catga_dispatch_overload(void *user, catga_incoming *incoming);

#endif
