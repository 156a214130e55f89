/* Passes trace context on; see trace_headers.h. */
#include "bus/trace_headers.h"

bool catga_trace_headers_copy(catga_trace_headers *copy, catga_string traceparent,
                              catga_string tracestate)
{
    copy->tracestate[0] = '\0';
    if (!catga_traceparent_copy(copy->traceparent, traceparent))
        return false;
    catga_string members = catga_tracestate_of(tracestate);
    if (members.length == 0)
        return true;
    memcpy(copy->tracestate, members.data, members.length);
    copy->tracestate[members.length] = '\0';
    return true;
}

void catga_trace_headers_read(catga_trace_headers *copy,
                              const catga_transport_operations *operations,
                              const catga_incoming *from)
{
    const char *traceparent = operations->header(from, CATGA_HEADER_TRACEPARENT);

    if (traceparent == NULL)
        catga_trace_headers_clear(copy);
    else
        (void)catga_trace_headers_copy(
            copy, catga_str(traceparent),
            catga_str(operations->header(from, CATGA_HEADER_TRACESTATE)));
}

static void add(catga_outgoing *to, catga_header *all, const char *name, const char *value)
{
    if (value[0] != '\0')
        all[to->header_count++] = (catga_header){name, value};
}

void catga_trace_headers_add(const catga_trace_headers *headers, catga_outgoing *to,
                             catga_header *all)
{
    add(to, all, CATGA_HEADER_TRACEPARENT, headers->traceparent);
    add(to, all, CATGA_HEADER_TRACESTATE, headers->tracestate);
}
