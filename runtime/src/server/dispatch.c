/*
 * From a message that came to the handler that it is for, and back. A message whose sender has
 * given up, or that is not valid, is refused before the handler sees it; what the handler returns
 * becomes the answer, if it has made none.
 */
#include "server/dispatch.h"

#include "base/running.h"
#include "bus/message_log.h"
#include "bus/status.h"
#include "claims/claims.h"
#include "server/context.h"

#include <stdio.h>
#include <stdlib.h>

enum { LONGEST_TIMEOUT_MS = 86400000 };

/*
 * The milliseconds that were left when the message was sent: as its header says, else as its schema
 * does.
 */
static int64_t time_left_ms(const catga_context *context)
{
    catga_string header = catga_context_header(context, CATGA_HEADER_TIMEOUT);
    const char *error = NULL;

    if (header.data == NULL)
        return context->message->timeout_ms;
    long long left = strtonum(header.data, 0, LONGEST_TIMEOUT_MS, &error);
    return error == NULL ? left : context->message->timeout_ms;
}

/* Sets the deadline of a request; true when it has passed. */
static bool is_late(catga_context *context)
{
    const catga_incoming *incoming = context->incoming;

    if (context->message->kind == CATGA_EVENT)
        return false;
    if (incoming->deadline_ns != 0) {
        context->deadline = incoming->deadline_ns;
        return incoming->waited_ns != 0 && incoming->deadline_ns <= catga_clock_now();
    }
    int64_t left = time_left_ms(context) * CATGA_MILLISECOND - incoming->waited_ns;
    context->deadline = catga_clock_now() + left;
    return left <= 0;
}

void catga_context_begin(catga_context *context, const catga_endpoint *endpoint,
                         const catga_incoming *incoming)
{
    context->state = endpoint->service_instance->state;
    context->bus = (catga_bus){context->state, context};
    context->message = endpoint->handler->message;
    context->user = endpoint->service_instance->user;
    context->incoming = incoming;
    context->deadline = CATGA_FOREVER;
    context->answered = false;
    context->too_large = false;
    context->claimed = NULL;
    context->outcome = CATGA_OK;
    context->attempt = 1;
    context->retry_after_ms = -1;
    context->problem.text[0] = '\0';
}

/* Refuses a message that no handler sees. */
static void refuse(catga_context *context, catga_endpoint *endpoint, catga_status why,
                   catga_counter counter)
{
    const char *text =
        context->problem.text[0] != '\0' ? context->problem.text : catga_status_text(why);

    context->outcome = why;
    catga_bus_count(context->state, counter);
    catga_log_limited(&context->state->settings.logger, &endpoint->refused, CATGA_LOG_WARNING,
                      "service: %s refused %s: %s", endpoint->service_instance->service->name,
                      context->message->table->name, text);
    catga_context_refuse(context, catga_status_code(why), NULL, catga_str(text));
}

/*
 * The only answer was too large. That is the outcome, also for each further try of what is handled
 * once: the handler has had its effect.
 */
static void end_too_large(catga_context *context)
{
    context->answered = true;
    if (context->claimed != NULL)
        catga_claims_set_too_large(context->claimed);
    else
        (void)catga_context_refuse_too_large(context);
}

/* A handler failed that did not answer; or answered, and then failed. */
static void report_failure(catga_context *context, catga_endpoint *endpoint, catga_status status)
{
    char text[CATGA_PROBLEM_TEXT + 128];
    const char *problem = context->problem.text;

    const char *reason =
        status == CATGA_OK ? "it returned without an answer" : catga_status_text(status);

    snprintf(text, sizeof text, "the handler failed: %s%s%s", reason, *problem != '\0' ? ": " : "",
             problem);
    catga_bus_count(context->state, CATGA_COUNTER_handlers_failed);
    catga_log_limited(&context->state->settings.logger, &endpoint->failed, CATGA_LOG_WARNING,
                      "%s.%s: %s", endpoint->service_instance->service->name,
                      endpoint->handler->name, text);
    if (context->too_large && !context->answered)
        end_too_large(context);
    if (context->answered)
        return;
    if (context->claimed != NULL)
        catga_claims_release(context->claimed);
    catga_context_refuse(context, catga_status_code(CATGA_HANDLER_FAILED), NULL, catga_str(text));
}

catga_status catga_dispatch_run(catga_context *context, catga_endpoint *endpoint,
                                const uint8_t *table)
{
    catga_running running;

    catga_running_add(&running, context->state, endpoint);
    catga_status status =
        endpoint->handler->run(endpoint->service_instance->handlers, context, table);
    catga_running_remove(&running);
    return status;
}

static void run(catga_context *context, catga_endpoint *endpoint, const uint8_t *table)
{
    catga_status status = context->outcome = catga_dispatch_run(context, endpoint, table);
    bool is_event = context->message->kind == CATGA_EVENT;

    if ((status == CATGA_OK && (is_event || context->answered)) ||
        (status == CATGA_DECLARED_ERROR && context->answered))
        catga_bus_count(context->state, CATGA_COUNTER_handled);
    else
        report_failure(context, endpoint, status);
}

