/* From a message that came to the handler that it is for, and back. */
#ifndef CATGA_DISPATCH_H
#define CATGA_DISPATCH_H

#include "bus/bus_state.h"

/* A handler as it is served, by one subscription; its workers share this. */
typedef struct catga_endpoint {
    catga_service_instance *service_instance;
    const catga_handler *handler;
    unsigned workers;
    catga_subscription *subscription;
    catga_subscription *replays; /* of dead letters of a stored event, or NULL */
    catga_log_limit refused;
    catga_log_limit failed;
    catga_log_limit ended;
} catga_endpoint;

/* A service as it is served; freed by catga_services_end. */
struct catga_service_instance {
    catga_service_instance *next;
    catga_bus_state *state;
    const catga_service *service;
    void *handlers; /* the service structure, copied */
    void *user;
    catga_instance_claim instance; /* of its stored broadcasts */
    size_t count;
    catga_endpoint endpoints[];
};

/* The context of a message that came; its deadline is not set. */
void catga_context_begin(catga_context *context, const catga_endpoint *endpoint,
                         const catga_incoming *incoming);

/* Runs the handler, which this thread is then known to run. */
catga_status catga_dispatch_run(catga_context *context, catga_endpoint *endpoint,
                                const uint8_t *table);

/* The receive function of every subscription but those to consumers; `user` is its catga_endpoint.
 */
void catga_dispatch(void *user, catga_incoming *incoming);

/* Answers a request for which there is no room. */
void catga_dispatch_overload(void *user, catga_incoming *incoming);

#endif
