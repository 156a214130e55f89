/* Takes and marks claims; see claims.h. */
#include "claims/claims.h"

#include "bus/status.h"
#include "claims/claim_actions.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * A claim is renewed RENEWALS times while its record is kept, and at least every RENEWAL_LEASES
 * leases.
 */
enum { RENEWALS = 4, RENEWAL_LEASES = 10 };

/* ---- Taking ---- */

/* Reads the first answer from the record of a handled message. */
static void set_first_answer(catga_claimed *claimed)
{
    catga_claim *claim = &claimed->claim;

    const catga_read_record *record = &claimed->record;

    claim->answer = (catga_bytes){record->message.data, record->message.length};
    claim->error.code = (uint32_t)strtonum(catga_record_header(record, CATGA_HEADER_ERROR_CODE), 0,
                                           UINT32_MAX, NULL);
    if (claim->error.code == 0)
        return;
    claim->error.name = catga_str(catga_record_header(record, CATGA_HEADER_ERROR));
    claim->error.text = catga_str(catga_record_header(record, CATGA_HEADER_ERROR_TEXT));
}

static void hold(catga_claimed *claimed, const catga_message *message)
{
    const int64_t lease = claimed->state->settings.lease_ms * CATGA_MILLISECOND;
    int64_t interval = catga_claim_kept_ns(message) / RENEWALS;
    const catga_held_claim held = {
        .attempt = claimed->attempt.name,
        .request = claimed->request,
        .cause = claimed->cause,
        .key = catga_claim_kv_key(claimed),
        .revision = claimed->claiming.revision,
        .count = claimed->claiming.attempt,
        .interval_ns = interval < RENEWAL_LEASES * lease ? interval : RENEWAL_LEASES * lease};

    catga_attempt_hold(&claimed->attempt, &held);
}

static catga_claim_result take(catga_claimed *claimed, const catga_message *message)
{
    catga_bus_state *state = claimed->state;

    catga_claiming_init(&claimed->claiming, (uint32_t)state->settings.lease_ms);
    claimed->claiming.reopens = claimed->reopens;
    claimed->again_ms = state->settings.lease_ms;
    if (!catga_attempt_begin(&state->owner, &claimed->attempt))
        return CATGA_CLAIM_UNKNOWN;
    catga_claiming_action action = catga_claim_drive(
        claimed, catga_claiming_step(&claimed->claiming, CATGA_CLAIMING_BEGIN, 0));
    claimed->claim.attempt = claimed->claiming.attempt;
    switch ((int)action) {
    case CATGA_CLAIMING_RUN:
        hold(claimed, message);
        return CATGA_CLAIM_TAKEN;
    case CATGA_CLAIMING_SKIP:
        claimed->ended = claimed->record.state == CATGA_RECORD_ENDED || claimed->cause[0] != '\0';
        set_first_answer(claimed);
        return CATGA_CLAIM_DONE;
    case CATGA_CLAIMING_HELD:
        claimed->again_ms = claimed->claiming.delay_ms;
        return CATGA_CLAIM_HELD;
    default:
        return claimed->reused ? CATGA_CLAIM_REUSED : CATGA_CLAIM_UNKNOWN;
    }
}

static catga_claim_result claim(catga_claimed *claimed, catga_context *context, bool reopens)
{
    catga_bus_state *state = context->state;
    const catga_claim_store *store = &state->settings.claims;

    claimed->state = state;
    claimed->claim = (catga_claim){.of_store = NULL};
    claimed->attempt.slot = NULL;
    claimed->reopens = reopens;
    claimed->reused = false;
    claimed->full = false;
    claimed->ended = false;
    claimed->cause[0] = '\0';
    catga_claim_request(claimed->request, context);
    claimed->record.found = false;
    claimed->payload.large = NULL;
    claimed->again_ms = state->settings.lease_ms;
    if (!catga_claim_bucket(state, context->message, claimed->bucket) ||
        !catga_claim_key(claimed->key, context))
        return CATGA_CLAIM_UNKNOWN;
    claimed->claim.bucket = catga_str(claimed->bucket);
    claimed->claim.key = catga_str(claimed->key);
    claimed->claim.request = catga_str(claimed->request);
    claimed->claim.kept_ms = catga_claim_kept_ns(context->message) / CATGA_MILLISECOND;
    claimed->claim.bus = catga_context_bus(context);
    return catga_claims_are_external(state) ? store->claim(store->user, &claimed->claim)
                                            : take(claimed, context->message);
}

