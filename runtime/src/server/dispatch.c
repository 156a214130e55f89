/* From a received message to its handler and back; see dispatch.h. */
#include "server/dispatch.h"

#include "bus/status.h"
#include "claims/claim_room.h"
#include "observe/hooks.h"
#include "server/answer.h"
#include "server/handler_run.h"

#include <stdio.h>
#include <stdlib.h>

enum { LONGEST_TIMEOUT_MS = 86400000 };

/*
 * Returns the milliseconds that were left when the message was sent: from its header, or else from
 * its schema.
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

/* Sets the deadline of a request. Returns true if it has passed. */
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

/* Ends the handling of a message, before an answer of the runtime is sent. */
static void end(catga_context *context, catga_counter verdict, catga_status outcome)
{
    context->verdict = verdict;
    context->outcome = outcome;
    catga_hook_handling_ends(context);
}

/*
 * Refuses a message without running its handler. An event has no answer: its reply subject waits
 * for the acknowledgement of a stream.
 */
static void refuse(catga_context *context, catga_endpoint *endpoint, catga_status status,
                   catga_counter verdict)
{
    end(context, verdict, status);
    catga_log_limited(&context->state->settings.logger, &endpoint->refused, CATGA_LOG_WARNING,
                      "service: refuse %s: %s (service=%s)", context->message->table->name,
                      catga_status_reason(status, &context->problem),
                      endpoint->service_instance->service->name);
    if (context->message->kind != CATGA_EVENT)
        catga_answer_status(context, status);
}

/* ---- Running the handler ---- */

/*
 * Makes the error that the answer is too large the outcome. A claim keeps it for every retry,
 * because the handler has had its effect.
 */
static void end_too_large(catga_context *context)
{
    context->answered = true;
    if (context->claimed != NULL)
        catga_claims_set_too_large(context->claimed);
    else
        (void)catga_answer_too_large(context);
}

/* Reports a handler that failed, with or without an answer, or that gave no answer. */
static void report_failure(catga_context *context, catga_endpoint *endpoint, catga_status status)
{
    char text[CATGA_PROBLEM_TEXT + 128];
    const char *problem = context->problem.text;

    const char *reason =
        status == CATGA_OK ? "it returned without an answer" : catga_status_text(status);

    snprintf(text, sizeof text, "the handler failed: %s%s%s", reason, *problem != '\0' ? ": " : "",
             problem);
    catga_log_limited(&context->state->settings.logger, &endpoint->failed, CATGA_LOG_WARNING,
                      "service: run %s.%s: %s", endpoint->service_instance->service->name,
                      endpoint->handler->name, text);
    if (context->too_large && !context->answered)
        end_too_large(context);
    if (context->answered || context->message->kind == CATGA_EVENT)
        return;
    if (context->claimed != NULL)
        catga_claims_release(context->claimed);
    catga_answer_error(context, catga_status_code(CATGA_HANDLER_FAILED), NULL, catga_str(text));
}

/* Answers a request that middleware or the handler refused. Its claim is free for a retry. */
static void answer_refusal(catga_context *context, catga_endpoint *endpoint, catga_status status)
{
    end(context, CATGA_COUNTER_refused, status);
    catga_log_limited(&context->state->settings.logger, &endpoint->refused, CATGA_LOG_INFO,
                      "service: refuse %s: " CATGA_REASON " (service=%s)",
                      context->message->table->name, CATGA_REASON_OF(status, context->problem),
                      endpoint->service_instance->service->name);
    if (context->claimed != NULL)
        catga_claims_release(context->claimed);
    catga_answer_status(context, status);
}

/* Ends a message that was not handled. Apart, so that a handled message does not pay for it. */
static CATGA_NOINLINE void fail(catga_context *context, catga_endpoint *endpoint,
                                catga_status status)
{
    if (catga_context_is_refused(context, status)) {
        answer_refusal(context, endpoint, status);
        return;
    }
    end(context, CATGA_COUNTER_handlers_failed, status);
    report_failure(context, endpoint, status);
}

