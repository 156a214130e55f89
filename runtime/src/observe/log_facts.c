/* Finds the facts of log lines; see log_facts.h. */
#include "observe/log_facts.h"

#include "base/running.h"
#include "base/trace_context.h"
#include "server/context.h"

/* Returns the trace id of a valid traceparent, "00-<32 digits>-...", or the absent string. */
static catga_string trace_id(catga_string traceparent)
{
    if (traceparent.length < CATGA_TRACEPARENT_SIZE - 1)
        return (catga_string){NULL, 0};
    return (catga_string){traceparent.data + 3, 32};
}

/* The trace may begin with the handler; after its end, only the message is known. */
static catga_string traceparent_of(const catga_transport_operations *operations,
                                   const catga_running *running)
{
    if (running->context != NULL)
        return catga_context_traceparent(running->context);
    return catga_traceparent_of(
        catga_str(operations->header(running->message, CATGA_HEADER_TRACEPARENT)));
}

static void read_message(const catga_transport_operations *operations, const catga_running *running,
                         catga_log_facts *facts)
{
    facts->message_id = catga_str(operations->header(running->message, CATGA_HEADER_ID));
    facts->correlation_id =
        catga_str(operations->header(running->message, CATGA_HEADER_CORRELATION));
    if (facts->correlation_id.length == 0)
        facts->correlation_id = facts->message_id;
    facts->trace_id = trace_id(traceparent_of(operations, running));
}

void catga_log_facts_read(const void *bus, catga_log_facts *facts)
{
    const catga_bus_state *state = bus;
    const catga_running *running = catga_running_find(bus);

    facts->instance = catga_str(state->settings.instance);
    if (running == NULL || running->message == NULL)
        return;
    const catga_endpoint *endpoint = running->handler;
    facts->service = catga_str(endpoint->service_instance->service->name);
    read_message(state->operations, running, facts);
}
