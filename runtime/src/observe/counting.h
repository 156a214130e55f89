/* Counts messages as they pass the hooks, for catga_count. Transports count what only they see. */
#ifndef CATGA_COUNTING_H
#define CATGA_COUNTING_H

#include "server/context.h"
#include "streams/delivered.h"

static inline void catga_count_send_begins(catga_bus_state *state, const catga_message *message,
                                           uint32_t attempt)
{
    if (attempt > 1 && message->kind != CATGA_EVENT)
        catga_bus_count(state, CATGA_COUNTER_calls_retried);
}

/* Transports count events that are sent at most once. */
static inline void catga_count_send_ends(catga_bus_state *state, const catga_message *message,
                                         catga_status status, bool bad_reply)
{
    if (message->kind == CATGA_EVENT) {
        if (status == CATGA_OK && message->delivery != NULL)
            catga_bus_count(state, CATGA_COUNTER_published);
        return;
    }
    catga_bus_count(state, CATGA_COUNTER_calls);
    if (status != CATGA_OK)
        catga_bus_count(state, CATGA_COUNTER_calls_failed);
    if (bad_reply)
        catga_bus_count(state, CATGA_COUNTER_bad_replies);
}

static inline void catga_count_handling_begins(const catga_context *context)
{
    if (context->incoming->deliveries > 1)
        catga_bus_count(context->state, CATGA_COUNTER_redelivered);
}

/* A verdict is the counter of its messages. */
static inline void catga_count_handling_ends(const catga_context *context)
{
    if (context->verdict != CATGA_UNCOUNTED)
        catga_bus_count(context->state, context->verdict);
}

static inline void catga_count_settled(const catga_delivered *delivered,
                                       catga_handling_action action)
{
    catga_bus_state *state = delivered->endpoint->service_instance->state;

    if (action == CATGA_HANDLING_RETRY)
        catga_bus_count(state, CATGA_COUNTER_retried_later);
    else if (action == CATGA_HANDLING_GIVE_UP)
        catga_bus_count(state, delivered->handling.rules.dead_letter ? CATGA_COUNTER_dead_letters
                                                                     : CATGA_COUNTER_given_up);
}

#endif
