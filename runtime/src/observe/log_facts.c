/* Finds the facts of log lines; see log_facts.h. */
#include "observe/log_facts.h"

#include "base/running.h"
#include "base/trace_context.h"
#include "server/context.h"

_Static_assert(offsetof(catga_context, running) == 0, "the entry of a handler begins its context");

/* Returns the trace id of a traceparent, "00-<32 digits>-...", or the absent string. */
static catga_string trace_id(catga_string traceparent)
{
    if (traceparent.length < CATGA_TRACEPARENT_SIZE - 1)
        return (catga_string){NULL, 0};
    return (catga_string){traceparent.data + 3, 32};
}

void catga_log_facts_read(const void *bus, catga_log_facts *facts)
{
    const catga_bus_state *state = bus;
    const catga_running *running = catga_running_find(bus);

    facts->instance = catga_str(state->settings.instance);
    if (running == NULL || running->message == NULL)
        return;
    const catga_context *context = (const void *)running;
    facts->service = catga_context_service(context);
    facts->message_id = catga_context_message_id(context);
    facts->correlation_id = catga_context_correlation_id(context);
    facts->trace_id = trace_id(catga_context_traceparent(context));
}
