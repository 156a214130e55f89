/* Begins and ends spans; see trace_span.h. */
#include "observe/trace_span.h"

#include "base/clock.h"
#include "base/trace_context.h"

/* ---- Beginning ---- */

/* An id must not be zero, which a random one is only once in 2^64. */
static void make_span_id(catga_trace *trace, catga_trace_context *context)
{
    uint64_t bits[2];

    catga_message_id_bits(&trace->ids, bits);
    bits[0] |= bits[0] == 0;
    memcpy(context->span_id, bits, sizeof context->span_id);
}

static void make_trace_id(catga_trace *trace, catga_trace_context *context)
{
    uint64_t bits[2];

    catga_message_id_bits(&trace->ids, bits);
    bits[0] |= bits[0] == 0;
    memcpy(context->trace_id, bits, sizeof context->trace_id);
    context->flags = 0;
}

uint64_t catga_trace_limit(double ratio)
{
    const uint64_t all = UINT64_C(1) << 63;

    return ratio >= 1 ? all : (uint64_t)(ratio * (double)all);
}

/* Decides as OpenTelemetry does, by the last eight bytes: each process decides alike. */
static bool is_in_ratio(const catga_trace *trace, const catga_trace_context *context)
{
    uint64_t number = 0;

    for (size_t i = 8; i < sizeof context->trace_id; i++)
        number = number << 8 | context->trace_id[i];
    return number >> 1 < trace->limit;
}

static bool decide(const catga_trace *trace, const catga_trace_context *context, bool has_parent)
{
    return has_parent && !trace->ignores_parent ? (context->flags & CATGA_TRACE_SAMPLED) != 0
                                                : is_in_ratio(trace, context);
}

static void note_time(catga_span_state *span)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    span->start_ns = catga_clock_of(&now);
    span->began_ns = catga_clock_now();
}

/* Reads the parent, or begins a trace. */
static void find_trace(catga_trace *trace, catga_span_state *span, catga_trace_context *context)
{
    span->has_parent = catga_trace_context_read(context, catga_str(span->headers.traceparent));
    if (span->has_parent) {
        memcpy(span->parent_id, context->span_id, sizeof span->parent_id);
        return;
    }
    memset(span->parent_id, 0, sizeof span->parent_id);
    span->has_remote_parent = false;
    make_trace_id(trace, context);
}

void catga_trace_begin(catga_trace *trace, catga_span_state *span, bool is_needed)
{
    catga_trace_context context;

    find_trace(trace, span, &context);
    span->is_traced = true;
    span->is_sampled = decide(trace, &context, span->has_parent);
    if (!span->is_sampled && !span->has_parent && !is_needed)
        return;
    make_span_id(trace, &context);
    context.flags = (uint8_t)((context.flags & CATGA_TRACE_RANDOM) |
                              (span->is_sampled ? CATGA_TRACE_SAMPLED : 0));
    catga_trace_context_write(&context, span->headers.traceparent);
    if (span->is_sampled)
        note_time(span);
}

void catga_trace_backdate(catga_span_state *span, int64_t began_ns)
{
    if (!span->is_sampled || began_ns == 0)
        return;
    span->start_ns -= span->began_ns - began_ns;
    span->began_ns = began_ns;
}

/* ---- Ending ---- */

void catga_trace_end(const catga_trace *trace, const catga_span_state *span, catga_span *facts)
{
    catga_trace_context context;

    (void)catga_trace_context_read(&context, catga_str(span->headers.traceparent));
    memcpy(facts->trace_id, context.trace_id, sizeof facts->trace_id);
    memcpy(facts->span_id, context.span_id, sizeof facts->span_id);
    memcpy(facts->parent_id, span->parent_id, sizeof facts->parent_id);
    facts->flags = context.flags;
    facts->has_remote_parent = span->has_remote_parent;
    facts->links_parent = facts->kind == CATGA_SPAN_CONSUMER && span->has_parent;
    facts->tracestate = span->headers.tracestate;
    facts->start_ns = span->start_ns;
    facts->end_ns = span->start_ns + (catga_clock_now() - span->began_ns);
    trace->sink(trace->user, facts);
}
