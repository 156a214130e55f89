/* Takes and marks claims; see claims.h. */
#include "claims/claims.h"

#include "base/hash.h"
#include "base/text.h"
#include "bus/status.h"
#include "bus/upkeep.h"
#include "streams/streams.h"
#include "transport/capability.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* pause after the store failed at once */
enum { STORE_PAUSE_MS = 100 };

/* a record is kept longer than any lease */
#define KEPT_AT_LEAST (60 * CATGA_SECOND)

#define MEBIBYTE (INT64_C(1) << 20)

/*
 * A claim is renewed RENEWALS times while its record is kept, and at least every RENEWAL_LEASES
 * leases.
 */
enum { RENEWALS = 4, RENEWAL_LEASES = 10 };

static bool is_own_store(const catga_bus_state *state)
{
    return state->settings.claims.claim != NULL;
}

/* ---- Names ---- */

static bool put_bucket(const catga_bus_state *state, const catga_message *message,
                       char bucket[CATGA_BUCKET_NAME])
{
    char stream[CATGA_STREAM_NAME];

    if (message->claims != NULL)
        return catga_names_prefixed(state, message->claims->bucket, bucket);
    return catga_names_stream(state, message->delivery->stream, stream) &&
           catga_text_format(bucket, CATGA_BUCKET_NAME, "%s_DONE", stream);
}

/*
 * Writes the key of an event. An event without a valid id is from a foreign publisher; its sequence
 * number replaces the id.
 */
static bool put_event_key(char key[CATGA_CLAIM_KEY], const catga_context *context)
{
    char consumer[CATGA_CONSUMER_NAME];
    char number[24];
    catga_string id = catga_context_message_id(context);

    snprintf(number, sizeof number, "=%" PRIu64, context->incoming->sequence);
    if (!catga_is_token(id))
        id = catga_str(number);
    return catga_names_consumer(context->state, context->endpoint->service_instance->service,
                                context->endpoint->handler, consumer) &&
           catga_text_format(key, CATGA_CLAIM_KEY, "%s.%.*s", consumer, CATGA_PRINT(id));
}

/* Writes the key of a message. The id of a command is already validated. */
static bool put_key(char key[CATGA_CLAIM_KEY], const catga_context *context)
{
    if (context->message->claims == NULL)
        return put_event_key(key, context);
    return catga_text_format(key, CATGA_CLAIM_KEY, "%.*s",
                             CATGA_PRINT(catga_context_message_id(context)));
}

/*
 * Writes the hash of a command's bytes, which a retry repeats. An event has none, because its
 * stream stores an id once.
 */
static void put_request(char request[CATGA_REQUEST_HASH], const catga_context *context)
{
    const catga_incoming *incoming = context->incoming;

    request[0] = '\0';
    if (context->message->claims == NULL)
        return;
    const catga_hash hash = catga_hash_of(incoming->data, incoming->length);
    snprintf(request, CATGA_REQUEST_HASH, "%016" PRIx64 "%016" PRIx64, hash.high, hash.low);
}

/*
 * Returns how long the outcome is kept: for an event as long as the event, which can be redelivered
 * until then.
 */
static int64_t kept_for(const catga_message *message)
{
    if (message->claims == NULL)
        return catga_streams_kept_ns(message->delivery->stream);
    int64_t keep = message->claims->keep_ms * CATGA_MILLISECOND;
    return keep > KEPT_AT_LEAST ? keep : KEPT_AT_LEAST;
}

static unsigned replicas_of(const catga_bus_state *state, const catga_message *message)
{
    return message->claims == NULL ? catga_streams_replicas(state, message->delivery->stream)
                                   : (unsigned)state->settings.replicas;
}

/* ---- Uncertain actions ---- */

static catga_kv_key key_of(const catga_claimed *claimed)
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

/* ---- Answers that are too large ---- */

size_t catga_claims_room(const catga_claimed *claimed)
{
    size_t most = claimed->state->operations->max_payload(claimed->state->transport);
    size_t headers = is_own_store(claimed->state) ? 0 : CATGA_CLAIM_HEADERS;

    return most > headers ? most - headers : 0;
}

void catga_claims_too_large_text(catga_bus_state *state, char text[CATGA_TOO_LARGE_TEXT])
{
    snprintf(text, CATGA_TOO_LARGE_TEXT,
             "the answer is larger than the server allows (max_payload=%zu)",
             state->operations->max_payload(state->transport));
}

