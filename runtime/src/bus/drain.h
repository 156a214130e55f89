/* Drains a bus: stops receiving, lets handlers finish, and flushes. */
#ifndef CATGA_DRAIN_H
#define CATGA_DRAIN_H

#include "bus/bus_state.h"

/* Adds a hook; the caller owns its memory. Any thread. */
void catga_drain_hook_add(catga_bus_state *state, catga_drain_hook *hook);

/* Removes a hook: it is not running, and is not called any more, when this returns. Any thread. */
void catga_drain_hook_remove(catga_bus_state *state, catga_drain_hook *hook);

/*
 * Waits until all handlers have finished, drain_wait_ms have passed, or `is_impatient` returns
 * true; it is called repeatedly and may be NULL. Then flushes. CATGA_OK, CATGA_TIMEOUT,
 * CATGA_DISCONNECTED (from the flush).
 */
catga_status catga_bus_drain(catga_bus_state *state, bool (*is_impatient)(void *user), void *user);

/* Ends the watchers of buckets, and waits for their functions, after those of services. Any number
 * of times. */
void catga_drain_watchers(catga_bus_state *state);

/*
 * Flushes after a drain whose time ends at `end`, and waits for some time in any case. CATGA_OK, or
 * CATGA_DISCONNECTED or CATGA_TIMEOUT.
 */
catga_status catga_drain_flush(catga_bus_state *state, int64_t end);

#endif
