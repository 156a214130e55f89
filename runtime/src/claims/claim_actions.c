/* Carries out the actions of a claim; see claim_actions.h. */
#include "claims/claim_actions.h"

#include "bus/status.h"
#include "claims/claim_room.h"
#include "transport/capability.h"

#include <stdio.h>
#include <time.h>

/* pause after the store failed at once */
enum { STORE_PAUSE_MS = 100 };

/* ---- Uncertain actions ---- */

catga_kv_key catga_claim_kv_key(const catga_claimed *claimed)
{
    return (catga_kv_key){claimed->bucket, claimed->key};
}

static void pause_before_next(void)
{
    nanosleep(&(struct timespec){.tv_nsec = STORE_PAUSE_MS * CATGA_MILLISECOND}, NULL);
}

/* Returns whether the store will never accept the record. */
static bool is_hopeless(catga_status status)
{
    return status == CATGA_TOO_LARGE || status == CATGA_INVALID_ARGUMENT ||
           status == CATGA_NOT_PERMITTED || status == CATGA_CLOSED;
}

/*
 * Returns whether to retry until the store is available again. A success is recorded however long
 * that takes, because the handler has had its effect; until then the attempt counts as running. A
 * closing bus does not wait.
 */
static bool is_away(const catga_claimed *claimed, catga_status status)
{
    return claimed->claiming.marking && !catga_bus_is_ending(claimed->state) &&
           !is_hopeless(status);
}

static catga_claiming_action uncertain(catga_claimed *claimed, catga_status status)
{
    if (status != CATGA_TIMEOUT)
        pause_before_next();
    return catga_claiming_step(
        &claimed->claiming,
        is_away(claimed, status) ? CATGA_CLAIMING_AWAY : CATGA_CLAIMING_UNCERTAIN, 0);
}

/* Pauses before the next look, because a lagging server may catch up. */
static catga_claiming_action wait_for_others(const catga_claimed *claimed,
                                             catga_claiming_action action)
{
    if (claimed->claiming.marking && action == CATGA_CLAIMING_LOOK)
        pause_before_next();
    return action;
}

/* ---- Writing, reading, asking ---- */

/*
 * Handles a full bucket, which has room again when its oldest records expire. A success waits for
 * that: without its mark, the handler would run again. A claim that does not fit is read once,
 * because a server compares sizes before revisions: the message may be done.
 */
static catga_claiming_action no_room(catga_claimed *claimed, const catga_problem *problem)
{
    catga_bus_state *state = claimed->state;

    catga_log_limited(&state->settings.logger, &state->full_buckets, CATGA_LOG_ERROR,
                      "claims: cannot write %s to bucket %s: the bucket is full: %s", claimed->key,
                      claimed->bucket, problem->text);
    if (claimed->claiming.writes == CATGA_RECORD_DONE)
        return uncertain(claimed, CATGA_OVERLOADED);
    if (claimed->full || claimed->claiming.marking)
        return CATGA_CLAIMING_GIVE_UP;
    claimed->full = true;
    return catga_claiming_step(&claimed->claiming, CATGA_CLAIMING_UNCERTAIN, 0);
}

/*
 * Writes the record. The last tenth of a bucket is reserved for the marks of claims that were
 * taken.
 */
static catga_status write_if_room(catga_claimed *claimed, const catga_record_content *content,
                                  uint64_t *revision, catga_problem *problem)
{
    catga_bus_state *state = claimed->state;

    if (content->state == CATGA_RECORD_TAKEN &&
        state->transport->kv->nearly_full(state->transport, claimed->bucket)) {
        snprintf(problem->text, sizeof problem->text, "nine tenths of its limit are used");
        return CATGA_OVERLOADED;
    }
    return catga_record_write(state, catga_claim_kv_key(claimed), content,
                              claimed->claiming.revision, revision, problem);
}