/* Explains that the first answer is of no use to this caller. The request does not run. */
static catga_status refuse_reused(catga_context *context)
{
    snprintf(context->problem.text, sizeof context->problem.text,
             "the id \"%.*s\" was used with another request; give each request its own id",
             CATGA_PRINT(catga_context_message_id(context)));
    return CATGA_ID_REUSED;
}

static catga_status refuse_unknown(catga_context *context, const catga_claimed *claimed)
{
    char *text = context->problem.text;

    if (claimed->full)
        snprintf(text, CATGA_PROBLEM_TEXT, "its claim cannot be stored: bucket %.100s is full",
                 claimed->bucket);
    else
        snprintf(text, CATGA_PROBLEM_TEXT, "its claim cannot be taken now");
    return CATGA_OVERLOADED;
}

/*
 * Returns the status of a result. Ids of events are not reused, but a claim store of the user may
 * say so.
 */
static catga_status status_of(catga_context *context, catga_claimed *claimed,
                              catga_claim_result result)
{
    switch (result) {
    case CATGA_CLAIM_TAKEN:
        context->claimed = claimed;
        return CATGA_OK;
    case CATGA_CLAIM_DONE:
        return CATGA_ALREADY_DONE;
    case CATGA_CLAIM_HELD:
        return CATGA_IN_PROGRESS;
    case CATGA_CLAIM_REUSED:
        return context->message->claims != NULL ? refuse_reused(context) : CATGA_IN_PROGRESS;
    case CATGA_CLAIM_UNKNOWN:
        break;
    }
    return refuse_unknown(context, claimed);
}

catga_status catga_claims_take(catga_claimed *claimed, catga_context *context)
{
    return status_of(context, claimed, claim(claimed, context, false));
}

catga_status catga_claims_reopen(catga_claimed *claimed, catga_context *context)
{
    return status_of(context, claimed, claim(claimed, context, true));
}

/* ---- Marking ---- */

static catga_claiming_action mark(catga_claimed *claimed, catga_claiming_event event)
{
    catga_attempt_release(&claimed->attempt);
    catga_claiming_action action =
        catga_claim_drive(claimed, catga_claiming_step(&claimed->claiming, event, 0));

    if (action == CATGA_CLAIMING_GIVE_UP)
        catga_log(&claimed->state->settings.logger, CATGA_LOG_ERROR,
                  "claims: cannot mark %s in bucket %s: the message may be handled again",
                  claimed->key, claimed->bucket);
    return action;
}

/* A claim that cannot be marked counts as done all the same. */
bool catga_claims_done(catga_claimed *claimed)
{
    const catga_claim_store *store = &claimed->state->settings.claims;

    bool lost = catga_claims_are_external(claimed->state)
                    ? !store->done(store->user, &claimed->claim)
                    : mark(claimed, CATGA_CLAIMING_SUCCEEDED) == CATGA_CLAIMING_LOST;

    if (lost)
        catga_bus_count(claimed->state, CATGA_COUNTER_claims_lost);
    return !lost;
}

/* A claim that another attempt has taken meanwhile needs no release. */
void catga_claims_release(catga_claimed *claimed)
{
    const catga_claim_store *store = &claimed->state->settings.claims;

    if (catga_claims_are_external(claimed->state))
        store->release(store->user, &claimed->claim);
    else
        (void)mark(claimed,
                   claimed->cause[0] != '\0' ? CATGA_CLAIMING_GAVE_UP : CATGA_CLAIMING_FAILED);
}

bool catga_claims_records_end(const catga_claimed *claimed)
{
    return !catga_claims_are_external(claimed->state);
}

bool catga_claims_give_up(catga_claimed *claimed, const char *cause)
{
    snprintf(claimed->cause, sizeof claimed->cause, "%s", cause);
    return mark(claimed, CATGA_CLAIMING_GAVE_UP) != CATGA_CLAIMING_LOST;
}

void catga_claims_end(catga_claimed *claimed, catga_context *context)
{
    context->claimed = NULL;
    catga_record_forget(&claimed->record);
    catga_encode_buffer_free(&claimed->payload, claimed->state);
    if (claimed->attempt.slot != NULL)
        catga_attempt_end(&claimed->attempt);
}
