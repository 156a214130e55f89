/* Begins and ends spans of programs; see catga/trace.h. */
#include "bus/trace_headers.h"
#include "observe/hooks.h"
#include "observe/span.h"

static void find_parent(catga_span_state *state, const catga_bus *bus,
                        const catga_span_start *start)
{
    if (catga_trace_headers_copy(&state->headers, start->traceparent, start->tracestate))
        state->has_remote_parent = true;
    else
        catga_span_inherit(state, bus);
}

void catga_span_begin(catga_active_span *span, catga_bus *bus, const catga_span_start *start)
{
    span->bus = *bus;
    span->bus.span = &span->state;
    span->start = *start;
    if (start->kind == 0)
        span->start.kind = CATGA_SPAN_INTERNAL;
    find_parent(&span->state, bus, start);
    span->state.is_traced = false;
    span->state.is_sampled = false;
    catga_hook_span_begins(span);
}

catga_bus *catga_span_bus(catga_active_span *span)
{
    return &span->bus;
}

const char *catga_span_traceparent(const catga_active_span *span)
{
    return span->state.headers.traceparent;
}

const char *catga_span_tracestate(const catga_active_span *span)
{
    return span->state.headers.tracestate;
}

bool catga_span_is_sampled(const catga_active_span *span)
{
    return span->state.is_sampled;
}

void catga_span_end(catga_active_span *span, const catga_span_outcome *outcome)
{
    static const catga_span_outcome succeeded = {0};

    catga_hook_span_ends(span, outcome == NULL ? &succeeded : outcome);
}
