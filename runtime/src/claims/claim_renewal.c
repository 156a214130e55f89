/*
 * Renews claims; see claim_renewal.h. The handler's thread may mark its claim meanwhile. Each
 * thread writes over the revision that it knows, so one of them is refused; the marking thread then
 * reads the record and writes again.
 */
#include "claims/claim_renewal.h"

#include "claims/claim_record.h"
#include "claims/claims.h"

#include <stdio.h>

/* pause before a failed renewal is retried */
#define TRY_AGAIN CATGA_SECOND

/* A copy of a held claim, which its handler may end at any time. */
typedef struct renewal {
    char bucket[CATGA_BUCKET_NAME];
    char key[CATGA_CLAIM_KEY];
    char attempt[CATGA_ATTEMPT_NAME];
    char request[CATGA_REQUEST_HASH];
    char cause[CATGA_HEADER_VALUE_MAX];
    uint64_t number;
    catga_held_claim claim; /* its text is in the fields above */
} renewal;

/* Copies the claim in a slot if it is due. */
static bool copy_due(catga_owner_slot *slot, int64_t now, renewal *due)
{
    due->number = catga_owner_pin_due(slot, now);
    if (due->number == 0)
        return false;
    due->claim = slot->claim;
    snprintf(due->bucket, sizeof due->bucket, "%s", due->claim.key.bucket);
    snprintf(due->key, sizeof due->key, "%s", due->claim.key.key);
    snprintf(due->attempt, sizeof due->attempt, "%s", due->claim.attempt);
    snprintf(due->request, sizeof due->request, "%s", due->claim.request);
    snprintf(due->cause, sizeof due->cause, "%s", due->claim.cause);
    catga_owner_unpin(slot);
    due->claim.key = (catga_kv_key){due->bucket, due->key};
    due->claim.attempt = due->attempt;
    due->claim.request = due->request;
    due->claim.cause = due->cause;
    return true;
}

/* Finds the revision to write over next. Returns false if another attempt has the claim. */
static bool find_revision(catga_bus_state *state, renewal *due)
{
    catga_read_record record;
    catga_status status = catga_record_read(state, due->claim.key, &record);
    bool ours = record.revision == 0 ||
                (record.state == CATGA_RECORD_TAKEN && strcmp(record.attempt, due->attempt) == 0);

    if (status == CATGA_OK && ours)
        due->claim.revision = record.revision;
    catga_record_forget(&record);
    return status != CATGA_OK || ours;
}

/* Renews a claim. Returns the time of its next renewal. */
static int64_t renew(catga_bus_state *state, renewal *due)
{
    const catga_record_content content = {.state = CATGA_RECORD_TAKEN,
                                          .attempt = due->attempt,
                                          .count = due->claim.count,
                                          .request = due->request,
                                          .cause = due->cause};
    catga_problem problem = {""};
    uint64_t revision = 0;
    catga_status status = catga_record_write(state, due->claim.key, &content, due->claim.revision,
                                             &revision, &problem);

    if (status == CATGA_OK) {
        due->claim.revision = revision;
        return catga_clock_after(catga_clock_now(), due->claim.interval_ns);
    }
    return find_revision(state, due) ? catga_clock_after(catga_clock_now(), TRY_AGAIN)
                                     : CATGA_FOREVER;
}

static void note(catga_owner_slot *slot, const renewal *renewed, int64_t again)
{
    if (!catga_owner_pin(slot, renewed->number))
        return;
    slot->claim.revision = renewed->claim.revision;
    atomic_store(&slot->renew_at, again);
    catga_owner_unpin(slot);
}

void catga_claims_renew(catga_bus_state *state, int64_t now)
{
    renewal due;

    for (size_t i = 0; i < CATGA_OWNER_SLOTS; i++) {
        catga_owner_slot *slot = &state->owner.slots[i];
        if (copy_due(slot, now, &due))
            note(slot, &due, renew(state, &due));
    }
}
