/* Serves services: subscribes all handlers of a service, or none. See service.h. */
#include "base/clock.h"
#include "base/signals.h"
#include "bus/status.h"
#include "claims/claim_buckets.h"
#include "server/dispatch.h"
#include "server/middleware.h"
#include "streams/consumers.h"

#include <stdio.h>
#include <stdlib.h>

enum { GROUP_MAX = 256 };

enum { SUBSCRIBE_PAUSE_MS = 250 };

/* Time to wait for JetStream: other servers of a cluster, not yet found, may have it. */
#define JETSTREAM_WAIT CATGA_SECOND

/* Returns the number of workers. A broadcast handler has one, which keeps its events in order. */
static unsigned worker_count(const catga_bus_state *state, const catga_handler *handler)
{
    return handler->sharing == CATGA_BROADCAST ? 1 : (unsigned)state->settings.workers;
}

/*
 * Returns the queue group of a handler: NULL for a broadcast, the service for a command or query,
 * the one that it joins, else a name of its own.
 */
static const char *queue_group(char text[GROUP_MAX], const catga_service *service,
                               const catga_handler *handler)
{
    if (handler->sharing == CATGA_BROADCAST)
        return NULL;
    if (handler->message->kind != CATGA_EVENT)
        return service->name;
    if (catga_handler_group(handler) != NULL)
        return catga_handler_group(handler);
    snprintf(text, GROUP_MAX, "%s__%s", service->name, handler->name);
    return text;
}

/* ---- Making ---- */

static catga_status check_handlers(catga_bus_state *state, const catga_service *service,
                                   const void *handlers)
{
    for (size_t i = 0; i < service->handler_count; i++) {
        catga_function function;
        memcpy(&function, (const char *)handlers + service->handlers[i].member, sizeof function);
        if (function == NULL) {
            catga_log(&state->settings.logger, CATGA_LOG_ERROR,
                      "service: cannot serve %s: handler %s is NULL", service->name,
                      service->handlers[i].name);
            return CATGA_INVALID_ARGUMENT;
        }
    }
    return CATGA_OK;
}

static void report_suppressed(const catga_bus_state *state, catga_endpoint *endpoint)
{
    catga_log_limit *const limits[] = {&endpoint->refused, &endpoint->failed, &endpoint->ended};

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        catga_log_report(&state->settings.logger, limits[i]);
}

static void service_instance_free(catga_service_instance *service_instance)
{
    for (size_t i = 0; service_instance != NULL && i < service_instance->count; i++) {
        catga_endpoint *endpoint = &service_instance->endpoints[i];
        report_suppressed(service_instance->state, endpoint);
        if (endpoint->receiver != NULL)
            endpoint->receiver->end(endpoint->receiver);
    }
    if (service_instance != NULL) {
        catga_log_report(&service_instance->state->settings.logger,
                         &service_instance->instance.shared);
        free(service_instance->handlers);
    }
    free(service_instance);
}

static void endpoint_init(catga_endpoint *endpoint, catga_service_instance *service_instance,
                          const catga_handler *handler)
{
    const catga_bus_state *state = service_instance->state;

    endpoint->service_instance = service_instance;
    endpoint->handler = handler;
    endpoint->run = state->settings.middleware_count == 0 ? handler->run : catga_middleware_run;
    endpoint->workers = worker_count(state, handler);
}

/* Copies the service structure, unless it is empty. */
static bool copy_handlers(catga_service_instance *service_instance, const void *handlers)
{
    size_t size = service_instance->service->size;

    if (size == 0)
        return true;
    service_instance->handlers = malloc(size);
    if (service_instance->handlers != NULL)
        memcpy(service_instance->handlers, handlers, size);
    return service_instance->handlers != NULL;
}