static catga_claiming_action do_write(catga_claimed *claimed)
{
    const catga_claiming *claiming = &claimed->claiming;
    const catga_record_content content = {
        .state = claiming->writes,
        .attempt = claimed->attempt.name,
        .count = claiming->attempt,
        .request = claimed->request,
        .cause = claiming->writes == CATGA_RECORD_TAKEN || claiming->writes == CATGA_RECORD_ENDED
                     ? claimed->cause
                     : "",
        .claim = claiming->writes == CATGA_RECORD_DONE ? &claimed->claim : NULL};
    catga_problem problem = {""};
    uint64_t revision = 0;
    catga_status status = write_if_room(claimed, &content, &revision, &problem);

    if (status == CATGA_OK)
        return catga_claiming_step(&claimed->claiming, CATGA_CLAIMING_WRITTEN, revision);
    if (status == CATGA_REFUSED)
        return wait_for_others(claimed,
                               catga_claiming_step(&claimed->claiming, CATGA_CLAIMING_CONFLICT, 0));
    if (status == CATGA_OVERLOADED)
        return no_room(claimed, &problem);
    if (status == CATGA_TOO_LARGE && content.claim != NULL && catga_claims_set_too_large(claimed))
        return CATGA_CLAIMING_WRITE; /* nothing is written yet */
    return uncertain(claimed, status);
}

/*
 * Returns whether the id was used with another request. Records of earlier versions lack the hash.
 */
static bool is_of_another_request(const catga_claimed *claimed)
{
    const catga_read_record *record = &claimed->record;
    const char *request = record->revision == 0 || claimed->request[0] == '\0'
                              ? ""
                              : catga_record_header(record, CATGA_HEADER_REQUEST);

    return request[0] != '\0' && strcmp(request, claimed->request) != 0;
}

/*
 * Returns the state of the record. A rejected message counts as ended while its dead letter is
 * replayed, except for the replay.
 */
static catga_record_state state_of(catga_claimed *claimed)
{
    const catga_read_record *record = &claimed->record;

    const char *cause =
        record->revision == 0 ? "" : catga_record_header(record, CATGA_HEADER_CAUSE);

    if (cause[0] == '\0' || claimed->claiming.marking)
        return record->state;
    snprintf(claimed->cause, sizeof claimed->cause, "%s", cause);
    return claimed->reopens ? record->state : CATGA_RECORD_ENDED;
}

static catga_claiming_action do_look(catga_claimed *claimed)
{
    catga_read_record *record = &claimed->record;

    catga_record_forget(record);
    catga_status status = catga_record_read(claimed->state, catga_claim_kv_key(claimed), record);
    if (status != CATGA_OK)
        return uncertain(claimed, status);
    claimed->reused = !claimed->claiming.marking && is_of_another_request(claimed);
    if (claimed->reused)
        return CATGA_CLAIMING_GIVE_UP;
    const catga_claim_record read = {.state = state_of(claimed),
                                     .ours = strcmp(record->attempt, claimed->attempt.name) == 0,
                                     .revision = record->revision,
                                     .attempts = record->count};
    return wait_for_others(claimed, catga_claiming_read(&claimed->claiming, &read));
}

static catga_claiming_action do_ask(catga_claimed *claimed)
{
    static const catga_claiming_event events[] = {
        [CATGA_OWNER_WORKS] = CATGA_CLAIMING_WORKS,
        [CATGA_OWNER_IDLE] = CATGA_CLAIMING_IDLE,
        [CATGA_OWNER_SILENT] = CATGA_CLAIMING_SILENT,
        [CATGA_OWNER_UNSURE] = CATGA_CLAIMING_UNSURE,
    };
    catga_owner_answer said = catga_owner_ask(claimed->state, claimed->record.attempt);

    return catga_claiming_step(&claimed->claiming, events[said], 0);
}

catga_claiming_action catga_claim_drive(catga_claimed *claimed, catga_claiming_action action)
{
    for (;;) {
        if (action == CATGA_CLAIMING_WRITE)
            action = do_write(claimed);
        else if (action == CATGA_CLAIMING_LOOK)
            action = do_look(claimed);
        else if (action == CATGA_CLAIMING_ASK)
            action = do_ask(claimed);
        else
            return action;
    }
}
