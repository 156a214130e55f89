/* Answers requests; see answer.h. */
#include "server/answer.h"

#include "base/text.h"
#include "bus/encode_buffer.h"
#include "bus/status.h"
#include "claims/claim_room.h"

#include <inttypes.h>
#include <stdio.h>

enum { ERROR_HEADERS = 3 };

/* Responds with the span of the handling in a header. */
static catga_status respond_traced(catga_context *context, const catga_outgoing *answer)
{
    catga_header headers[ERROR_HEADERS + CATGA_TRACE_HEADERS];
    catga_outgoing traced = *answer;

    for (size_t i = 0; i < answer->header_count; i++)
        headers[i] = answer->headers[i];
    traced.headers = headers;
    catga_trace_headers_add(&context->span.headers, &traced, headers);
    return context->state->operations->respond(context->state->transport, context->incoming,
                                               &traced);
}

static catga_status respond(catga_context *context, const catga_outgoing *answer)
{
    const catga_incoming *incoming = context->incoming;

    if (incoming->reply == NULL)
        return CATGA_OK;
    if (catga_process_is_forked(&context->state->process))
        return CATGA_CLOSED;
    if (CATGA_UNLIKELY(context->bus.span != NULL) && context->span.has_parent)
        return respond_traced(context, answer);
    return context->state->operations->respond(context->state->transport, incoming, answer);
}

catga_status catga_answer_error(catga_context *context, uint32_t code, const char *name,
                                catga_string text)
{
    char code_text[16];
    char clean_text[CATGA_HEADER_VALUE_MAX];
    catga_header headers[ERROR_HEADERS] = {{CATGA_HEADER_ERROR_CODE, code_text},
                                           {CATGA_HEADER_ERROR_TEXT, clean_text}};
    catga_outgoing answer = {.headers = headers, .header_count = 2};

    snprintf(code_text, sizeof code_text, "%" PRIu32, code);
    catga_text_header(clean_text, sizeof clean_text, text);
    if (name != NULL)
        headers[answer.header_count++] = (catga_header){CATGA_HEADER_ERROR, name};
    return respond(context, &answer);
}

void catga_answer_status(catga_context *context, catga_status status)
{
    (void)catga_answer_error(context, catga_status_code(status), NULL,
                             catga_str(catga_status_reason(status, &context->problem)));
}

void catga_answer_empty(catga_context *context)
{
    static const catga_outgoing empty = {.length = 0};

    (void)respond(context, &empty);
}

/* ---- Answers of a handler ---- */

/* Refuses a second answer of a handler. */
static catga_status refuse_second_answer(catga_context *context)
{
    snprintf(context->problem.text, sizeof context->problem.text, "answered twice");
    return CATGA_INVALID_ARGUMENT;
}

/* Refuses the result of another message than the handler's. */
static catga_status refuse_other_message(catga_context *context, const catga_message *message)
{
    snprintf(context->problem.text, sizeof context->problem.text,
             "replied to %s in the handler of %s", message->table->name,
             context->message->table->name);
    return CATGA_HANDLER_FAILED;
}

static catga_status refuse_undeclared_error(catga_context *context, const catga_error_set *set,
                                            size_t index)
{
    const catga_error_set *declared = context->message->errors;

    const char *name =
        set == NULL || index >= set->count ? "an unknown error" : set->errors[index].name;

    snprintf(context->problem.text, sizeof context->problem.text,
             "raised %s, which %s does not declare: it throws %s", name,
             context->message->table->name, declared == NULL ? "nothing" : declared->name);
    return CATGA_HANDLER_FAILED;
}

catga_status catga_answer_too_large(catga_context *context)
{
    char text[CATGA_TOO_LARGE_TEXT];

    catga_claims_too_large_text(context->state, text);
    return catga_answer_error(context, catga_status_code(CATGA_TOO_LARGE), NULL, catga_str(text));
}

