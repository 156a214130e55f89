/* Calls the observers of a bus; see hooks.h. */
#include "observe/hooks.h"

#define EACH(state, function, ...)                                                                 \
    for (const catga_observer *at = (state)->observers; at != NULL; at = at->next)                 \
        if (at->function != NULL)                                                                  \
            at->function(__VA_ARGS__);

void catga_observers_send_begins(const catga_sending *sending)
{
    EACH(sending->state, send_begins, sending)
}

void catga_observers_send_ends(const catga_sending *sending)
{
    EACH(sending->state, send_ends, sending)
}

void catga_observers_handling_begins(const catga_context *context)
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
