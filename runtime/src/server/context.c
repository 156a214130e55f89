/* The functions that handlers call. */
#include "server/context.h"

#include "base/text.h"
#include "bus/encode_buffer.h"
#include "bus/status.h"
#include "claims/claims.h"

#include <inttypes.h>
#include <stdio.h>

enum { LONGEST_DELAY_MS = 86400000 };

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

catga_string catga_context_subject(const catga_context *context)
{
    return context->incoming->subject;
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

/* ---- What a handler of a stored event may ask for ---- */

catga_status catga_retry_after(catga_context *context, int64_t delay_ms)
{
    context->retry_after_ms = delay_ms < 0                  ? -1
                              : delay_ms < LONGEST_DELAY_MS ? delay_ms
                                                            : LONGEST_DELAY_MS;
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

/* ---- Answers ---- */

static catga_status respond(catga_context *context, const catga_outgoing *answer)
{
    const catga_incoming *incoming = context->incoming;

    if (incoming->reply == NULL)
        return CATGA_OK;
    if (catga_process_is_forked(&context->state->process))
        return CATGA_CLOSED;
    return context->state->operations->respond(context->state->transport, incoming, answer);
}

catga_status catga_context_refuse(catga_context *context, uint32_t code, const char *name,
                                  catga_string text)
{
    char code_text[16];
    char clean_text[CATGA_HEADER_VALUE_MAX];
    catga_header headers[3] = {{CATGA_HEADER_ERROR_CODE, code_text},
                               {CATGA_HEADER_ERROR_TEXT, clean_text}};
    catga_outgoing answer = {.headers = headers, .header_count = 2};

    snprintf(code_text, sizeof code_text, "%" PRIu32, code);
    catga_text_header(clean_text, sizeof clean_text, text);
    if (name != NULL)
        headers[answer.header_count++] = (catga_header){CATGA_HEADER_ERROR, name};
    return respond(context, &answer);
}

/* A handler answers once, and a message of its own kind. */
static catga_status refuse_second_answer(catga_context *context)
{
    snprintf(context->problem.text, sizeof context->problem.text, "answered twice");
    return CATGA_INVALID_ARGUMENT;
}

/* The handler of one message replied with the result of another. */
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

catga_status catga_context_refuse_too_large(catga_context *context)
{
    char text[CATGA_TOO_LARGE_TEXT];

    catga_claims_too_large_text(context->state, text);
    return catga_context_refuse(context, catga_status_code(CATGA_TOO_LARGE), NULL, catga_str(text));
}

/* The server may have lowered its limit since the answer was kept. */
static catga_status repeat_answer(catga_context *context, const catga_claim *claim)
{
    const catga_outgoing answer = {.data = claim->answer.data, .length = claim->answer.length};
    catga_status status = respond(context, &answer);

    return status == CATGA_TOO_LARGE ? catga_context_refuse_too_large(context) : status;
}

/* A text that a store gave back need not end. */
catga_status catga_context_repeat(catga_context *context, const catga_claim *claim)
{
    char name[CATGA_HEADER_VALUE_MAX];

    if (claim->error.code == 0)
        return repeat_answer(context, claim);
    catga_text_header(name, sizeof name, claim->error.name);
    return catga_context_refuse(context, claim->error.code, name[0] == '\0' ? NULL : name,
                                claim->error.text);
}

/*
 * A handler that is told so may answer with less. If it does not, its caller is told: the handler
 * has run, and would not do better a second time.
 */
static catga_status note_too_large(catga_context *context)
{
    context->too_large = true;
    catga_claims_too_large_text(context->state, context->problem.text);
    return CATGA_TOO_LARGE;
}

/* An answer to what is handled once goes when it has been kept. */
static catga_status keep_answer(catga_context *context, const void *result)
{
    catga_claimed *claimed = context->claimed;

    catga_encode_buffer_free(&claimed->payload, context->state);
    catga_status status = catga_encode_buffer_fill(
        &claimed->payload, context->state, context->message->result, result, &context->problem);
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
    catga_status status = catga_encode_buffer_fill(&payload, context->state, message->result,
                                                   result, &context->problem);
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
    catga_status status = catga_context_refuse(context, error->code, error->name, catga_str(text));
    context->answered = status == CATGA_OK;
    return context->answered ? CATGA_DECLARED_ERROR : status;
}
