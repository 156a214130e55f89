/* Passes trace context on within a bus; see span.h. */
#include "observe/span.h"

#include "bus/trace_headers.h"
#include "server/context.h"

static void inherit_message(catga_span_state *span, const catga_context *context)
{
    catga_trace_headers_read(&span->headers, context->state->operations, context->incoming);
    span->has_remote_parent = true;
}

void catga_span_inherit(catga_span_state *span, const catga_bus *bus)
{
    if (bus->span != NULL) {
        span->headers = bus->span->headers;
        span->has_remote_parent = !bus->span->is_traced;
    } else if (bus->context != NULL) {
        inherit_message(span, bus->context);
    } else {
        catga_trace_headers_clear(&span->headers);
        span->has_remote_parent = false;
    }
}