bool catga_claims_set_too_large(catga_claimed *claimed)
{
    if (claimed->claim.error.code != 0)
        return false;
    catga_claims_too_large_text(claimed->state, claimed->error_text);
    claimed->claim.answer = (catga_bytes){NULL, 0};
    claimed->claim.error = (catga_error){.code = catga_status_code(CATGA_TOO_LARGE),
                                         .text = catga_str(claimed->error_text)};
    return true;
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
    return catga_record_write(state, key_of(claimed), content, claimed->claiming.revision, revision,
                              problem);
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
    catga_status status = catga_record_read(claimed->state, key_of(claimed), record);
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

/* Follows the rules until the caller has to act. */
static catga_claiming_action drive(catga_claimed *claimed, catga_claiming_action action)
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
    int64_t interval = kept_for(message) / RENEWALS;
    const catga_held_claim held = {
        .attempt = claimed->attempt.name,
        .request = claimed->request,
        .cause = claimed->cause,
        .key = key_of(claimed),
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
    catga_claiming_action action =
        drive(claimed, catga_claiming_step(&claimed->claiming, CATGA_CLAIMING_BEGIN, 0));
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
    put_request(claimed->request, context);
    claimed->record.found = false;
    claimed->payload.large = NULL;
    claimed->again_ms = state->settings.lease_ms;
    if (!put_bucket(state, context->message, claimed->bucket) || !put_key(claimed->key, context))
        return CATGA_CLAIM_UNKNOWN;
    claimed->claim.bucket = catga_str(claimed->bucket);
    claimed->claim.key = catga_str(claimed->key);
    claimed->claim.request = catga_str(claimed->request);
    return is_own_store(state) ? store->claim(store->user, &claimed->claim)
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
        drive(claimed, catga_claiming_step(&claimed->claiming, event, 0));

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

    bool lost = is_own_store(claimed->state)
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

    if (is_own_store(claimed->state))
        store->release(store->user, &claimed->claim);
    else
        (void)mark(claimed,
                   claimed->cause[0] != '\0' ? CATGA_CLAIMING_GAVE_UP : CATGA_CLAIMING_FAILED);
}

bool catga_claims_records_end(const catga_claimed *claimed)
{
    return !is_own_store(claimed->state);
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

/* ---- Before serving ---- */

static bool is_claimed(const catga_message *message)
{
    return message->claims != NULL || (message->delivery != NULL && message->delivery->once);
}

/*
 * Creates the bucket. If the server has less storage, the bucket gets a half or a quarter, and so
 * on.
 */
static catga_status ensure_bucket(catga_bus_state *state, catga_bucket_settings *settings,
                                  catga_problem *problem)
{
    catga_status status = catga_transport_ensure_bucket(state->transport, settings, problem);

    while (status == CATGA_TOO_LARGE && settings->max_bytes > MEBIBYTE) {
        settings->max_bytes /= 2;
        status = catga_transport_ensure_bucket(state->transport, settings, problem);
        if (status == CATGA_OK)
            catga_log(&state->settings.logger, CATGA_LOG_WARNING,
                      "claims: create bucket %s with %lld bytes: the server cannot reserve more "
                      "(claim_bucket_mib=%d)",
                      settings->name, (long long)settings->max_bytes,
                      state->settings.claim_bucket_mib);
    }
    return status;
}

/*
 * Returns the size of the bucket, a little below the setting: a server whose storage is reserved to
 * the last byte, often a power of two, would refuse any other stream.
 */
static int64_t bucket_size(const catga_bus_state *state)
{
    return state->settings.claim_bucket_mib * (MEBIBYTE - MEBIBYTE / 64);
}

static catga_status ensure(catga_bus_state *state, const catga_message *message,
                           catga_problem *problem)
{
    char bucket[CATGA_BUCKET_NAME];
    catga_bucket_settings settings = {.name = bucket,
                                      .max_age_ns = kept_for(message),
                                      .max_bytes = bucket_size(state),
                                      .replicas = replicas_of(state, message)};

    if (!put_bucket(state, message, bucket))
        return CATGA_INVALID_ARGUMENT;
    catga_status status = ensure_bucket(state, &settings, problem);
    if (status == CATGA_OK)
        status = catga_owner_open(state);
    if (status == CATGA_OK && !catga_upkeep_start(state))
        status = CATGA_NO_MEMORY;
    return status;
}

catga_status catga_claims_prepare(catga_bus_state *state, const catga_message *message)
{
    catga_problem problem = {""};

    if (!is_claimed(message) || is_own_store(state))
        return CATGA_OK;
    catga_status status = ensure(state, message, &problem);
    if (status != CATGA_OK)
        catga_log_limited(&state->settings.logger, &state->unprepared,
                          catga_status_is_transient(status) ? CATGA_LOG_WARNING : CATGA_LOG_ERROR,
                          "claims: cannot keep claims of %s: " CATGA_REASON
                          " (claim_bucket_mib=%d)",
                          message->table->name, CATGA_REASON_OF(status, problem),
                          state->settings.claim_bucket_mib);
    return status;
}

bool catga_claims_close(catga_bus_state *state)
{
    catga_upkeep_stop(state);
    return catga_owner_close(state);
}
