/*
 * From a stored event that was handed out to its handler, and what becomes of it: this does what the
 * rules of delivery/handling.h say.
 */
#include "bus/consume.h"

#include "base/text.h"
#include "bus/claims.h"
#include "bus/context.h"
#include "bus/message_log.h"
#include "bus/status.h"
#include "bus/store.h"
#include "delivery/handling.h"

#include <inttypes.h>
#include <stdio.h>

/* How long storing a dead letter may take. */
#define BURY_WAIT (5 * CATGA_SECOND)

enum { DEAD_LETTER_ID = CATGA_STREAM_NAME + CATGA_CONSUMER_NAME + 48 };

static catga_handling_rules rules_of(const catga_message *message)
{
    return (catga_handling_rules){
        .retries = message->retries,
        .backoff_ms = message->delivery->backoff_ms,
        .backoff_longest_ms = message->delivery->backoff_longest_ms,
        .dead_letter = message->delivery->dead_letter,
    };
}

/* ---- The handler ---- */

static catga_handling_event event_of(catga_status status, const catga_context *context)
{
    switch ((int)status) {
    case CATGA_OK:
        return CATGA_HANDLING_SUCCEEDED;
    case CATGA_REJECTED:
        return CATGA_HANDLING_REJECTED;
    case CATGA_RETRY_LATER:
        return context->retry_after_ms < 0 ? CATGA_HANDLING_FAILED : CATGA_HANDLING_POSTPONED;
    default:
        return CATGA_HANDLING_FAILED;
    }
}

static void report(catga_context *context, catga_served_handler *entry, catga_status status)
{
    const char *problem = context->problem.text;

    catga_core_count(context->core, CATGA_COUNTER_handlers_failed);
    catga_log_limited(&context->core->settings.logger, &entry->failed, CATGA_LOG_WARNING,
                      "%s.%s: attempt %" PRIu32 " failed: %s%s%s", entry->served->service->name,
                      entry->handler->name, context->attempt, catga_status_text(status),
                      *problem != '\0' ? ": " : "", problem);
    if (*problem == '\0')
        snprintf(context->problem.text, sizeof context->problem.text, "%s",
                 catga_status_text(status));
}

static catga_handling_action run(catga_context *context, catga_served_handler *entry,
                                 const uint8_t *table, catga_handling *handling)
{
    catga_status status = context->outcome = catga_dispatch_run(context, entry, table);
    catga_handling_event event = event_of(status, context);

    if (event == CATGA_HANDLING_SUCCEEDED)
        catga_core_count(context->core, CATGA_COUNTER_handled);
    else
        report(context, entry, status);
    return catga_handling_step(handling, event, context->retry_after_ms);
}

/* ---- The end of an event ---- */

static const char *cause_text(catga_handling_cause cause)
{
    switch (cause) {
    case CATGA_CAUSE_BAD_MESSAGE:
        return "it is no valid message";
    case CATGA_CAUSE_REJECTED:
        return "the handler gave it up";
    case CATGA_CAUSE_ATTEMPTS:
        return "the last attempt failed";
    case CATGA_CAUSE_LOST:
        return "no attempt came to an end";
    case CATGA_CAUSE_NONE:
        break;
    }
    return "";
}

static void put_cause(char text[CATGA_HEADER_VALUE_MAX], const catga_context *context,
                      const catga_handling *handling)
{
    char line[CATGA_PROBLEM_TEXT + 64];
    const char *problem = context->problem.text;
    snprintf(line, sizeof line, "%s%s%s", cause_text(handling->cause), *problem != '\0' ? ": " : "",
             problem);
    catga_text_header(text, CATGA_HEADER_VALUE_MAX, catga_str(line));
}

/* A peer's text goes on only where it can do no harm. */
static catga_string clean(catga_string text)
{
    const catga_string none = {NULL, 0};
    bool fits = text.length <= CATGA_CORRELATION_MAX && catga_is_header_value(text);
    return fits ? text : none;
}

/*
 * The dead letter's own id names the stored event, so the server drops a second copy of one whose
 * acknowledgement was lost. The event's message id does not serve: two stored events may share it.
 */
static bool put_dead_letter_id(char id[DEAD_LETTER_ID], const catga_context *context,
                               const char *consumer)
{
    char stream[CATGA_STREAM_NAME];

    if (!catga_store_stream_name(context->core, context->message->delivery->stream, stream))
        return false;
    snprintf(id, DEAD_LETTER_ID, "%s.%s.%" PRIu64 ".%" PRId64, stream, consumer,
             context->incoming->sequence, context->incoming->stored_ns);
    return true;
}

