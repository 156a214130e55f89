/*
 * Claims of messages that are handled once: taken before the handler runs, marked after it. The
 * rules are those of delivery/claim.h. The records are behind the transport, or in the claim store
 * that the options name. One thread owns a catga_claimed; it waits for the server.
 */
#ifndef CATGA_CLAIMS_H
#define CATGA_CLAIMS_H

#include "bus/encode_buffer.h"
#include "claims/claim_names.h"

/* A claim, from take to end. */
typedef struct catga_claimed {
    catga_claim claim; /* points into this structure */
    catga_bus_state *state;
    catga_claiming claiming;
    catga_attempt attempt;
    char bucket[CATGA_BUCKET_NAME];
    char key[CATGA_CLAIM_KEY];
    char request[CATGA_REQUEST_HASH];
    bool reopens; /* replays the dead letter of a rejected message */
    bool reused;  /* the id was used with another request */
    bool full;    /* the bucket had no room for the claim */
    bool ended;   /* of CATGA_ALREADY_DONE: the message was rejected, for `cause` */
    char cause[CATGA_HEADER_VALUE_MAX]; /* why the message was rejected; else empty */
    catga_read_record record;           /* record that was read last */
    catga_encode_buffer payload;        /* encoded answer of the handler */
    char error_text[CATGA_HEADER_VALUE_MAX];
    int64_t again_ms; /* pause before a message that is not handled now is retried */
} catga_claimed;

/* Returns whether claims are in a store of the user, instead of behind the transport. */
static inline bool catga_claims_are_external(const catga_bus_state *state)
{
    return state->settings.claims.claim != NULL;
}

/*
 * Takes the claim of the message in `context`, which then refers to it. Waits. The caller ends
 * *claimed, whatever the result:
 *
 *     CATGA_OK            the handler may run
 *     CATGA_ALREADY_DONE  the handler has run, or the message was rejected: see `ended`
 *     CATGA_IN_PROGRESS   another attempt runs
 *     CATGA_ID_REUSED     the id belongs to another command; the problem of the context says so
 *     CATGA_OVERLOADED    the claim cannot be taken now; the problem of the context says why
 */
catga_status catga_claims_take(catga_claimed *claimed, catga_context *context);

/* Takes the claim of a dead letter, whose message was rejected; else like catga_claims_take. */
catga_status catga_claims_reopen(catga_claimed *claimed, catga_context *context);

/*
 * Mark a taken claim as done, or free it for another attempt. catga_claims_done returns false if
 * another attempt has taken the claim.
 */
bool catga_claims_done(catga_claimed *claimed);
void catga_claims_release(catga_claimed *claimed);

/*
 * Returns whether the claim counts attempts and records the end of a message. A claim store of the
 * user does neither.
 */
bool catga_claims_records_end(const catga_claimed *claimed);

/*
 * Records that the message is rejected, so that it is not claimed again. Returns false if another
 * attempt has taken the claim.
 */
bool catga_claims_give_up(catga_claimed *claimed, const char *cause);

/* Frees the claim, and removes it from the context. */
void catga_claims_end(catga_claimed *claimed, catga_context *context);

#endif
