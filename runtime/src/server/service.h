/*
 * Services that a bus serves. A service has one endpoint per handler; an endpoint has one
 * subscription. The list of services belongs to the bus and is guarded by its `serving`; workers
 * read an endpoint without a lock, because it is complete before it is subscribed.
 */
#ifndef CATGA_SERVICE_H
#define CATGA_SERVICE_H

#include "bus/bus_state.h"

typedef struct catga_endpoint catga_endpoint;
typedef struct catga_receiver catga_receiver;

/* Receives the events of an endpoint, in place of a handler: see streams/fetcher.h. */
struct catga_receiver {
    catga_receive_function *receive; /* its user is the endpoint */
    catga_wanted *wanted;
    catga_endpoint *endpoint;

    /* Ends waiting fetches. Waits wait_ms at most until the program has settled its events, and no
     * more can arrive. Returns true then: the subscription is drained afterwards. */
    bool (*drain)(catga_receiver *self, int wait_ms);
    void (*end)(catga_receiver *self); /* the endpoint is freed */
};

/* A handler with its subscription; shared by its workers. */
struct catga_endpoint {
    catga_service_instance *service_instance;
    const catga_handler *handler;
    /* Runs the handler, with the middleware around it if the bus has some. */
    catga_status (*run)(const void *handlers, catga_context *context, const uint8_t *table);
    unsigned workers;
    catga_subscription *subscription;
    catga_subscription *replays; /* requests to replay dead letters of a stored event, or NULL */
    catga_receiver *receiver;    /* NULL: the handler has a function */
    catga_log_limit refused;
    catga_log_limit failed;
    catga_log_limit ended;
};

/* Returns the subject of a handler's subscription, with the prefix "catga". */
static inline const char *catga_handler_subject(const catga_handler *handler)
{
    bool selects = handler->binding != NULL && handler->binding->subject != NULL;

    return selects ? handler->binding->subject : catga_message_subjects(handler->message);
}

/* A service that is served; freed by catga_services_end. */
struct catga_service_instance {
    catga_service_instance *next;
    catga_bus_state *state;
    const catga_service *service;
    void *handlers; /* copy of the service structure */
    void *user;
    catga_instance_claim instance; /* of the stored broadcasts */
    catga_watching *watching;      /* of buckets; NULL: none has begun */
    int64_t hand_back_ns; /* when a stop hands back events that cannot be settled; CATGA_FOREVER: it
                             is not stopped; guarded by the lock of the settling */
    size_t count;
    catga_endpoint endpoints[];
};

/*
 * Serves a service whose only handler has no function: `receiver` gets its events. Sets
 * receiver->endpoint first. Ends the receiver if it fails. The caller holds `serving`.
 */
catga_status catga_service_receive(catga_bus_state *state, const catga_service *service,
                                   catga_receiver *receiver);

/*
 * Stops receiving, and waits wait_ms at most for running handlers. Returns true when all have
 * finished. The caller holds `serving`.
 */
bool catga_services_drain(catga_bus_state *state, int wait_ms);

/*
 * Stops receiving for each instance of `service`, waits wait_ms at most for running handlers, and
 * frees each instance that has finished. Returns true when none is left. The caller holds
 * `serving`.
 */
bool catga_service_end(catga_bus_state *state, const catga_service *service, int wait_ms);

/*
 * Frees all services. Returns false, without freeing, while a handler runs. The caller holds
 * `serving`.
 */
bool catga_services_end(catga_bus_state *state);

#endif