static void run(catga_context *context, catga_endpoint *endpoint, const uint8_t *table)
{
    catga_status status = catga_handler_run(context, endpoint, table);
    bool is_event = context->message->kind == CATGA_EVENT;
    bool is_handled = (status == CATGA_OK && (is_event || context->answered)) ||
                      (status == CATGA_DECLARED_ERROR && context->answered);

    if (is_handled)
        end(context, CATGA_COUNTER_handled, status);
    else
        fail(context, endpoint, status);
}

/* ---- Idempotent commands ---- */

/* Asks the caller to retry while another attempt runs, here or in another replica. */
static void answer_in_progress(catga_context *context)
{
    catga_answer_error(context, catga_status_code(CATGA_IN_PROGRESS), NULL,
                       catga_str(catga_status_text(CATGA_IN_PROGRESS)));
}

/* Runs the handler under its claim. The claim stores the answer before the caller gets it. */
static void run_claimed(catga_context *context, catga_endpoint *endpoint, const uint8_t *table)
{
    catga_claimed *claimed = context->claimed;

    if (context->deadline <= catga_clock_now()) {
        catga_claims_release(claimed);
        refuse(context, endpoint, CATGA_TIMEOUT, CATGA_COUNTER_late_messages);
        return;
    }
    run(context, endpoint, table);
    if (!context->answered)
        return;
    if (catga_claims_done(claimed))
        catga_answer_claim(context, &claimed->claim);
    else
        answer_in_progress(context);
}

/* Refuses a request whose claim cannot be taken. */
static void refuse_unclaimed(catga_context *context, catga_endpoint *endpoint, catga_status status)
{
    if (status == CATGA_IN_PROGRESS) {
        end(context, CATGA_COUNTER_claims_held, status);
        answer_in_progress(context);
    } else {
        refuse(context, endpoint, status,
               status == CATGA_ID_REUSED ? CATGA_COUNTER_ids_reused : CATGA_COUNTER_claims_held);
    }
}

static void run_once(catga_context *context, catga_endpoint *endpoint, const uint8_t *table)
{
    catga_claimed claimed;
    catga_status status = catga_claims_take(&claimed, context);

    if (status == CATGA_OK) {
        run_claimed(context, endpoint, table);
    } else if (status == CATGA_ALREADY_DONE) {
        end(context, CATGA_COUNTER_repeated, CATGA_OK);
        catga_answer_claim(context, &claimed.claim);
    } else {
        refuse_unclaimed(context, endpoint, status);
    }
    catga_claims_end(&claimed, context);
}

/* Returns whether the request is claimed: a retry without an id cannot be recognised. */
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

/* ---- Receiving ---- */

/* Verifies the message, and runs its handler. */
static void handle(catga_context *context, catga_endpoint *endpoint)
{
    const uint8_t *table;
    catga_status status = catga_context_open(context, &table, &context->problem);

    if (CATGA_UNLIKELY(status == CATGA_NO_MEMORY))
        refuse(context, endpoint, CATGA_OVERLOADED, CATGA_COUNTER_overloaded);
    else if (status != CATGA_OK || has_bad_id(context))
        refuse(context, endpoint, CATGA_BAD_MESSAGE, CATGA_COUNTER_bad_messages);
    else if (is_claimed(context))
        run_once(context, endpoint, table);
    else
        run(context, endpoint, table);
}

void catga_dispatch(void *user, catga_incoming *incoming)
{
    catga_endpoint *endpoint = user;
    catga_context context;

    catga_context_begin(&context, endpoint, incoming);
    catga_hook_handling_begins(&context);
    if (is_late(&context))
        refuse(&context, endpoint, CATGA_TIMEOUT, CATGA_COUNTER_late_messages);
    else if (context.message->kind != CATGA_EVENT && catga_bus_is_ending(context.state))
        refuse(&context, endpoint, CATGA_DRAINING, CATGA_COUNTER_refused_draining);
    else
        handle(&context, endpoint);
    catga_context_end(&context);
    context.state->operations->release(incoming);
}

void catga_dispatch_overload(void *user, catga_incoming *incoming)
{
    catga_endpoint *endpoint = user;
    catga_context context;

    catga_context_begin(&context, endpoint, incoming);
    catga_hook_handling_begins(&context);
    refuse(&context, endpoint, CATGA_OVERLOADED, CATGA_COUNTER_overloaded);
    catga_context_end(&context);
    context.state->operations->release(incoming);
}
