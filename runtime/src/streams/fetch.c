/* Fetches stored events, and settles them; see catga/fetch.h. */
#include "base/clock.h"
#include "bus/status.h"
#include "observe/hooks.h"
#include "streams/fetcher.h"
#include "streams/settling.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A fetch waits at least for a round trip to a busy server. */
enum { SHORTEST_WAIT_MS = 100 };

/* ---- Fetching ---- */

/* Serves the consumer of a service with a new fetcher. The caller holds `serving`. */
static catga_status begin(catga_bus_state *state, const catga_service *service)
{
    catga_fetcher *begun = catga_fetcher_new(state, service);

    if (begun == NULL)
        return CATGA_NO_MEMORY;
    catga_status status = catga_service_receive(state, service, &begun->receiver);
    if (status == CATGA_OK)
        catga_fetcher_open(begun);
    return status;
}

/* Enters the fetcher of a service, which the first fetch begins. Only that one takes `serving`: a
 * thread that serves holds it while it waits for the server. */
static catga_status enter(catga_bus_state *state, const catga_service *service,
                          catga_fetch_caller *caller, catga_fetcher **entered)
{
    catga_status status = catga_fetcher_enter(state, service, caller, entered);

    if (status != CATGA_NOT_FOUND)
        return status;
    if (!catga_serving_lock_while(&state->serving, &state->phase, CATGA_BUS_OPEN))
        return CATGA_DRAINING;
    status = catga_fetcher_enter(state, service, caller, entered);
    if (status == CATGA_NOT_FOUND) {
        status = begin(state, service);
        if (status == CATGA_OK)
            status = catga_fetcher_enter(state, service, caller, entered);
    }
    catga_serving_unlock(&state->serving);
    return status;
}

static int64_t longer(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

catga_status catga_fetch(catga_bus *bus, const catga_service *service, catga_fetched *events,
                         size_t n, int wait_ms, size_t *count)
{
    catga_fetch_caller caller = {.until_ns = 0};
    catga_fetcher *fetcher;
    catga_status status = catga_bus_may_wait(bus);

    *count = 0;
    if (status == CATGA_OK && (n == 0 || wait_ms < 0))
        status = CATGA_INVALID_ARGUMENT;
    if (status == CATGA_OK)
        status = enter(bus->state, service, &caller, &fetcher);
    if (status != CATGA_OK)
        return status;
    int64_t until_ns = catga_clock_now() + longer(wait_ms, SHORTEST_WAIT_MS) * CATGA_MILLISECOND;
    status = catga_fetcher_wait(fetcher, &caller, until_ns, events, n, count);
    catga_fetcher_leave(fetcher, &caller);
    return status;
}

/* ---- Settling ---- */

/* Has the handling of an event pass the hooks, as that of a handler: it began with the fetch. */
static void report(catga_delivered *delivered, catga_status outcome)
{
    catga_context context;

    catga_context_begin(&context, delivered->endpoint, delivered->event);
    context.attempt = delivered->handling.attempt;
    context.problem = delivered->problem;
    context.outcome = outcome;
    context.verdict = outcome == CATGA_OK ? CATGA_COUNTER_handled : CATGA_COUNTER_handlers_failed;
    catga_hook_handling_begins(&context);
    catga_hook_handling_ends(&context);
    catga_context_end(&context);
}

static void settle_held(catga_held *held, catga_handling_event event, int64_t value,
                        catga_status outcome)
{
    catga_delivered *delivered = &held->delivered;

    report(delivered, outcome);
    catga_settling_finish(held->fetcher->state, delivered,
                          catga_handling_step(&delivered->handling, event, value));
}

static catga_status settle(catga_fetched *fetched, catga_handling_event event, int64_t value,
                           catga_status outcome, const catga_problem *problem)
{
    catga_held *held = fetched->held;

    if (held == NULL)
        return CATGA_INVALID_ARGUMENT;
    *fetched = (catga_fetched){.table = CATGA_EMPTY_TABLE};
    if (catga_fetcher_is_forked(held)) {
        free(held);
        return CATGA_CLOSED;
    }
    bool is_ours = catga_fetcher_settles(held);
    if (is_ours) {
        held->delivered.problem = *problem;
        settle_held(held, event, value, outcome);
    }
    catga_fetcher_settled(held);
    return is_ours ? CATGA_OK : CATGA_CLOSED;
}

catga_status catga_fetched_done(catga_fetched *fetched)
{
    return settle(fetched, CATGA_HANDLING_SUCCEEDED, 0, CATGA_OK, &(catga_problem){""});
}

catga_status catga_fetched_retry_after(catga_fetched *fetched, int64_t delay_ms)
{
    catga_handling_event event = delay_ms < 0 ? CATGA_HANDLING_FAILED : CATGA_HANDLING_POSTPONED;

    return settle(fetched, event, catga_retry_delay(delay_ms), CATGA_RETRY_LATER,
                  &(catga_problem){""});
}

catga_status catga_fetched_reject(catga_fetched *fetched, const char *format, ...)
{
    catga_problem problem;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(problem.text, sizeof problem.text, format, arguments);
    va_end(arguments);
    return settle(fetched, CATGA_HANDLING_REJECTED, 0, CATGA_REJECTED, &problem);
}
