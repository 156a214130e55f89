/*
 * From a stored event that was handed out to its handler, and what becomes of it: this does what
 * the rules of delivery/handling.h say.
 */
#include "streams/consume.h"

#include "bus/message_log.h"
#include "bus/status.h"
#include "claims/claims.h"
#include "server/context.h"
#include "streams/dead_letter_store.h"
#include "streams/delivered.h"
#include "streams/settling.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

static void report(catga_context *context, catga_endpoint *endpoint, catga_status status)
{
    const char *problem = context->problem.text;

    catga_bus_count(context->state, CATGA_COUNTER_handlers_failed);
    catga_log_limited(&context->state->settings.logger, &endpoint->failed, CATGA_LOG_WARNING,
                      "%s.%s: attempt %" PRIu32 " failed: %s%s%s",
                      endpoint->service_instance->service->name, endpoint->handler->name,
                      context->attempt, catga_status_text(status), *problem != '\0' ? ": " : "",
                      problem);
    if (*problem == '\0')
        snprintf(context->problem.text, sizeof context->problem.text, "%s",
                 catga_status_text(status));
}

static catga_status run_handler(catga_context *context, catga_endpoint *endpoint,
                                const uint8_t *table)
{
    catga_status status = context->outcome = catga_dispatch_run(context, endpoint, table);

    if (status == CATGA_OK)
        catga_bus_count(context->state, CATGA_COUNTER_handled);
    else
        report(context, endpoint, status);
    return status;
}

static catga_handling_action run(catga_context *context, catga_delivered *delivered,
                                 const uint8_t *table)
{
    context->attempt = delivered->handling.attempt;
    catga_status status = run_handler(context, delivered->endpoint, table);
    if (status != CATGA_OK)
        delivered->problem = context->problem;
    return catga_handling_step(&delivered->handling, event_of(status, context),
                               context->retry_after_ms);
}

/* ---- From its arrival until it is settled ---- */

/* Until the handler has run, or is known not to run. */
static catga_handling_action drive(catga_context *context, catga_delivered *delivered,
                                   const uint8_t *table, catga_handling_action action)
{
    while (catga_handling_may_run(&delivered->handling))
        action = action == CATGA_HANDLING_RUN ? run(context, delivered, table)
                                              : catga_delivered_follow(delivered, action);
    return action;
}

/* Passes an event that waits for the server to the settling thread. Without room there, hands
 * back an event whose end is recorded. */
static void finish(catga_bus_state *state, catga_delivered *delivered, catga_handling_action action)
{
    if (catga_handling_is_behind_run(&delivered->handling)) {
        if (catga_settling_take(state, delivered, action))
            return;
        action = catga_settling_record(state, delivered, action);
        if (action == CATGA_HANDLING_DEAD_LETTER)
            action = catga_handling_step(&delivered->handling, CATGA_HANDLING_HANDED_BACK, 0);
    }
    catga_delivered_settle(delivered, action);
}

/* ---- Once ---- */

/* An event whose claim another replica took is redelivered. */
static catga_handling_action end_claim(catga_delivered *delivered, catga_claimed *claimed)
{
    catga_handling *handling = &delivered->handling;
    const char *cause = catga_delivered_cause(delivered);

    return catga_claims_give_up(claimed, cause)
               ? catga_handling_step(handling, CATGA_HANDLING_WRITTEN, 0)
               : catga_handling_step(handling, CATGA_HANDLING_HANDED_BACK, 0);
}

/* The claim ends when what became of the event is recorded. */
static catga_handling_action conclude(catga_bus_state *state, catga_delivered *delivered,
                                      catga_claimed *claimed, catga_handling_action action)
{
    if (action == CATGA_HANDLING_DONE) {
        if (catga_claims_done(claimed))
            return action;
        delivered->handling.delay_ms = claimed->again_ms;
        return CATGA_HANDLING_RETRY;
    }
    if (delivered->handling.phase == CATGA_HANDLING_ENDING && catga_claims_records_end(claimed))
        return end_claim(delivered, claimed);
    if (catga_handling_is_behind_run(&delivered->handling))
        action = catga_settling_record(state, delivered, action);
    catga_claims_release(claimed);
    return action;
}

static catga_handling_action handle_claimed(catga_context *context, catga_delivered *delivered,
                                            const uint8_t *table, catga_claimed *claimed)
{
    catga_handling *handling = &delivered->handling;

    context->claimed = claimed;
    catga_handling_action action =
        catga_handling_step(handling, CATGA_HANDLING_CLAIMED,
                            catga_claims_records_end(claimed) ? claimed->claim.attempt : 0);
    action = drive(context, delivered, table, action);
    return conclude(context->state, delivered, claimed, action);
}

static catga_handling_action note_done(const catga_context *context, catga_delivered *delivered,
                                       const catga_claimed *claimed)
{
    if (claimed->ended) {
        snprintf(delivered->cause, sizeof delivered->cause, "%s", claimed->cause);
        return catga_handling_step(&delivered->handling, CATGA_HANDLING_ENDED,
                                   claimed->claiming.attempt);
    }
    catga_bus_count(context->state, CATGA_COUNTER_repeated);
    return catga_handling_step(&delivered->handling, CATGA_HANDLING_DONE_BEFORE, 0);
}

