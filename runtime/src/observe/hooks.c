/* Calls the observers of a bus; see hooks.h. */
#include "observe/hooks.h"

/* ---- The list ---- */

static const catga_observer *find_from(const catga_observer *at,
                                       void (*end)(const catga_observer *self))
{
    while (at != NULL && at->end != end)
        at = at->next;
    return at;
}

const catga_observer *catga_observers_find(const catga_bus_state *state,
                                           void (*end)(const catga_observer *self))
{
    return find_from(catga_observers_of(state), end);
}

const catga_observer *catga_observers_add(catga_bus_state *state, catga_observer *added)
{
    const catga_observer *first = catga_observers_of(state);

    do {
        const catga_observer *found = find_from(first, added->end);
        if (found != NULL)
            return found;
        added->next = first;
    } while (!atomic_compare_exchange_weak(&state->observers, &first, added));
    return added;
}

/* ---- Calling them ---- */

#define EACH(state, function, ...)                                                                 \
    for (const catga_observer *at = catga_observers_of(state); at != NULL; at = at->next)          \
        if (at->function != NULL)                                                                  \
            at->function(at, __VA_ARGS__);

void catga_observers_send_begins(const catga_sending *sending)
{
    EACH(sending->state, send_begins, sending)
}

void catga_observers_send_ends(const catga_sending *sending)
{
    EACH(sending->state, send_ends, sending)
}

void catga_observers_handling_begins(catga_context *context)
{
    EACH(context->state, handling_begins, context)
}

void catga_observers_handling_ends(const catga_context *context)
{
    EACH(context->state, handling_ends, context)
}

void catga_observers_settled(const catga_delivered *delivered, catga_handling_action action)
{
    EACH(delivered->endpoint->service_instance->state, settled, delivered, action)
}

void catga_observers_span_begins(catga_active_span *span)
{
    EACH(span->bus.state, span_begins, span)
}

void catga_observers_span_ends(const catga_active_span *span, const catga_span_outcome *outcome)
{
    EACH(span->bus.state, span_ends, span, outcome)
}

void catga_observers_end(catga_bus_state *state)
{
    const catga_observer *next;

    for (const catga_observer *at = catga_observers_of(state); at != NULL; at = next) {
        next = at->next;
        if (at->end != NULL)
            at->end(at);
    }
}
