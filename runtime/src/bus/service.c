/* Services as they are served: one subscription for each handler, all of them or none. */
#include "bus/claims.h"
#include "bus/dispatch.h"
#include "bus/store.h"
#include "base/clock.h"
#include "base/signals.h"

#include <stdio.h>
#include <stdlib.h>

enum { GROUP_MAX = 256 };

enum { SUBSCRIBE_PAUSE_MS = 250 };

/* A server without JetStream may be one of a cluster that has others, which are not yet found. */
#define JETSTREAM_WAIT CATGA_SECOND

/* A broadcast handler has one worker: its events stay in order. */
static unsigned worker_count(const catga_core *core, const catga_handler *handler)
{
    return handler->sharing == CATGA_BROADCAST ? 1 : (unsigned)core->settings.workers;
}

/*
 * The queue group of a handler: NULL for a broadcast, the service for what only it handles, else
 * one per handler.
 */
static const char *queue_group(char text[GROUP_MAX], const catga_service *service,
                               const catga_handler *handler)
{
    if (handler->sharing == CATGA_BROADCAST)
        return NULL;
    if (handler->message->kind != CATGA_EVENT)
        return service->name;
    snprintf(text, GROUP_MAX, "%s__%s", service->name, handler->name);
    return text;
}

/* ---- Making ---- */

static catga_status check_handlers(catga_core *core, const catga_service *service,
                                   const void *handlers)
{
    for (size_t i = 0; i < service->handler_count; i++) {
        catga_function function;
        memcpy(&function, (const char *)handlers + service->handlers[i].member, sizeof function);
        if (function == NULL) {
            catga_log(&core->settings.logger, CATGA_LOG_ERROR,
                      "service: cannot serve %s: handler %s is NULL", service->name,
                      service->handlers[i].name);
            return CATGA_INVALID_ARGUMENT;
        }
    }
    return CATGA_OK;
}

static void report_suppressed(const catga_core *core, catga_served_handler *entry)
{
    catga_log_limit *const limits[] = {&entry->refused, &entry->failed, &entry->ended};

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        catga_log_report(&core->settings.logger, limits[i]);
}

static void served_free(catga_served *served)
{
    for (size_t i = 0; served != NULL && i < served->count; i++)
        report_suppressed(served->core, &served->entries[i]);
    if (served != NULL)
        free(served->handlers);
    free(served);
}

static catga_served *served_make(catga_core *core, const catga_service *service,
                                 const void *handlers, void *user)
{
    size_t count = service->handler_count;
    catga_served *served = calloc(1, sizeof *served + count * sizeof served->entries[0]);

    if (served == NULL)
        return NULL;
    served->core = core;
    served->service = service;
    served->user = user;
    served->handlers = malloc(service->size);
    if (served->handlers == NULL) {
        served_free(served);
        return NULL;
    }
    memcpy(served->handlers, handlers, service->size);
    for (size_t i = 0; i < count; i++) {
        served->entries[i].served = served;
        served->entries[i].handler = &service->handlers[i];
        served->entries[i].workers = worker_count(core, &service->handlers[i]);
    }
    served->count = count;
    return served;
}

static catga_status subscribe(catga_core *core, catga_served_handler *entry)
{
    char group[GROUP_MAX];
    catga_envelope envelope;
    catga_subscription_options options = {
        .queue_group = queue_group(group, entry->served->service, entry->handler),
        .workers = entry->workers,
        .pending = (unsigned)core->settings.pending,
        .pending_bytes = (size_t)core->settings.pending_bytes,
        .receive = catga_dispatch,
        .user = entry,
    };

    if (entry->handler->message->delivery != NULL)
        return catga_store_consume(core, entry);
    if (entry->handler->message->kind != CATGA_EVENT) {
        options.pending = (unsigned)core->settings.backlog;
        options.refuse = catga_dispatch_overload;
    }
    if (!catga_envelope_begin(&envelope, core->prefix, entry->handler->message->subject))
        return CATGA_INVALID_ARGUMENT;
    catga_status status = catga_claims_prepare(core, entry->handler->message);
    if (status != CATGA_OK)
        return status;
    options.subject = envelope.outgoing.subject;
    status = core->operations->subscribe(core->transport, &options, &entry->subscription);
    if (status == CATGA_OK)
        catga_log(&core->settings.logger, CATGA_LOG_INFO,
                  "service: serve %s.%s (subject=%s, queue=%s)", entry->served->service->name,
                  entry->handler->name, options.subject,
                  options.queue_group != NULL ? options.queue_group : "none");
    else
        catga_log(&core->settings.logger, CATGA_LOG_ERROR,
                  "service: cannot serve %s: subscribing %s: %s", entry->served->service->name, options.subject, catga_status_text(status));
    return status;
}

static catga_status subscribe_now(catga_core *core, catga_served_handler *entry)
{
    sigset_t before;

    catga_signals_block(&before); /* for the threads that the transport makes */
    catga_status status = subscribe(core, entry);
    catga_signals_restore(&before);
    return status;
}

/* Replicas that were started together do not ask again together. */
static void pause_before_next(void)
{
    uint32_t ms = SUBSCRIBE_PAUSE_MS / 2 + arc4random_uniform(SUBSCRIBE_PAUSE_MS);
    nanosleep(&(struct timespec){.tv_nsec = ms * CATGA_MILLISECOND}, NULL);
}

static int64_t end_of_waiting(const catga_core *core)
{
    int64_t wait_ms = core->settings.connect_wait_ms;
    return wait_ms < 0 ? CATGA_FOREVER : catga_clock_now() + wait_ms * CATGA_MILLISECOND;
}

