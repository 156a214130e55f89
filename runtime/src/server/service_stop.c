/* Stops one service of a bus, while its other services go on. */
#include "base/clock.h"
#include "bus/drain.h"
#include "server/service.h"

enum { STOP_SLICE_MS = 20, STOP_PAUSE_MS = 1 };

/* Lets the service hand back events that the server cannot settle. Returns whether it is served. */
static bool begin(catga_bus_state *state, const catga_service *service, int64_t hand_back_ns)
{
    bool found = false;

    for (catga_service_instance *at = state->service_instance; at != NULL; at = at->next) {
        if (at->service != service)
            continue;
        found = true;
        catga_settling_drain_service(state, at, hand_back_ns);
    }
    return found;
}

/*
 * Drains for a moment with the lock of the services held, so that handlers which serve or stop
 * another service get it in between. Returns CATGA_OK when no instance is left, CATGA_TIMEOUT while
 * one is, and CATGA_DRAINING if the bus drains, which ends the service too.
 */
static catga_status drain_for(catga_bus_state *state, const catga_service *service, int wait_ms)
{
    if (!catga_serving_lock_while(&state->serving, &state->phase, CATGA_BUS_OPEN))
        return CATGA_DRAINING;
    bool done = catga_service_end(state, service, wait_ms);
    catga_serving_unlock(&state->serving);
    return done ? CATGA_OK : CATGA_TIMEOUT;
}

/* Waits until the handlers have finished, but not after `end`. */
static catga_status drain_until(catga_bus_state *state, const catga_service *service, int64_t end)
{
    catga_status status = drain_for(state, service, 0);

    while (status == CATGA_TIMEOUT && catga_clock_now() < end) {
        nanosleep(&(struct timespec){.tv_nsec = STOP_PAUSE_MS * CATGA_MILLISECOND}, NULL);
        status = drain_for(state, service, STOP_SLICE_MS);
    }
    return status;
}

catga_status catga_service_stop(catga_bus *bus, const catga_service *service)
{
    catga_bus_state *state = bus->state;
    catga_status status = catga_bus_may_drain(bus);

    if (status != CATGA_OK)
        return status;
    if (!catga_serving_lock_while(&state->serving, &state->phase, CATGA_BUS_OPEN))
        return CATGA_DRAINING;
    int64_t start = catga_clock_now();
    int64_t end = start + state->settings.drain_wait_ms * CATGA_MILLISECOND;
    bool is_served = begin(state, service, start + (end - start) / 2);
    catga_serving_unlock(&state->serving);
    if (!is_served)
        return CATGA_NOT_FOUND;
    status = drain_until(state, service, end);
    if (status == CATGA_OK) {
        catga_log(&state->settings.logger, CATGA_LOG_INFO, "service: stopped %s", service->name);
        return catga_drain_flush(state, end);
    }
    if (status == CATGA_TIMEOUT)
        catga_log(&state->settings.logger, CATGA_LOG_WARNING,
                  "service: cannot stop %s: a handler still runs (drain_wait_ms=%d)", service->name,
                  state->settings.drain_wait_ms);
    return status;
}
