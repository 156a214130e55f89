/* Handles stored events by the rules of delivery/handling.h; see consume.h. */
#include "streams/consume.h"

#include "claims/claims.h"
#include "observe/hooks.h"
#include "streams/delivered.h"
#include "streams/settling.h"
#include "streams/stored_run.h"

#include <stdio.h>

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

static catga_handling_action run(catga_context *context, catga_delivered *delivered,
                                 const uint8_t *table)
{
    context->attempt = delivered->handling.attempt;
    catga_status status = catga_stored_run(context, delivered->endpoint, table);
    if (status != CATGA_OK)
        delivered->problem = context->problem;
    return catga_handling_step(&delivered->handling, event_of(status, context),
                               context->retry_after_ms);
}

/* Follows the rules until the handler has run, or must not run. */
static catga_handling_action drive(catga_context *context, catga_delivered *delivered,
                                   const uint8_t *table, catga_handling_action action)
{
    while (catga_handling_may_run(&delivered->handling))
        action = action == CATGA_HANDLING_RUN ? run(context, delivered, table)
                                              : catga_delivered_follow(delivered, action);
    return action;
}

/* ---- Events that are handled exactly once ---- */

/* Records the end of an event in its claim. If another replica has the claim, the server
 * redelivers the event. */
static catga_handling_action end_claim(catga_delivered *delivered, catga_claimed *claimed)
{
    bool ended = catga_claims_give_up(claimed, catga_delivered_cause(delivered));

    return catga_handling_step(&delivered->handling,
                               ended ? CATGA_HANDLING_WRITTEN : CATGA_HANDLING_HANDED_BACK, 0);
}

/* Ends the claim, after the outcome of the event is recorded. */
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
                                            const uint8_t *table)
{
    catga_claimed *claimed = context->claimed;

    catga_handling_action action =
        catga_handling_step(&delivered->handling, CATGA_HANDLING_CLAIMED,
                            catga_claims_records_end(claimed) ? claimed->claim.attempt : 0);

    action = drive(context, delivered, table, action);
    return conclude(context->state, delivered, claimed, action);
}

/* Handles an event whose claim says that it succeeded or ended before. */
static catga_handling_action skip_done(catga_context *context, catga_delivered *delivered,
                                       const catga_claimed *claimed)
{
    if (claimed->ended) {
        snprintf(delivered->cause, sizeof delivered->cause, "%s", claimed->cause);
        return catga_handling_step(&delivered->handling, CATGA_HANDLING_ENDED,
                                   claimed->claiming.attempt);
    }
    context->verdict = CATGA_COUNTER_repeated;
    return catga_handling_step(&delivered->handling, CATGA_HANDLING_DONE_BEFORE, 0);
}

/* Hands back an event that another replica handles, or whose claim cannot be taken. */
static catga_handling_action skip_held(catga_context *context, catga_delivered *delivered,
                                       const catga_claimed *claimed)
{
    context->verdict = CATGA_COUNTER_claims_held;
    context->outcome = CATGA_IN_PROGRESS;
    return catga_handling_step(&delivered->handling, CATGA_HANDLING_HELD, claimed->again_ms);
}

static catga_handling_action handle_once(catga_context *context, catga_delivered *delivered,
                                         const uint8_t *table)
{
    catga_claimed claimed;
    catga_status status = catga_claims_take(&claimed, context);
    catga_handling_action action = status == CATGA_OK ? handle_claimed(context, delivered, table)
                                   : status == CATGA_ALREADY_DONE
                                       ? skip_done(context, delivered, &claimed)
                                       : skip_held(context, delivered, &claimed);

    catga_claims_end(&claimed, context);
    return action;
}

/* ---- All events ---- */

/* Ends the context of an event that is not handled now. */
static void end_unhandled(catga_context *context, catga_status outcome)
{
    context->outcome = outcome;
    catga_hook_handling_ends(context);
    catga_context_end(context);
}

/* Hands an event back to its consumer, which delivers it again after `delay_ns`. */
static void hand_back(catga_context *context, catga_incoming *event, catga_status why,
                      int64_t delay_ns)
{
    catga_bus_state *state = context->state;

    end_unhandled(context, why);
    (void)state->transport->streams->settle(state->transport, event, CATGA_SETTLE_RETRY, delay_ns);
    state->operations->release(event);
}

static void handle(catga_context *context, catga_delivered *delivered)
{
    catga_incoming *event = delivered->event;
    const uint8_t *table;
    catga_status status = catga_context_open(context, &table, &delivered->problem);
    bool valid = status == CATGA_OK;

    if (CATGA_UNLIKELY(status == CATGA_NO_MEMORY)) {
        hand_back(context, event, CATGA_OVERLOADED, CATGA_SECOND);
        return;
    }
    if (!valid) {
        context->verdict = CATGA_COUNTER_bad_messages;
        context->outcome = CATGA_BAD_MESSAGE;
    }
    catga_handling_action action =
        catga_handling_received(&delivered->handling, event->deliveries, valid);
    action = action == CATGA_HANDLING_CLAIM ? handle_once(context, delivered, table)
                                            : drive(context, delivered, table, action);
    catga_hook_handling_ends(context);
    catga_context_end(context);
    catga_settling_finish(context->state, delivered, action);
}

void catga_consume(void *user, catga_incoming *incoming)
{
    catga_endpoint *endpoint = user;
    catga_bus_state *state = endpoint->service_instance->state;
    catga_delivered delivered;
    catga_context context;

    catga_context_begin(&context, endpoint, incoming);
    catga_hook_handling_begins(&context);
    if (catga_bus_is_ending(state)) {
        hand_back(&context, incoming, CATGA_DRAINING, 0);
    } else if (catga_settling_has(state, endpoint, incoming)) {
        end_unhandled(&context, CATGA_IN_PROGRESS);
        state->operations->release(incoming);
    } else {
        catga_delivered_begin(&delivered, endpoint, incoming);
        handle(&context, &delivered);
    }
}
