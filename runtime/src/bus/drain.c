/* Drains a bus; see drain.h. */
#include "bus/drain.h"

#include "server/service.h"

enum { DRAIN_SLICE_MS = 20, SHORTEST_FLUSH_MS = 200 };

/* Waits until the handlers have finished or may not run longer. Returns whether they have. */
static bool drain_services(catga_bus_state *state, int64_t end, bool (*is_impatient)(void *user),
                           void *user)
{
    catga_serving_lock(&state->serving);
    bool done = catga_services_drain(state, 0);
    while (!done && catga_clock_now() < end && (is_impatient == NULL || !is_impatient(user)))
        done = catga_services_drain(state, DRAIN_SLICE_MS);
    if (!done)
        atomic_store(&state->phase, CATGA_BUS_ENDING);
    catga_serving_unlock(&state->serving);
    return done;
}

/* ---- Hooks ---- */

void catga_drain_hook_add(catga_bus_state *state, catga_drain_hook *hook)
{
    pthread_mutex_lock(&state->drain_hooks.lock);
    hook->next = state->drain_hooks.first;
    state->drain_hooks.first = hook;
    pthread_mutex_unlock(&state->drain_hooks.lock);
}

void catga_drain_hook_remove(catga_bus_state *state, catga_drain_hook *hook)
{
    catga_drain_hook **at = &state->drain_hooks.first;

    pthread_mutex_lock(&state->drain_hooks.lock);
    while (*at != NULL && *at != hook)
        at = &(*at)->next;
    if (*at != NULL)
        *at = hook->next;
    pthread_mutex_unlock(&state->drain_hooks.lock);
}

static void call_hooks(catga_bus_state *state)
{
    pthread_mutex_lock(&state->drain_hooks.lock);
    for (const catga_drain_hook *at = state->drain_hooks.first; at != NULL; at = at->next)
        at->begins(at->user);
    pthread_mutex_unlock(&state->drain_hooks.lock);
}

/* ---- Draining ---- */

catga_status catga_drain_flush(catga_bus_state *state, int64_t end)
{
    int64_t left = catga_clock_left_ms(end, catga_clock_now());

    return state->operations->flush(state->transport,
                                    left > SHORTEST_FLUSH_MS ? (int)left : SHORTEST_FLUSH_MS);
}

/* No watcher begins after the change of the phase. */
void catga_drain_watchers(catga_bus_state *state)
{
    void (*stop)(struct catga_buckets * buckets) = atomic_load(&state->stop_watchers);

    if (stop != NULL)
        stop(atomic_load(&state->buckets));
}

catga_status catga_bus_drain(catga_bus_state *state, bool (*is_impatient)(void *user), void *user)
{
    call_hooks(state);
    int64_t begin = catga_clock_now();
    int64_t end = begin + state->settings.drain_wait_ms * CATGA_MILLISECOND;

    atomic_store(&state->phase, CATGA_BUS_DRAINING);
    catga_settling_drain(state, begin + (end - begin) / 2);
    if (!drain_services(state, end, is_impatient, user)) {
        catga_log(&state->settings.logger, CATGA_LOG_WARNING,
                  "bus: cannot drain: a handler still runs (drain_wait_ms=%d)",
                  state->settings.drain_wait_ms);
        return CATGA_TIMEOUT;
    }
    catga_drain_watchers(state); /* after those of services, which have a deadline */
    return catga_drain_flush(state, end);
}

catga_status catga_drain(catga_bus *bus)
{
    catga_status status = catga_bus_may_drain(bus);

    return status == CATGA_OK ? catga_bus_drain(bus->state, NULL, NULL) : status;
}
