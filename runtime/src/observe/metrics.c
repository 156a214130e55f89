/* Measures messages; see catga/metrics.h. */
#include "observe/metrics.h"

#include "base/clock.h"
#include "observe/hooks.h"

#include <stdlib.h>

_Static_assert(CATGA_STATUS_COUNT <= (int)CATGA_METRICS_ENDS, "each status has a value");
_Static_assert(CATGA_UNCOUNTED < (int)CATGA_METRICS_ENDS, "each verdict has a value");

static catga_metrics *metrics_of(const catga_observer *self)
{
    return (catga_metrics *)(uintptr_t)self;
}

/* ---- Sent messages ---- */

/* The further tries of a stored event are not counted: they are the same event. */
static void count_sent(const catga_observer *self, const catga_sending *sending)
{
    catga_metrics_cell *cell =
        catga_metrics_cell_of(&metrics_of(self)->table, NULL, sending->message);

    if (cell == NULL)
        return;
    catga_metrics_add(cell, CATGA_METRICS_END + (unsigned)sending->status, 1);
    if (sending->attempt > 1)
        catga_metrics_add(cell, CATGA_METRICS_AGAIN, sending->attempt - 1);
    if (sending->began_ns != 0)
        catga_metrics_add_duration(cell, catga_clock_now() - sending->began_ns);
}

/* ---- Received messages ---- */

static catga_metrics_cell *cell_of(const catga_observer *self, const catga_endpoint *endpoint)
{
    return catga_metrics_cell_of(&metrics_of(self)->table, endpoint->service_instance->service,
                                 endpoint->handler->message);
}

static void measure(const catga_observer *self, catga_context *context)
{
    const catga_incoming *incoming = context->incoming;

    context->cell = cell_of(self, context->endpoint);
    if (context->cell == NULL)
        return;
    context->began_ns = incoming->began_ns != 0 ? incoming->began_ns : catga_clock_now();
    catga_metrics_add(context->cell, CATGA_METRICS_BEGUN, 1);
    if (incoming->deliveries > 1)
        catga_metrics_add(context->cell, CATGA_METRICS_AGAIN, 1);
}

/* The duration of a request includes its wait for a worker, as its caller waits for both. */
static int64_t duration_of(const catga_context *context)
{
    int64_t ran = catga_clock_now() - context->began_ns;

    return context->message->kind == CATGA_EVENT ? ran : ran + context->incoming->waited_ns;
}

static void count_handled(const catga_observer *self, const catga_context *context)
{
    catga_metrics_cell *cell = context->cell;

    (void)self;
    if (cell == NULL)
        return;
    if (context->outcome == CATGA_DECLARED_ERROR && context->verdict == CATGA_COUNTER_handled)
        catga_metrics_add(cell, CATGA_METRICS_DECLARED, 1);
    catga_metrics_add_duration(cell, duration_of(context));
    catga_metrics_add(cell, CATGA_METRICS_END + (unsigned)context->verdict, 1);
}

static void count_settled(const catga_observer *self, const catga_delivered *delivered,
                          catga_handling_action action)
{
    catga_metrics_cell *cell =
        action == CATGA_HANDLING_DONE ? NULL : cell_of(self, delivered->endpoint);

    if (cell == NULL)
        return;
    if (action == CATGA_HANDLING_RETRY)
        catga_metrics_add(cell, CATGA_METRICS_RETRIED, 1);
    else if (delivered->handling.rules.dead_letter)
        catga_metrics_add(cell, CATGA_METRICS_DEAD_LETTERS, 1);
    else
        catga_metrics_add(cell, CATGA_METRICS_GIVEN_UP, 1);
}

/* ---- Opening and closing ---- */

static void end(const catga_observer *self)
{
    catga_metrics *metrics = metrics_of(self);

    catga_metrics_table_end(&metrics->table);
    free(metrics);
}

static catga_metrics *metrics_make(catga_bus_state *state, bool has_aliases)
{
    catga_metrics *metrics = calloc(1, sizeof *metrics);

    if (metrics == NULL)
        return NULL;
    metrics->observer = (catga_observer){.send_ends = count_sent,
                                         .handling_begins = measure,
                                         .handling_ends = count_handled,
                                         .settled = count_settled,
                                         .end = end};
    metrics->state = state;
    metrics->has_aliases = has_aliases;
    catga_metrics_table_begin(&metrics->table);
    return metrics;
}

/* Adds the metrics to the observers, unless another thread has added others meanwhile. Returns the
 * metrics of the bus. */
static catga_metrics *add(catga_bus_state *state, catga_metrics *made)
{
    const catga_observer *own = catga_observers_add(state, &made->observer);

    if (own != &made->observer)
        end(&made->observer);
    return metrics_of(own);
}

static catga_status read_compat(const catga_bus_state *state, bool *has_aliases)
{
    const char *text = getenv("CATGA_METRICS_COMPAT");
    bool is_set = text != NULL && *text != '\0';

    *has_aliases = !is_set || strcmp(text, "1") == 0;
    if (*has_aliases || strcmp(text, "0") == 0)
        return CATGA_OK;
    catga_log(&state->settings.logger, CATGA_LOG_ERROR,
              "metrics: cannot open: CATGA_METRICS_COMPAT: accepted is: 0 or 1 (value=\"%.40s\")",
              text);
    return CATGA_INVALID_ARGUMENT;
}

catga_status catga_metrics_open(catga_metrics **metrics, catga_bus *bus)
{
    bool has_aliases;
    catga_status status = catga_bus_may_use(bus);

    *metrics = NULL;
    if (status == CATGA_OK)
        status = read_compat(bus->state, &has_aliases);
    if (status != CATGA_OK)
        return status;
    const catga_observer *found = catga_observers_find(bus->state, end);
    if (found != NULL) {
        *metrics = metrics_of(found);
        return CATGA_OK;
    }
    catga_metrics *made = metrics_make(bus->state, has_aliases);
    if (made == NULL)
        return CATGA_NO_MEMORY;
    *metrics = add(bus->state, made);
    return CATGA_OK;
}

bool catga_metrics_has_aliases(const catga_metrics *metrics)
{
    return metrics->has_aliases;
}
