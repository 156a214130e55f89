/* Traces messages; see catga/trace.h. */
#include "observe/trace.h"

#include "base/text.h"
#include "bus/status.h"
#include "client/address.h"
#include "observe/hooks.h"
#include "observe/trace_attributes.h"
#include "observe/trace_span.h"

#include <stdlib.h>

static catga_trace *trace_of(const catga_observer *self)
{
    return (catga_trace *)(uintptr_t)self;
}

/* ---- Sent messages ---- */

/* A child of fork would make the ids of its parent again, and may not call the sink. */
static bool is_forked(const catga_bus_state *state)
{
    return catga_process_is_forked(&state->process);
}

/*
 * An event that may be lost and begins a trace that is not sampled carries no context, so that its
 * handlers decide for themselves: nats.c takes several times as long for a message with headers.
 */
static bool needs_context(const catga_message *message)
{
    return message->kind != CATGA_EVENT || message->delivery != NULL;
}

/* Begins a trace with a message, unless its context is not needed. */
static void begin_trace(catga_trace *trace, const catga_sending *sending)
{
    catga_span_state *span = &sending->envelope->span;

    if (needs_context(sending->message))
        catga_trace_begin(trace, span);
    else if (catga_trace_draws(trace))
        catga_trace_begin_drawn(trace, span);
    else
        return;
    catga_envelope_add_trace(sending->envelope);
}

/* The first try begins the span, and all tries carry its context. */
static void begin_sending(const catga_observer *self, const catga_sending *sending)
{
    catga_span_state *span = &sending->envelope->span;

    if (sending->attempt != 1)
        return;
    if (span->headers.traceparent[0] == '\0')
        begin_trace(trace_of(self), sending);
    else
        catga_trace_begin(trace_of(self), span); /* in the header of the parent */
}

static void report_sent(const catga_trace *trace, const catga_sending *sending,
                        const catga_envelope *envelope)
{
    bool is_event = sending->message->kind == CATGA_EVENT;
    bool failed = sending->status != CATGA_OK;
    catga_trace_attributes attributes;

    if (!envelope->span.is_sampled)
        return;
    catga_trace_attributes_sent(&attributes, sending, envelope);
    catga_trace_end(trace, &envelope->span,
                    &(catga_span){.kind = is_event ? CATGA_SPAN_PRODUCER : CATGA_SPAN_CLIENT,
                                  .operation = is_event ? "publish" : "request",
                                  .target = envelope->outgoing.subject,
                                  .failed = failed,
                                  .status_text = failed ? catga_status_text(sending->status) : "",
                                  .attributes = attributes.all,
                                  .attribute_count = attributes.count});
}

/* Reports a message that was refused before it had an envelope. */
static void report_refused(catga_trace *trace, const catga_sending *sending)
{
    catga_bus bus = *sending->bus;
    catga_envelope envelope;
    catga_problem problem;

    bus.header_count = 0; /* they may be the reason */
    if (is_forked(bus.state) ||
        catga_address(&envelope, &bus, sending->message, NULL, &problem) != CATGA_OK)
        return;
    catga_trace_begin(trace, &envelope.span);
    report_sent(trace, sending, &envelope);
}

static void end_sending(const catga_observer *self, const catga_sending *sending)
{
    catga_trace *trace = trace_of(self);

    if (sending->envelope == NULL) {
        report_refused(trace, sending);
        return;
    }
    if (sending->attempt == 0) /* it ended before its first try */
        catga_trace_begin(trace, &sending->envelope->span);
    report_sent(trace, sending, sending->envelope);
}

/* ---- Received messages ---- */

static void begin_handling(const catga_observer *self, catga_context *context)
{
    catga_span_inherit(&context->span, &context->bus);
    catga_trace_begin(trace_of(self), &context->span);
    catga_trace_backdate(&context->span, context->incoming->began_ns);
    context->bus.span = &context->span;
}

/* Returns why the handling failed. A declared error is no failure of the handler. */
static catga_status failure_of(const catga_context *context)
{
    bool has_failed = context->verdict == CATGA_COUNTER_handlers_failed;
    bool is_result = context->outcome == CATGA_OK || context->outcome == CATGA_DECLARED_ERROR;

    if (!is_result)
        return context->outcome;
    return has_failed ? CATGA_HANDLER_FAILED : CATGA_OK;
}

static void end_handling(const catga_observer *self, const catga_context *context)
{
    const catga_trace *trace = trace_of(self);
    bool is_event = context->message->kind == CATGA_EVENT;
    catga_status failure = failure_of(context);
    catga_trace_attributes attributes;
    char reason[CATGA_PROBLEM_TEXT] = "";

    if (context->bus.span == NULL || !context->span.is_sampled)
        return;
    catga_trace_attributes_handled(&attributes, context, failure);
    if (failure != CATGA_OK)
        catga_text_header(reason, sizeof reason,
                          catga_str(catga_status_reason(failure, &context->problem)));
    catga_trace_end(trace, &context->span,
                    &(catga_span){.kind = is_event ? CATGA_SPAN_CONSUMER : CATGA_SPAN_SERVER,
                                  .operation = "process",
                                  .target = context->incoming->subject.data,
                                  .failed = failure != CATGA_OK,
                                  .status_text = reason,
                                  .attributes = attributes.all,
                                  .attribute_count = attributes.count});
}

/* ---- Spans of programs ---- */

static void begin_span(const catga_observer *self, catga_active_span *span)
{
    if (is_forked(span->bus.state))
        return;
    catga_trace_begin(trace_of(self), &span->state);
}

static void end_span(const catga_observer *self, const catga_active_span *span,
                     const catga_span_outcome *outcome)
{
    const catga_span_start *start = &span->start;

    if (!span->state.is_sampled || is_forked(span->bus.state))
        return;
    catga_trace_end(
        trace_of(self), &span->state,
        &(catga_span){.kind = start->kind,
                      .operation = start->operation,
                      .target = start->target == NULL ? "" : start->target,
                      .failed = outcome->failed,
                      .status_text = outcome->status_text == NULL ? "" : outcome->status_text,
                      .attributes = outcome->attributes,
                      .attribute_count = outcome->attribute_count});
}

/* ---- Opening and closing ---- */

static void end(const catga_observer *self)
{
    free(trace_of(self));
}

static catga_trace *make(const catga_trace_options *options)
{
    catga_trace *trace = calloc(1, sizeof *trace);

    if (trace == NULL)
        return NULL;
    trace->observer = (catga_observer){.send_begins = begin_sending,
                                       .send_ends = end_sending,
                                       .handling_begins = begin_handling,
                                       .handling_ends = end_handling,
                                       .span_begins = begin_span,
                                       .span_ends = end_span,
                                       .end = end};
    trace->sink = options->sink;
    trace->user = options->user;
    trace->limit = catga_trace_limit(options->ratio);
    trace->ignores_parent = options->ignores_parent;
    catga_message_ids_begin(&trace->ids);
    return trace;
}

catga_status catga_trace_open(catga_bus *bus, const catga_trace_options *options)
{
    catga_status status = catga_bus_may_use(bus);
    bool is_ratio = options->ratio >= 0 && options->ratio <= 1;

    if (status != CATGA_OK)
        return status;
    if (options->sink == NULL || !is_ratio)
        return CATGA_INVALID_ARGUMENT;
    catga_trace *trace = make(options);
    if (trace == NULL)
        return CATGA_NO_MEMORY;
    if (catga_observers_add(bus->state, &trace->observer) == &trace->observer)
        return CATGA_OK;
    free(trace);
    return CATGA_INVALID_ARGUMENT;
}
