/*
 * The hooks that messages pass. Counting is part of them; a hook without observers costs one load
 * and one branch more.
 */
#ifndef CATGA_HOOKS_H
#define CATGA_HOOKS_H

#include "observe/counting.h"
#include "observe/observer.h"

/* Returns the first observer of a bus. */
static inline const catga_observer *catga_observers_of(const catga_bus_state *state)
{
    return atomic_load_explicit(&state->observers, memory_order_acquire);
}

/* Returns the observer of a kind, which its `end` tells, or NULL. */
const catga_observer *catga_observers_find(const catga_bus_state *state,
                                           void (*end)(const catga_observer *self));

/* Adds an observer, unless the bus has one of its kind. Returns the bus's own: `added`, or the
 * other. */
const catga_observer *catga_observers_add(catga_bus_state *state, catga_observer *added);

/* Frees the observers, when no message passes any more. */
void catga_observers_end(catga_bus_state *state);

/* Returns the first observer that observes the begins of tries: few do. */
static inline const catga_observer *catga_observers_of_begins(const catga_bus_state *state)
{
    const catga_observer *at = catga_observers_of(state);

    while (CATGA_UNLIKELY(at != NULL) && at->send_begins == NULL)
        at = at->next;
    return at;
}

/* Call the observers of a bus, one after the other. */
void catga_observers_send_begins(const catga_sending *sending);
void catga_observers_send_ends(const catga_sending *sending);
void catga_observers_handling_begins(catga_context *context);
void catga_observers_handling_ends(const catga_context *context);
void catga_observers_settled(const catga_delivered *delivered, catga_handling_action action);
void catga_observers_span_begins(catga_active_span *span);
void catga_observers_span_ends(const catga_active_span *span, const catga_span_outcome *outcome);

/* The arguments are those of catga_sending, which is made for observers only. */
static inline void catga_hook_send_begins(catga_bus_state *state, const catga_message *message,
                                          catga_envelope *envelope, uint32_t attempt)
{
    catga_count_send_begins(state, message, attempt);
    if (CATGA_UNLIKELY(catga_observers_of_begins(state) != NULL))
        catga_observers_send_begins(&(catga_sending){
            .state = state, .message = message, .envelope = envelope, .attempt = attempt});
}

static inline void catga_hook_send_ends(catga_bus_state *state, const catga_message *message,
                                        catga_envelope *envelope, uint32_t attempt,
                                        catga_status status, bool bad_reply, int64_t began_ns)
{
    catga_count_send_ends(state, message, status, bad_reply);
    if (CATGA_UNLIKELY(catga_observers_of(state) != NULL))
        catga_observers_send_ends(
            &(catga_sending){state, message, envelope, NULL, attempt, status, bad_reply, began_ns});
}

/* Does the same for a message that could not be sent. */
static inline void catga_hook_send_refused(const catga_bus *bus, const catga_message *message,
                                           catga_status status)
{
    catga_count_send_ends(bus->state, message, status, false);
    if (CATGA_UNLIKELY(catga_observers_of(bus->state) != NULL))
        catga_observers_send_ends(&(catga_sending){
            .state = bus->state, .message = message, .bus = bus, .status = status});
}

static inline void catga_hook_handling_begins(catga_context *context)
{
    catga_count_handling_begins(context);
    if (CATGA_UNLIKELY(catga_observers_of(context->state) != NULL))
        catga_observers_handling_begins(context);
}

/* Called once, before an answer that the runtime sends. */
static inline void catga_hook_handling_ends(const catga_context *context)
{
    catga_count_handling_ends(context);
    if (CATGA_UNLIKELY(catga_observers_of(context->state) != NULL))
        catga_observers_handling_ends(context);
}

static inline void catga_hook_settled(const catga_delivered *delivered,
                                      catga_handling_action action)
{
    catga_count_settled(delivered, action);
    if (CATGA_UNLIKELY(catga_observers_of(delivered->endpoint->service_instance->state) != NULL))
        catga_observers_settled(delivered, action);
}

static inline void catga_hook_span_begins(catga_active_span *span)
{
    if (CATGA_UNLIKELY(catga_observers_of(span->bus.state) != NULL))
        catga_observers_span_begins(span);
}

static inline void catga_hook_span_ends(const catga_active_span *span,
                                        const catga_span_outcome *outcome)
{
    if (CATGA_UNLIKELY(catga_observers_of(span->bus.state) != NULL))
        catga_observers_span_ends(span, outcome);
}

#endif