/* ---- What is handled once ---- */

/* To come again: the first try is at work, here or elsewhere. */
static void refuse_for_now(catga_context *context)
{
    catga_bus_count(context->state, CATGA_COUNTER_claims_held);
    catga_context_refuse(context, catga_status_code(CATGA_IN_PROGRESS), NULL,
                         catga_str(catga_status_text(CATGA_IN_PROGRESS)));
}

/* The answer to the first request is of no use to this caller, and this request did not run. */
static void refuse_reused(catga_context *context, catga_endpoint *endpoint)
{
    snprintf(context->problem.text, sizeof context->problem.text,
             "the id \"%.*s\" was used with another request; give each request its own id",
             CATGA_PRINT(catga_context_message_id(context)));
    refuse(context, endpoint, CATGA_ID_REUSED, CATGA_COUNTER_ids_reused);
}

static void refuse_unclaimed(catga_context *context, catga_endpoint *endpoint,
                             const catga_claimed *claimed)
{
    char *text = context->problem.text;

    if (claimed->full)
        snprintf(text, CATGA_PROBLEM_TEXT, "its claim cannot be stored: bucket %.100s is full",
                 claimed->bucket);
    else
        snprintf(text, CATGA_PROBLEM_TEXT, "its claim cannot be taken now");
    refuse(context, endpoint, CATGA_OVERLOADED, CATGA_COUNTER_claims_held);
}

/* The answer goes to the caller when the claim says what it is. */
static void run_claimed(catga_context *context, catga_endpoint *endpoint, const uint8_t *table,
                        catga_claimed *claimed)
{
    context->claimed = claimed;
    if (context->deadline <= catga_clock_now()) {
        catga_claims_release(claimed);
        refuse(context, endpoint, CATGA_TIMEOUT, CATGA_COUNTER_late_messages);
        return;
    }
    run(context, endpoint, table);
    if (!context->answered)
        return;
    if (catga_claims_done(claimed))
        catga_context_repeat(context, &claimed->claim);
    else
        refuse_for_now(context);
}

static void run_once(catga_context *context, catga_endpoint *endpoint, const uint8_t *table)
{
    catga_claimed claimed;

    switch (catga_claims_take(&claimed, context, endpoint)) {
    case CATGA_CLAIM_TAKEN:
        run_claimed(context, endpoint, table, &claimed);
        break;
    case CATGA_CLAIM_DONE:
        catga_bus_count(context->state, CATGA_COUNTER_repeated);
        catga_context_repeat(context, &claimed.claim);
        break;
    case CATGA_CLAIM_HELD:
        refuse_for_now(context);
        break;
    case CATGA_CLAIM_REUSED:
        refuse_reused(context, endpoint);
        break;
    case CATGA_CLAIM_UNKNOWN:
        refuse_unclaimed(context, endpoint, &claimed);
        break;
    }
    catga_claims_end(&claimed);
}

/* A message without an id, from a foreign program, cannot be recognised when it is repeated. */
static bool is_claimed(const catga_context *context)
{
    return context->message->claims != NULL && catga_context_message_id(context).length != 0;
}

static bool has_bad_id(catga_context *context)
{
    if (!is_claimed(context) || catga_is_token(catga_context_message_id(context)))
        return false;
    snprintf(context->problem.text, sizeof context->problem.text,
             "its id is not 1 to 64 of A-Z a-z 0-9 _ -");
    return true;
}

void catga_dispatch(void *user, catga_incoming *incoming)
{
    catga_endpoint *endpoint = user;
    catga_context context;
    const uint8_t *table;

    catga_context_begin(&context, endpoint, incoming);
    if (is_late(&context))
        refuse(&context, endpoint, CATGA_TIMEOUT, CATGA_COUNTER_late_messages);
    else if (context.message->kind != CATGA_EVENT && catga_bus_is_ending(context.state))
        refuse(&context, endpoint, CATGA_DRAINING, CATGA_COUNTER_refused_draining);
    else if (catga_verify(context.message->table, incoming->data, incoming->length, &table,
                          &context.problem) != CATGA_OK ||
             has_bad_id(&context))
        refuse(&context, endpoint, CATGA_BAD_MESSAGE, CATGA_COUNTER_bad_messages);
    else if (is_claimed(&context))
        run_once(&context, endpoint, table);
    else
        run(&context, endpoint, table);
    catga_message_log_received(&context, endpoint->handler->name,
                               catga_status_text(context.outcome));
    context.state->operations->release(incoming);
}

void catga_dispatch_overload(void *user, catga_incoming *incoming)
{
    catga_endpoint *endpoint = user;
    catga_context context;

    catga_context_begin(&context, endpoint, incoming);
    refuse(&context, endpoint, CATGA_OVERLOADED, CATGA_COUNTER_overloaded);
    context.state->operations->release(incoming);
}
