/* Begins and ends spans; see trace_span.h. */
#include "observe/trace_span.h"

#include "base/clock.h"
#include "base/trace_context.h"

#include <endian.h>
#include <stdlib.h>

/* ---- Ids ---- */

/* An id must not be zero, which a random one is only once in 2^64. */
static uint64_t but_not_zero(uint64_t bits)
{
    return bits | (bits == 0);
}

static void make_span_id(catga_trace *trace, uint8_t id[8])
{
    uint64_t bits[2];

    catga_message_id_bits(&trace->ids, bits);
    bits[0] = but_not_zero(bits[0]);
    memcpy(id, bits, 8);
}

/* Makes a trace id that ends with `number`. */
static void make_trace_id(uint8_t id[16], uint64_t bits, uint64_t number)
{
    const uint64_t halves[] = {but_not_zero(bits), htobe64(number)};

    memcpy(id, halves, sizeof halves);
}

/* Returns the last eight bytes of a trace id. */
static uint64_t number_of(const uint8_t id[16])
{
    uint64_t number;

    memcpy(&number, id + 8, sizeof number);
    return be64toh(number);
}

/* ---- Sampling ---- */

uint64_t catga_trace_limit(double ratio)
{
    const uint64_t all = UINT64_C(1) << 63;

    return ratio >= 1 ? all : (uint64_t)(ratio * (double)all);
}

/* Decides as OpenTelemetry does, by the last eight bytes of the trace id: each process decides
 * alike. */
static bool is_in_ratio(const catga_trace *trace, uint64_t number)
{
    return number >> 1 < trace->limit;
}

/*
 * Returns a random number for a decision, by splitmix64. Each thread has a sequence of its own, so
 * threads do not wait for each other. The numbers can be predicted: they must not be in an id.
 */
static uint64_t draw(void)
{
    static _Thread_local uint64_t state;

    if (CATGA_UNLIKELY(state == 0))
        arc4random_buf(&state, sizeof state);
    state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t number = (state ^ state >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

bool catga_trace_draws(const catga_trace *trace)
{
    return is_in_ratio(trace, draw());
}

/* Returns the upper 64 bits of a product. */
static uint64_t multiply_high(uint64_t a, uint64_t b)
{
    const uint64_t low = UINT32_MAX;
    uint64_t middle = (a >> 32) * (b & low) + ((a & low) * (b & low) >> 32);
    uint64_t other = (a & low) * (b >> 32) + (middle & low);

    return (a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32);
}

/* Returns a number in the ratio. All of these are equally likely for random bits, so that processes
 * with a smaller ratio find their part among them. */
static uint64_t number_in_ratio(const catga_trace *trace, uint64_t bits)
{
    return multiply_high(bits, trace->limit) << 1 | (bits & 1);
}

/* ---- Beginning ---- */

static void note_time(catga_span_state *span)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    span->start_ns = catga_clock_of(&now);
    span->began_ns = catga_clock_now();
}

/* Notes the decision about a span that has its context. */
static void note_decision(catga_span_state *span, bool is_sampled)
{
    span->is_traced = true;
    span->is_sampled = is_sampled;
    if (is_sampled)
        note_time(span);
}

/* Begins the first span of a trace whose id is `bits` and `number`. */
static void begin_root(catga_trace *trace, catga_span_state *span, uint64_t bits, uint64_t number)
{
    catga_trace_context context;
    bool is_sampled = is_in_ratio(trace, number);

    make_trace_id(context.trace_id, bits, number);
    make_span_id(trace, context.span_id);
    context.flags = is_sampled ? CATGA_TRACE_SAMPLED : 0;
    catga_trace_context_write(&context, span->headers.traceparent);
    memset(span->parent_id, 0, sizeof span->parent_id);
    span->has_parent = false;
    span->has_remote_parent = false;
    note_decision(span, is_sampled);
}

/* Begins a span whose headers are those of its parent. */
static void begin_child(catga_trace *trace, catga_span_state *span)
{
    char *traceparent = span->headers.traceparent;
    catga_trace_context parent;
    uint8_t id[8];

    catga_trace_context_read(&parent, traceparent);
    bool is_sampled = trace->ignores_parent ? is_in_ratio(trace, number_of(parent.trace_id))
                                            : (parent.flags & CATGA_TRACE_SAMPLED) != 0;
    make_span_id(trace, id);
    catga_traceparent_set_span(
        traceparent, id,
        (uint8_t)((parent.flags & CATGA_TRACE_RANDOM) | (is_sampled ? CATGA_TRACE_SAMPLED : 0)));
    memcpy(span->parent_id, parent.span_id, sizeof span->parent_id);
    span->has_parent = true;
    note_decision(span, is_sampled);
}

void catga_trace_begin(catga_trace *trace, catga_span_state *span)
{
    uint64_t bits[2];

    if (span->headers.traceparent[0] != '\0') {
        begin_child(trace, span);
        return;
    }
    catga_message_id_bits(&trace->ids, bits);
    begin_root(trace, span, bits[0], bits[1]);
}

void catga_trace_begin_drawn(catga_trace *trace, catga_span_state *span)
{
    uint64_t bits[2];

    catga_message_id_bits(&trace->ids, bits);
    begin_root(trace, span, bits[0], number_in_ratio(trace, bits[1]));
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

    catga_trace_context_read(&context, span->headers.traceparent);
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
