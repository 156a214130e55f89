/*
 * Watches of services. A watch that ends delivers no more entries, but its function may still run:
 * so a stop waits for it in steps, and the watcher ends when the function has returned. A function
 * that serves another service can then take the lock of the services in between.
 */
#include "base/clock.h"
#include "kv/watchers.h"

#include <catga/kv_values.h>

#include <stdlib.h>
#include <time.h>

/* A watch with its watcher. */
typedef struct watching_line {
    const catga_service_watch *watch;
    catga_watching *owner;
    catga_bucket_watcher *watcher;
    atomic_bool running; /* its function; set before `ended` is read */
} watching_line;

struct catga_watching {
    catga_bus *bus;
    const void *handlers; /* the service structure */
    void *user;
    atomic_bool ended; /* set before `running` is read */
    size_t count;
    watching_line lines[];
};

static void deliver(catga_function unused, const catga_value_entry *entry, void *user)
{
    watching_line *line = user;
    const catga_watching *owner = line->owner;

    (void)unused;
    atomic_store(&line->running, true);
    if (!atomic_load(&owner->ended))
        line->watch->run(owner->handlers, owner->bus, entry, owner->user);
    atomic_store(&line->running, false);
}

/* ---- Begin ---- */

static catga_status check(const catga_bus_state *state, const catga_service *service,
                          const void *handlers)
{
    for (size_t i = 0; i < service->watches->count; i++) {
        const catga_service_watch *watch = &service->watches->watches[i];
        catga_function function;
        memcpy(&function, (const char *)handlers + watch->member, sizeof function);
        if (function != NULL)
            continue;
        catga_log(&state->settings.logger, CATGA_LOG_ERROR,
                  "service: cannot serve %s: handler %s is NULL", service->name, watch->name);
        return CATGA_INVALID_ARGUMENT;
    }
    return CATGA_OK;
}

static catga_status begin_line(catga_watching *watching, watching_line *line,
                               const catga_service_watch *watch)
{
    line->watch = watch;
    line->owner = watching;
    return catga_values_watch(watching->bus, watch->values, watch->pattern, CATGA_WATCH_VALUES,
                              deliver, (catga_function)deliver, line, &line->watcher);
}

static catga_watching *make(catga_bus *bus, const void *handlers, void *user, size_t count)
{
    catga_watching *made = calloc(1, sizeof *made + count * sizeof made->lines[0]);

    if (made == NULL)
        return NULL;
    made->bus = bus;
    made->handlers = handlers;
    made->user = user;
    return made;
}

catga_status catga_watching_begin(catga_bus *bus, const catga_service *service,
                                  const void *handlers, void *user, catga_watching **watching)
{
    const catga_service_watches *watches = service->watches;
    catga_status status = check(bus->state, service, handlers);

    if (status == CATGA_OK && catga_watchers_running(bus))
        status = CATGA_WOULD_DEADLOCK;
    if (status != CATGA_OK)
        return status;
    if (*watching == NULL)
        *watching = make(bus, handlers, user, watches->count);
    catga_watching *begun = *watching;
    if (begun == NULL)
        return CATGA_NO_MEMORY;
    while (status == CATGA_OK && begun->count < watches->count) {
        status = begin_line(begun, &begun->lines[begun->count], &watches->watches[begun->count]);
        begun->count += status == CATGA_OK;
    }
    return status;
}

/* ---- End ---- */

static bool is_running(const catga_watching *watching)
{
    bool running = false;

    for (size_t i = 0; i < watching->count; i++)
        running |= atomic_load(&watching->lines[i].running);
    return running;
}

bool catga_watching_end(catga_watching *watching, int wait_ms)
{
    int64_t end = catga_clock_now() + wait_ms * CATGA_MILLISECOND;

    atomic_store(&watching->ended, true);
    while (is_running(watching)) {
        if (catga_clock_now() >= end)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = CATGA_MILLISECOND}, NULL);
    }
    for (size_t i = 0; i < watching->count; i++)
        catga_bucket_unwatch(watching->lines[i].watcher);
    free(watching);
    return true;
}