/*
 * A server that is silent for a moment, a connection that was just lost, and a cluster that has
 * just been started are waited for. `end`: for all handlers of a service.
 */
static catga_status subscribe_in_time(catga_core *core, catga_served_handler *entry, int64_t end)
{
    const catga_logger *logger = &core->settings.logger;
    const char *service = entry->served->service->name;
    int64_t began = catga_clock_now();
    catga_status status = subscribe_now(core, entry);

    if (!catga_store_is_passing(status))
        return status;
    catga_log(logger, CATGA_LOG_WARNING,
              "service: cannot serve %s yet: handler %s waits for the server: %s", service, entry->handler->name, catga_status_text(status));
    while (catga_store_is_passing(status) && catga_clock_now() < end &&
           (status != CATGA_NO_JETSTREAM || catga_clock_now() < began + JETSTREAM_WAIT)) {
        pause_before_next();
        status = subscribe_now(core, entry);
    }
    if (catga_store_is_passing(status))
        catga_log(logger, CATGA_LOG_ERROR, "service: cannot serve %s: handler %s: %s", service,
                  entry->handler->name, catga_status_text(status));
    return status;
}

/* ---- Ending ---- */

static bool drain(catga_core *core, catga_subscription **subscription, int wait_ms)
{
    const catga_transport_operations *operations = core->operations;

    if (*subscription == NULL)
        return true;
    if (operations->drain(core->transport, *subscription, wait_ms) != CATGA_OK)
        return false;
    operations->unsubscribe(core->transport, *subscription);
    *subscription = NULL;
    return true;
}

/* Replays first: they are received by the workers of the other. */
static bool entry_drain(catga_core *core, catga_served_handler *entry, int wait_ms)
{
    bool done = drain(core, &entry->replays, wait_ms);
    if (!done && entry->subscription != NULL)
        (void)core->operations->drain(core->transport, entry->subscription, 0);
    return done && drain(core, &entry->subscription, wait_ms);
}

/* Asks every subscription; the first that is not done is waited for. */
static bool served_drain(catga_served *served, int wait_ms)
{
    bool done = catga_instance_give_up(&served->instance, wait_ms);

    for (size_t i = 0; i < served->count; i++)
        done &= entry_drain(served->core, &served->entries[i], done ? wait_ms : 0);
    return done;
}

bool catga_served_drain(catga_core *core, int wait_ms)
{
    bool done = true;

    for (catga_served *served = core->served; served != NULL; served = served->next)
        done &= served_drain(served, done ? wait_ms : 0);
    return done;
}

bool catga_served_end(catga_core *core)
{
    if (!catga_served_drain(core, 0))
        return false;
    while (core->served != NULL) {
        catga_served *served = core->served;
        core->served = served->next;
        served_free(served);
    }
    return true;
}

/* ---- Serving ---- */

/* A handler that nothing would reach is no handler. */
static catga_status confirm(catga_core *core, const catga_served_handler *entry)
{
    catga_subscription *const both[] = {entry->subscription, entry->replays};
    catga_status status = CATGA_OK;

    for (size_t i = 0; i < 2 && status == CATGA_OK; i++)
        if (both[i] != NULL)
            status = core->operations->confirmed(core->transport, both[i]);
    if (status != CATGA_OK)
        catga_log(&core->settings.logger, CATGA_LOG_ERROR,
                  "service: cannot serve %s: handler %s: %s",
                  entry->served->service->name, entry->handler->name, catga_status_text(status));
    return status;
}

/*
 * When it returns, callers find the handlers; without a connection, as soon as there is one again.
 */
static catga_status subscribe_all(catga_core *core, catga_served *served)
{
    int64_t end = end_of_waiting(core);
    catga_status status = CATGA_OK;

    for (size_t i = 0; status == CATGA_OK && i < served->count; i++)
        status = subscribe_in_time(core, &served->entries[i], end);
    for (size_t i = 0; status == CATGA_OK && i < served->count; i++)
        status = confirm(core, &served->entries[i]);
    return status;
}

/* On failure nothing stays subscribed; what came in between has been handled. */
static catga_status serve(catga_core *core, const catga_service *service, const void *handlers,
                          void *user)
{
    if (atomic_load(&core->state) != CATGA_CORE_OPEN)
        return CATGA_DRAINING;
    catga_served *served = served_make(core, service, handlers, user);
    if (served == NULL)
        return CATGA_NO_MEMORY;
    catga_status status = subscribe_all(core, served);
    if (status != CATGA_OK && served_drain(served, core->settings.drain_wait_ms)) {
        served_free(served);
        return status;
    }
    served->next = core->served;
    core->served = served;
    return status;
}

/* The draining thread holds the lock while handlers end, and a handler that calls this must not
 * wait for it. */
static bool lock_serving(catga_core *core)
{
    while (pthread_mutex_trylock(&core->serving) != 0) {
        if (atomic_load(&core->state) != CATGA_CORE_OPEN)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = CATGA_MILLISECOND}, NULL);
    }
    return true;
}

catga_status catga_serve(catga_bus *bus, const catga_service *service, const void *handlers,
                         void *user)
{
    catga_core *core = bus->core;
    catga_status status = catga_core_may_use(bus);

    if (status == CATGA_OK)
        status = check_handlers(core, service, handlers);
    if (status == CATGA_OK && !lock_serving(core))
        status = CATGA_DRAINING;
    if (status != CATGA_OK)
        return status;
    status = serve(core, service, handlers, user);
    pthread_mutex_unlock(&core->serving);
    return status;
}