/* Stores the event's bytes, and what is known of the event. */
static catga_status bury(catga_context *context, const catga_served_handler *entry,
                         const catga_handling *handling)
{
    const catga_incoming *incoming = context->incoming;
    catga_string original = clean(catga_context_message_id(context));
    catga_string correlation = clean(catga_context_correlation_id(context));
    char consumer[CATGA_CONSUMER_NAME];
    char subject[CATGA_STORED_SUBJECT];
    char id[DEAD_LETTER_ID], cause[CATGA_HEADER_VALUE_MAX], attempts[16], sequence[24];
    catga_header headers[7] = {{CATGA_HEADER_ID, id},
                               {CATGA_HEADER_CAUSE, cause},
                               {CATGA_HEADER_ATTEMPTS, attempts},
                               {CATGA_HEADER_SEQUENCE, sequence},
                               {CATGA_HEADER_SUBJECT, incoming->subject.data}};
    catga_outgoing letter = {.subject = subject,
                             .data = incoming->data,
                             .length = incoming->length,
                             .headers = headers,
                             .header_count = 5};

    if (!catga_store_consumer_name(context->core, entry->served->service, entry->handler,
                                   consumer) ||
        !put_dead_letter_id(id, context, consumer) ||
        !catga_store_dead_subject(context->core, context->message->delivery->stream, consumer,
                                  subject))
        return CATGA_INVALID_ARGUMENT;
    snprintf(sequence, sizeof sequence, "%" PRIu64, incoming->sequence);
    snprintf(attempts, sizeof attempts, "%" PRIu32, handling->attempt);
    put_cause(cause, context, handling);
    if (original.length != 0)
        headers[letter.header_count++] = (catga_header){CATGA_HEADER_ORIGINAL, original.data};
    if (correlation.length != 0)
        headers[letter.header_count++] =
            (catga_header){CATGA_HEADER_CORRELATION, correlation.data};
    char stream[CATGA_STREAM_NAME];
    if (catga_store_dead_stream_name(context->core, context->message->delivery->stream, stream))
        letter.stream = catga_stream_hash(catga_str(stream));
    catga_problem problem = {""};
    return catga_client_store(context->core, &letter, catga_clock_now() + BURY_WAIT, &problem);
}

static catga_handling_action try_to_bury(catga_context *context, catga_served_handler *entry,
                                         catga_handling *handling)
{
    catga_status status = bury(context, entry, handling);
    if (status == CATGA_OK)
        return catga_handling_step(handling, CATGA_HANDLING_BURIED, 0);
    catga_log_limited(&context->core->settings.logger, &entry->refused, CATGA_LOG_ERROR,
                      "%s.%s: a dead letter was not stored, and is tried again: %s",
                      entry->served->service->name, entry->handler->name,
                      catga_status_text(status));
    return catga_handling_step(handling, CATGA_HANDLING_UNBURIED, 0);
}

static void report_end(catga_context *context, catga_served_handler *entry,
                       const catga_handling *handling)
{
    bool kept = handling->rules.dead_letter;

    catga_core_count(context->core,
                     kept ? CATGA_COUNTER_dead_letters : CATGA_COUNTER_given_up);
    catga_log_limited(&context->core->settings.logger, &entry->ended, CATGA_LOG_ERROR,
                      "%s.%s gave up %s %" PRIu64 " after attempt %" PRIu32 ": %s%s%s%s",
                      entry->served->service->name, entry->handler->name,
                      context->message->table->name, context->incoming->sequence,
                      handling->attempt, cause_text(handling->cause),
                      context->problem.text[0] != '\0' ? ": " : "", context->problem.text,
                      kept ? "; it is a dead letter" : "; it is lost");
}

/* ---- All of it ---- */

/* What does not arrive makes the server hand it out again: that is what it is for. */
static void settle_as(catga_context *context, catga_settlement settlement, int64_t delay_ms)
{
    (void)context->core->operations->settle(context->core->transport, context->incoming,
                                            settlement, delay_ms * CATGA_MILLISECOND);
}

static void settle(catga_context *context, catga_served_handler *entry,
                   const catga_handling *handling, catga_handling_action action)
{
    catga_settlement settlement = CATGA_SETTLE_DONE;

    if (action == CATGA_HANDLING_RETRY) {
        settlement = CATGA_SETTLE_RETRY;
        catga_core_count(context->core, CATGA_COUNTER_retried_later);
    } else if (action == CATGA_HANDLING_GIVE_UP) {
        settlement = CATGA_SETTLE_GIVE_UP;
        report_end(context, entry, handling);
    }
    settle_as(context, settlement, handling->delay_ms);
}

/* The attempt of that number, from its beginning to what is to be settled. A NULL table: it is no
 * valid message. */
static catga_handling_action attempt(catga_context *context, catga_served_handler *entry,
                                     const uint8_t *table, uint32_t number,
                                     catga_handling *handling)
{
    const catga_handling_rules rules = rules_of(context->message);

    catga_handling_init(handling, &rules, number);
    context->attempt = handling->attempt;
    catga_handling_action action = catga_handling_step(
        handling, table != NULL ? CATGA_HANDLING_CAME : CATGA_HANDLING_CAME_BAD, 0);
    if (action == CATGA_HANDLING_RUN)
        action = run(context, entry, table, handling);
    if (action == CATGA_HANDLING_BURY)
        action = try_to_bury(context, entry, handling);
    return action;
}

