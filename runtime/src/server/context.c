/* Reads the context of a message, for handlers and for the runtime; see context.h. */
#include "server/context.h"

#include "base/clock.h"
#include "claims/claims.h"

#include <stdio.h>

void catga_context_begin(catga_context *context, catga_endpoint *endpoint,
                         const catga_incoming *incoming)
{
    context->state = endpoint->service_instance->state;
    context->bus = (catga_bus){.state = context->state, .context = context};
    context->endpoint = endpoint;
    context->message = endpoint->handler->message;
    context->user = endpoint->service_instance->user;
    context->incoming = incoming;
    context->decoded = NULL;
    context->deadline = CATGA_FOREVER;
    context->has_other_subject = false;
    context->answered = false;
    context->too_large = false;
    context->claimed = NULL;
    context->outcome = CATGA_OK;
    context->refusal = CATGA_OK;
    context->verdict = CATGA_UNCOUNTED;
    context->attempt = 1;
    context->retry_after_ms = -1;
    context->problem.text[0] = '\0';
    context->cell = NULL;
    catga_running_add(&context->running, context->state, endpoint, incoming);
    context->running.context = context;
}

catga_status catga_context_decode(catga_context *context, const uint8_t **table,
                                  catga_problem *problem)
{
    const catga_bytes payload = {context->incoming->data, context->incoming->length};

    catga_status status =
        catga_decode(context->state, context->message->encoding, context->message->table, payload,
                     &context->decoded, problem);

    if (status == CATGA_OK)
        *table = catga_decoded_root(context->decoded);
    return status;
}

/* ---- The message ---- */

void *catga_context_user(const catga_context *context)
{
    return context->user;
}

catga_bus *catga_context_bus(catga_context *context)
{
    return &context->bus;
}

catga_string catga_context_header(const catga_context *context, const char *name)
{
    return catga_str(context->state->operations->header(context->incoming, name));
}

catga_string catga_context_message_id(const catga_context *context)
{
    return catga_context_header(context, CATGA_HEADER_ID);
}

catga_string catga_context_correlation_id(const catga_context *context)
{
    catga_string correlation = catga_context_header(context, CATGA_HEADER_CORRELATION);

    return correlation.length != 0 ? correlation : catga_context_message_id(context);
}

catga_string catga_context_traceparent(const catga_context *context)
{
    if (context->bus.span != NULL)
        return catga_str(context->bus.span->headers.traceparent);
    return catga_traceparent_of(catga_context_header(context, CATGA_HEADER_TRACEPARENT));
}

catga_string catga_context_subject(const catga_context *context)
{
    return context->incoming->subject;
}

catga_string catga_context_message_name(const catga_context *context)
{
    return catga_str(context->message->table->name);
}

catga_string catga_context_service(const catga_context *context)
{
    return catga_str(context->endpoint->service_instance->service->name);
}

catga_bytes catga_context_payload(const catga_context *context)
{
    if (context->decoded != NULL)
        return (catga_bytes){context->decoded->bytes, context->decoded->length};
    return (catga_bytes){context->incoming->data, context->incoming->length};
}

int64_t catga_context_remaining_ms(const catga_context *context)
{
    if (context->deadline == CATGA_FOREVER)
        return INT64_MAX;
    return catga_clock_left_ms(context->deadline, catga_clock_now());
}

uint32_t catga_context_attempt(const catga_context *context)
{
    return context->attempt;
}

const catga_claim *catga_context_claim(const catga_context *context)
{
    return context->claimed == NULL ? NULL : &context->claimed->claim;
}

/* ---- Results of handlers and middleware ---- */

catga_status catga_retry_after(catga_context *context, int64_t delay_ms)
{
    context->retry_after_ms = catga_retry_delay(delay_ms);
    return CATGA_RETRY_LATER;
}

catga_status catga_reject(catga_context *context, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(context->problem.text, sizeof context->problem.text, format, arguments);
    va_end(arguments);
    return CATGA_REJECTED;
}

/* An event has no caller, so its refusal is a rejection or a retry. */
static catga_status refuse_event(catga_context *context, catga_status status)
{
    return status == CATGA_NOT_PERMITTED ? CATGA_REJECTED : catga_retry_after(context, -1);
}

static catga_status refuse_other_status(catga_context *context, catga_status status)
{
    snprintf(context->problem.text, sizeof context->problem.text,
             "refused with %s: accepted is: CATGA_NOT_PERMITTED, CATGA_OVERLOADED",
             catga_status_name(status));
    return CATGA_INVALID_ARGUMENT;
}

catga_status catga_deny(catga_context *context, catga_status status, const char *format, ...)
{
    va_list arguments;

    if (status != CATGA_NOT_PERMITTED && status != CATGA_OVERLOADED)
        return refuse_other_status(context, status);
    va_start(arguments, format);
    vsnprintf(context->problem.text, sizeof context->problem.text, format, arguments);
    va_end(arguments);
    if (context->message->kind == CATGA_EVENT)
        return refuse_event(context, status);
    context->refusal = status;
    return status;
}

bool catga_context_is_refused(const catga_context *context, catga_status status)
{
    return status != CATGA_OK && status == context->refusal && !context->answered &&
           !context->too_large;
}