static catga_service_instance *service_instance_make(catga_bus_state *state,
                                                     const catga_service *service,
                                                     const void *handlers, void *user)
{
    size_t count = service->handler_count;

    catga_service_instance *service_instance =
        calloc(1, sizeof *service_instance + count * sizeof service_instance->endpoints[0]);

    if (service_instance == NULL)
        return NULL;
    service_instance->state = state;
    service_instance->service = service;
    service_instance->user = user;
    service_instance->hand_back_ns = CATGA_FOREVER;
    if (!copy_handlers(service_instance, handlers)) {
        service_instance_free(service_instance);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        endpoint_init(&service_instance->endpoints[i], service_instance, &service->handlers[i]);
    service_instance->count = count;
    return service_instance;
}

static catga_status subscribe(catga_bus_state *state, catga_endpoint *endpoint)
{
    char group[GROUP_MAX];
    catga_envelope envelope;
    catga_subscription_options options = {
        .queue_group = queue_group(group, endpoint->service_instance->service, endpoint->handler),
        .workers = endpoint->workers,
        .pending = (unsigned)state->settings.pending,
        .pending_bytes = (size_t)state->settings.pending_bytes,
        .receive = catga_dispatch,
        .user = endpoint,
    };

    if (endpoint->handler->message->delivery != NULL)
        return catga_consumers_subscribe(state, endpoint);
    if (endpoint->handler->message->kind != CATGA_EVENT) {
        options.pending = (unsigned)state->settings.backlog;
        options.refuse = catga_dispatch_overload;
    }
    if (!catga_envelope_begin(&envelope, state->prefix, catga_handler_subject(endpoint->handler)))
        return CATGA_INVALID_ARGUMENT;
    catga_status status = catga_claims_prepare(state, endpoint->handler->message);
    if (status != CATGA_OK)
        return status;
    options.subject = envelope.outgoing.subject;
    status = state->operations->subscribe(state->transport, &options, &endpoint->subscription);
    if (status == CATGA_OK)
        catga_log(&state->settings.logger, CATGA_LOG_INFO,
                  "service: serve %s.%s (subject=%s, queue=%s)",
                  endpoint->service_instance->service->name, endpoint->handler->name,
                  options.subject, options.queue_group != NULL ? options.queue_group : "none");
    else
        catga_log(&state->settings.logger, CATGA_LOG_ERROR,
                  "service: cannot serve %s: subscribing %s: %s",
                  endpoint->service_instance->service->name, options.subject,
                  catga_status_text(status));
    return status;
}

/* Ends the watches of buckets. Returns false while a function of one runs. */
static bool end_watches(catga_service_instance *service_instance, int wait_ms)
{
    catga_watching *watching = service_instance->watching;

    if (watching != NULL && !service_instance->service->watches->end(watching, wait_ms))
        return false;
    service_instance->watching = NULL;
    return true;
}

static catga_status begin_watches(catga_service_instance *service_instance)
{
    catga_bus_state *state = service_instance->state;
    const catga_service *service = service_instance->service;

    return service->watches->begin(&state->bus, service, service_instance->handlers,
                                   service_instance->user, &service_instance->watching);
}

/* Subscribes an endpoint; NULL: begins the watches. */
static catga_status begin_now(catga_service_instance *service_instance, catga_endpoint *endpoint)
{
    sigset_t before;

    catga_signals_block(&before); /* the transport's threads inherit the mask */
    catga_status status = endpoint == NULL ? begin_watches(service_instance)
                                           : subscribe(service_instance->state, endpoint);
    catga_signals_restore(&before);
    return status;
}

/* Pauses for a random time, so that replicas that start together do not retry together. */
static void pause_before_next(void)
{
    uint32_t ms = SUBSCRIBE_PAUSE_MS / 2 + arc4random_uniform(SUBSCRIBE_PAUSE_MS);

    nanosleep(&(struct timespec){.tv_nsec = ms * CATGA_MILLISECOND}, NULL);
}

static int64_t end_of_waiting(const catga_bus_state *state)
{
    int64_t wait_ms = state->settings.connect_wait_ms;

    return wait_ms < 0 ? CATGA_FOREVER : catga_clock_now() + wait_ms * CATGA_MILLISECOND;
}

static bool is_open(const catga_bus_state *state)
{
    return atomic_load(&state->phase) == CATGA_BUS_OPEN;
}

/*
 * Subscribes an endpoint, or begins the watches if that is NULL, and retries until `end` while the
 * server is silent, the connection is lost, or a cluster is still starting. All handlers of a
 * service share `end`. A drain ends the retries: another thread then waits for `serving`.
 */
static catga_status begin_in_time(catga_service_instance *service_instance,
                                  catga_endpoint *endpoint, int64_t end)
{
    const catga_bus_state *state = service_instance->state;
    const catga_logger *logger = &state->settings.logger;
    const char *service = service_instance->service->name;
    const char *handler = endpoint == NULL ? "of a watch" : endpoint->handler->name;
    int64_t began = catga_clock_now();
    catga_status status = begin_now(service_instance, endpoint);

    if (!catga_status_is_transient(status))
        return status;
    catga_log(logger, CATGA_LOG_WARNING,
              "service: cannot serve %s yet: handler %s waits for the server: %s", service, handler,
              catga_status_text(status));
    while (catga_status_is_transient(status) && is_open(state) && catga_clock_now() < end &&
           (status != CATGA_NO_JETSTREAM || catga_clock_now() < began + JETSTREAM_WAIT)) {
        pause_before_next();
        status = begin_now(service_instance, endpoint);
    }
    if (catga_status_is_transient(status) && !is_open(state))
        return CATGA_DRAINING;
    if (catga_status_is_transient(status))
        catga_log(logger, CATGA_LOG_ERROR, "service: cannot serve %s: handler %s: %s", service,
                  handler, catga_status_text(status));
    return status;
}

/* ---- Ending ---- */

static bool drain(catga_bus_state *state, catga_subscription **subscription, int wait_ms)
{
    const catga_transport_operations *operations = state->operations;

    if (*subscription == NULL)
        return true;
    if (operations->drain(state->transport, *subscription, wait_ms) != CATGA_OK)
        return false;
    operations->unsubscribe(state->transport, *subscription);
    *subscription = NULL;
    return true;
}

/* Drains the receiver of an endpoint, whose subscription is drained afterwards. */
static bool receiver_drain(const catga_endpoint *endpoint, int wait_ms)
{
    return endpoint->receiver == NULL || endpoint->subscription == NULL ||
           endpoint->receiver->drain(endpoint->receiver, wait_ms);
}

/* Drains replays first, because the workers of the other subscription receive them. */
static bool endpoint_drain(catga_bus_state *state, catga_endpoint *endpoint, int wait_ms)
{
    bool done = drain(state, &endpoint->replays, wait_ms);

    if (!done && endpoint->subscription != NULL)
        (void)state->operations->drain(state->transport, endpoint->subscription, 0);
    return done && receiver_drain(endpoint, wait_ms) &&
           drain(state, &endpoint->subscription, wait_ms);
}

/* Drains every subscription, and waits for the first that is not done. */
static bool service_instance_drain(catga_service_instance *service_instance, int wait_ms)
{
    bool done = catga_instance_give_up(&service_instance->instance, wait_ms);

    for (size_t i = 0; i < service_instance->count; i++)
        done &= endpoint_drain(service_instance->state, &service_instance->endpoints[i],
                               done ? wait_ms : 0);
    return end_watches(service_instance, done ? wait_ms : 0) && done;
}

bool catga_services_drain(catga_bus_state *state, int wait_ms)
{
    bool done = true;

    for (catga_service_instance *service_instance = state->service_instance;
         service_instance != NULL; service_instance = service_instance->next)
        done &= service_instance_drain(service_instance, done ? wait_ms : 0);
    return done;
}

static void remove_first(catga_service_instance **list)
{
    catga_service_instance *service_instance = *list;

    *list = service_instance->next;
    service_instance_free(service_instance);
}

bool catga_service_end(catga_bus_state *state, const catga_service *service, int wait_ms)
{
    catga_service_instance **at = &state->service_instance;
    bool done = true;

    while (*at != NULL) {
        bool stops = (*at)->service == service;
        bool ended = stops && service_instance_drain(*at, done ? wait_ms : 0);
        done &= ended || !stops;
        if (ended)
            remove_first(at);
        else
            at = &(*at)->next;
    }
    return done;
}

bool catga_services_end(catga_bus_state *state)
{
    if (!catga_services_drain(state, 0))
        return false;
    while (state->service_instance != NULL)
        remove_first(&state->service_instance);
    return true;
}

/* ---- Serving ---- */

/* Verifies that the server has accepted the subscriptions. */
static catga_status confirm(catga_bus_state *state, const catga_endpoint *endpoint)
{
    catga_subscription *const both[] = {endpoint->subscription, endpoint->replays};
    catga_status status = CATGA_OK;

    for (size_t i = 0; i < 2 && status == CATGA_OK; i++)
        if (both[i] != NULL)
            status = state->operations->confirmed(state->transport, both[i]);
    if (status != CATGA_OK)
        catga_log(&state->settings.logger, CATGA_LOG_ERROR,
                  "service: cannot serve %s: handler %s: %s",
                  endpoint->service_instance->service->name, endpoint->handler->name,
                  catga_status_text(status));
    return status;
}

/*
 * Begins the watches, and subscribes all handlers. Callers find them afterwards; without a
 * connection, after the next connect.
 */
static catga_status subscribe_all(catga_bus_state *state, catga_service_instance *service_instance)
{
    int64_t end = end_of_waiting(state);
    catga_status status = CATGA_OK;

    if (service_instance->service->watches != NULL)
        status = begin_in_time(service_instance, NULL, end);
    for (size_t i = 0; status == CATGA_OK && i < service_instance->count; i++)
        status = begin_in_time(service_instance, &service_instance->endpoints[i], end);
    for (size_t i = 0; status == CATGA_OK && i < service_instance->count; i++)
        status = confirm(state, &service_instance->endpoints[i]);
    return status;
}

/*
 * Serves a service. After a failure nothing stays subscribed; messages that arrived were handled.
 */
static catga_status serve(catga_bus_state *state, catga_service_instance *service_instance)
{
    if (service_instance == NULL)
        return CATGA_NO_MEMORY;
    catga_status status = subscribe_all(state, service_instance);
    if (status != CATGA_OK &&
        service_instance_drain(service_instance, state->settings.drain_wait_ms)) {
        service_instance_free(service_instance);
        return status;
    }
    service_instance->next = state->service_instance;
    state->service_instance = service_instance;
    return status;
}

catga_status catga_serve(catga_bus *bus, const catga_service *service, const void *handlers,
                         void *user)
{
    catga_bus_state *state = bus->state;
    catga_status status = catga_bus_may_use(bus);

    if (status == CATGA_OK)
        status = check_handlers(state, service, handlers);
    if (status == CATGA_OK &&
        !catga_serving_lock_while(&state->serving, &state->phase, CATGA_BUS_OPEN))
        status = CATGA_DRAINING;
    if (status != CATGA_OK)
        return status;
    status = serve(state, service_instance_make(state, service, handlers, user));
    catga_serving_unlock(&state->serving);
    return status;
}

catga_status catga_service_receive(catga_bus_state *state, const catga_service *service,
                                   catga_receiver *receiver)
{
    catga_service_instance *service_instance = service_instance_make(state, service, NULL, NULL);

    if (service_instance == NULL) {
        receiver->end(receiver);
        return CATGA_NO_MEMORY;
    }
    catga_endpoint *endpoint = &service_instance->endpoints[0];
    receiver->endpoint = endpoint;
    endpoint->receiver = receiver;
    endpoint->workers = 1;
    return serve(state, service_instance);
}