static catga_handling_action handle_once(catga_context *context, catga_delivered *delivered,
                                         const uint8_t *table)
{
    catga_handling *handling = &delivered->handling;
    catga_handling_action action = CATGA_HANDLING_NOTHING;
    catga_claimed claimed;

    switch (catga_claims_take(&claimed, context, delivered->endpoint)) {
    case CATGA_CLAIM_TAKEN:
        action = handle_claimed(context, delivered, table, &claimed);
        break;
    case CATGA_CLAIM_DONE:
        action = note_done(context, delivered, &claimed);
        break;
    case CATGA_CLAIM_HELD:
    case CATGA_CLAIM_REUSED: /* of a claim store of the user's own; no event has this result */
    case CATGA_CLAIM_UNKNOWN:
        catga_bus_count(context->state, CATGA_COUNTER_claims_held);
        context->outcome = CATGA_IN_PROGRESS;
        action = catga_handling_step(handling, CATGA_HANDLING_HELD, claimed.again_ms);
        break;
    }
    catga_claims_end(&claimed);
    return action;
}

/* ---- All of it ---- */

static void handle(catga_context *context, catga_delivered *delivered)
{
    const catga_incoming *event = context->incoming;
    const uint8_t *table;
    bool valid = catga_verify(context->message->table, event->data, event->length, &table,
                              &delivered->problem) == CATGA_OK;

    if (!valid) {
        catga_bus_count(context->state, CATGA_COUNTER_bad_messages);
        context->outcome = CATGA_BAD_MESSAGE;
    }
    catga_handling_action action =
        catga_handling_received(&delivered->handling, event->deliveries, valid);
    action = action == CATGA_HANDLING_CLAIM ? handle_once(context, delivered, table)
                                            : drive(context, delivered, table, action);
    catga_message_log_received(context, delivered->endpoint->handler->name,
                               catga_status_text(context->outcome));
    finish(context->state, delivered, action);
}

void catga_consume(void *user, catga_incoming *incoming)
{
    catga_endpoint *endpoint = user;
    catga_bus_state *state = endpoint->service_instance->state;
    catga_delivered delivered;
    catga_context context;

    if (incoming->deliveries > 1)
        catga_bus_count(state, CATGA_COUNTER_redelivered);
    if (catga_bus_is_ending(state)) {
        (void)state->operations->settle(state->transport, incoming, CATGA_SETTLE_RETRY, 0);
        state->operations->release(incoming);
    } else if (catga_settling_has(state, endpoint, incoming)) {
        state->operations->release(incoming);
    } else {
        catga_context_begin(&context, endpoint, incoming);
        catga_delivered_begin(&delivered, endpoint, incoming);
        handle(&context, &delivered);
    }
}

/* ---- Dead letters that are handled again ---- */

/* A failed replay stays a dead letter. */
static catga_status run_dead_letter(catga_context *context, catga_endpoint *endpoint,
                                    const uint8_t *table)
{
    return run_handler(context, endpoint, table) == CATGA_OK ? CATGA_OK : CATGA_HANDLER_FAILED;
}

/* The first run that succeeds is marked as done, like that of the event itself. */
static catga_status run_reopened(catga_context *context, catga_endpoint *endpoint,
                                 const uint8_t *table, catga_claimed *claimed)
{
    context->claimed = claimed;
    catga_status status = run_dead_letter(context, endpoint, table);
    if (status == CATGA_OK)
        return catga_claims_done(claimed) ? CATGA_OK : CATGA_IN_PROGRESS;
    catga_claims_release(claimed);
    return status;
}

static catga_status run_dead_letter_once(catga_context *context, catga_endpoint *endpoint,
                                         const uint8_t *table)
{
    catga_status status = CATGA_IN_PROGRESS;
    catga_claimed claimed;

    switch (catga_claims_reopen(&claimed, context, endpoint)) {
    case CATGA_CLAIM_TAKEN:
        status = run_reopened(context, endpoint, table, &claimed);
        break;
    case CATGA_CLAIM_DONE:
        status = CATGA_ALREADY_DONE;
        break;
    case CATGA_CLAIM_UNKNOWN:
        status = CATGA_OVERLOADED;
        break;
    case CATGA_CLAIM_HELD:
    case CATGA_CLAIM_REUSED:
        break;
    }
    catga_claims_end(&claimed);
    return status;
}

static catga_status handle_dead_letter(catga_context *context, catga_endpoint *endpoint)
{
    const catga_incoming *incoming = context->incoming;
    const uint8_t *table;

    if (catga_verify(context->message->table, incoming->data, incoming->length, &table,
                     &context->problem) != CATGA_OK)
        return CATGA_BAD_MESSAGE;
    return context->message->delivery->once ? run_dead_letter_once(context, endpoint, table)
                                            : run_dead_letter(context, endpoint, table);
}

static void answer_replay(catga_context *context, catga_status status)
{
    static const catga_outgoing done = {.length = 0};

    const char *text =
        context->problem.text[0] != '\0' ? context->problem.text : catga_status_text(status);

    if (status != CATGA_OK)
        (void)catga_context_refuse(context, catga_status_code(status), NULL, catga_str(text));
    else if (context->incoming->reply != NULL)
        (void)context->state->operations->respond(context->state->transport, context->incoming,
                                                  &done);
}

/* A request does not say by itself where its event was stored: a claim without an id needs that. */
void catga_consume_dead_letter(void *user, catga_incoming *incoming)
{
    catga_endpoint *endpoint = user;
    const catga_transport_operations *operations = endpoint->service_instance->state->operations;
    const char *sequence = operations->header(incoming, CATGA_HEADER_SEQUENCE);
    catga_context context;

    if (sequence != NULL)
        incoming->sequence = strtoull(sequence, NULL, 10);
    catga_context_begin(&context, endpoint, incoming);
    answer_replay(&context, handle_dead_letter(&context, endpoint));
    operations->release(incoming);
}