/* ---- Once ---- */

/* What comes again is free for another attempt; what has ended is done. False: another has taken it. */
static bool conclude(catga_claimed *claimed, catga_handling_action action)
{
    if (action != CATGA_HANDLING_RETRY)
        return catga_claims_done(claimed);
    catga_claims_release(claimed);
    return true;
}

/* Attempts are counted by those that took the claim, not by how often it was held by another. */
static void run_claimed(catga_context *context, catga_served_handler *entry, const uint8_t *table,
                        catga_claimed *claimed)
{
    uint32_t number = claimed->claim.attempt;
    catga_handling handling;

    context->claimed = claimed;
    catga_handling_action action = attempt(
        context, entry, table, number != 0 ? number : context->incoming->deliveries, &handling);
    if (conclude(claimed, action))
        settle(context, entry, &handling, action);
    else
        settle_as(context, CATGA_SETTLE_RETRY, claimed->again_ms);
}

static void handle_once(catga_context *context, catga_served_handler *entry, const uint8_t *table)
{
    catga_claimed claimed;

    switch (catga_claims_take(&claimed, context, entry)) {
    case CATGA_CLAIM_TAKEN:
        run_claimed(context, entry, table, &claimed);
        break;
    case CATGA_CLAIM_DONE:
        catga_core_count(context->core, CATGA_COUNTER_repeated);
        settle_as(context, CATGA_SETTLE_DONE, 0);
        break;
    case CATGA_CLAIM_HELD:
    case CATGA_CLAIM_REUSED: /* of a claim store of the user's own; no event has this result */
    case CATGA_CLAIM_UNKNOWN:
        catga_core_count(context->core, CATGA_COUNTER_claims_held);
        context->outcome = CATGA_IN_PROGRESS;
        settle_as(context, CATGA_SETTLE_RETRY, claimed.again_ms);
        break;
    }
    catga_claims_end(&claimed);
}

static void handle(catga_context *context, catga_served_handler *entry)
{
    const catga_incoming *incoming = context->incoming;
    catga_handling handling;
    const uint8_t *table;

    if (catga_verify(context->message->table, incoming->data, incoming->length, &table,
                     &context->problem) != CATGA_OK) {
        catga_core_count(context->core, CATGA_COUNTER_bad_messages);
        context->outcome = CATGA_BAD_MESSAGE;
        table = NULL;
    } else if (context->message->delivery->once) {
        handle_once(context, entry, table);
        return;
    }
    catga_handling_action action =
        attempt(context, entry, table, incoming->deliveries, &handling);
    settle(context, entry, &handling, action);
}

void catga_consume(void *user, catga_incoming *incoming)
{
    catga_served_handler *entry = user;
    catga_core *core = entry->served->core;
    catga_context context;

    if (incoming->deliveries > 1)
        catga_core_count(core, CATGA_COUNTER_redelivered);
    if (catga_core_is_ending(core)) {
        (void)core->operations->settle(core->transport, incoming, CATGA_SETTLE_RETRY, 0);
    } else {
        catga_context_begin(&context, entry, incoming);
        handle(&context, entry);
        catga_message_log_received(&context, entry->handler->name,
                                   catga_status_text(context.outcome));
    }
    core->operations->release(incoming);
}

/* One attempt; it is a dead letter already, and stays one when it fails. */
static catga_status handle_dead_letter(catga_context *context, catga_served_handler *entry)
{
    const catga_incoming *incoming = context->incoming;
    const catga_handling_rules rules = {.retries = 0};
    catga_handling handling;
    const uint8_t *table;

    if (catga_verify(context->message->table, incoming->data, incoming->length, &table,
                     &context->problem) != CATGA_OK)
        return CATGA_BAD_MESSAGE;
    catga_handling_init(&handling, &rules, 1);
    (void)catga_handling_step(&handling, CATGA_HANDLING_CAME, 0);
    return run(context, entry, table, &handling) == CATGA_HANDLING_DONE ? CATGA_OK
                                                                        : CATGA_HANDLER_FAILED;
}

void catga_consume_dead_letter(void *user, catga_incoming *incoming)
{
    static const catga_outgoing done = {.length = 0};
    catga_served_handler *entry = user;
    catga_core *core = entry->served->core;
    catga_context context;

    catga_context_begin(&context, entry, incoming);
    catga_status status = handle_dead_letter(&context, entry);
    if (status != CATGA_OK)
        (void)catga_context_refuse(&context, catga_status_code(status), NULL,
                                   catga_str(context.problem.text));
    else if (incoming->reply != NULL)
        (void)core->operations->respond(core->transport, incoming, &done);
    core->operations->release(incoming);
}