/* Sends a kept answer. The server may have lowered its limit since the answer was kept. */
static catga_status repeat_answer(catga_context *context, const catga_claim *claim)
{
    const catga_outgoing answer = {.data = claim->answer.data, .length = claim->answer.length};
    catga_status status = respond(context, &answer);

    return status == CATGA_TOO_LARGE ? catga_answer_too_large(context) : status;
}

/* The name from a claim store may lack its terminator. */
catga_status catga_answer_claim(catga_context *context, const catga_claim *claim)
{
    char name[CATGA_HEADER_VALUE_MAX];

    if (claim->error.code == 0)
        return repeat_answer(context, claim);
    catga_text_header(name, sizeof name, claim->error.name);
    return catga_answer_error(context, claim->error.code, name[0] == '\0' ? NULL : name,
                              claim->error.text);
}

/*
 * Tells the handler, which may answer with less. If it does not, the caller gets this error: the
 * handler has run, and a retry would not help.
 */
static catga_status note_too_large(catga_context *context)
{
    context->too_large = true;
    catga_claims_too_large_text(context->state, context->problem.text);
    return CATGA_TOO_LARGE;
}

/* Encodes the answer of a claimed request, which is sent after the claim is stored. */
static catga_status keep_answer(catga_context *context, const void *result)
{
    catga_claimed *claimed = context->claimed;

    catga_encode_buffer_free(&claimed->payload, context->state);
    catga_status status =
        catga_encode_buffer_fill_as(&claimed->payload, context->state, context->message->encoding,
                                    context->message->result, result, &context->problem);
    if (status == CATGA_TOO_LARGE ||
        (status == CATGA_OK && claimed->payload.length > catga_claims_room(claimed)))
        return note_too_large(context);
    if (status != CATGA_OK)
        return status;
    claimed->claim.answer = (catga_bytes){claimed->payload.data, claimed->payload.length};
    context->answered = true;
    return CATGA_OK;
}

static catga_status keep_error(catga_context *context, const catga_declared_error *error,
                               const char *text)
{
    catga_claimed *claimed = context->claimed;

    catga_text_header(claimed->error_text, sizeof claimed->error_text, catga_str(text));
    claimed->claim.error = (catga_error){.code = error->code,
                                         .name = catga_str(error->name),
                                         .text = catga_str(claimed->error_text)};
    context->answered = true;
    return CATGA_DECLARED_ERROR;
}

catga_status catga_answer(catga_context *context, const catga_message *message, const void *result)
{
    catga_encode_buffer payload;

    if (context->answered)
        return refuse_second_answer(context);
    if (message != context->message || message->kind == CATGA_EVENT)
        return refuse_other_message(context, message);
    if (context->claimed != NULL)
        return keep_answer(context, result);
    catga_status status = catga_encode_buffer_fill_as(&payload, context->state, message->encoding,
                                                      message->result, result, &context->problem);
    if (status == CATGA_OK) {
        catga_outgoing answer = {.data = payload.data, .length = payload.length};
        status = respond(context, &answer);
        catga_encode_buffer_free(&payload, context->state);
        context->answered = status == CATGA_OK;
    }
    return status == CATGA_TOO_LARGE ? note_too_large(context) : status;
}

catga_status catga_fail(catga_context *context, const catga_error_set *set, size_t index,
                        const char *format, va_list arguments)
{
    char text[CATGA_HEADER_VALUE_MAX];

    if (context->answered)
        return refuse_second_answer(context);
    if (set == NULL || set != context->message->errors || index >= set->count)
        return refuse_undeclared_error(context, set, index);
    vsnprintf(text, sizeof text, format, arguments);
    const catga_declared_error *error = &set->errors[index];
    if (context->claimed != NULL)
        return keep_error(context, error, text);
    catga_status status = catga_answer_error(context, error->code, error->name, catga_str(text));
    context->answered = status == CATGA_OK;
    return context->answered ? CATGA_DECLARED_ERROR : status;
}
