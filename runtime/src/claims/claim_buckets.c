/* Creates the buckets of claims; see claim_buckets.h. */
#include "claims/claim_buckets.h"

#include "bus/status.h"
#include "bus/upkeep.h"
#include "claims/claims.h"
#include "streams/streams.h"
#include "transport/capability.h"

#define MEBIBYTE (INT64_C(1) << 20)

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

static unsigned replicas_of(const catga_bus_state *state, const catga_message *message)
{
    return message->claims == NULL ? catga_streams_replicas(state, message->delivery->stream)
                                   : (unsigned)state->settings.replicas;
}

static catga_status ensure(catga_bus_state *state, const catga_message *message,
                           catga_problem *problem)
{
    char bucket[CATGA_BUCKET_NAME];
    catga_bucket_settings settings = {.name = bucket,
                                      .max_age_ns = catga_claim_kept_ns(message),
                                      .max_bytes = bucket_size(state),
                                      .replicas = replicas_of(state, message)};

    if (!catga_claim_bucket(state, message, bucket))
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

    if (!is_claimed(message) || catga_claims_are_external(state))
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
