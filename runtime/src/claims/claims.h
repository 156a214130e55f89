/*
 * Messages that are handled once: their claims, taken before the handler runs and marked when it
 * has returned. This does what delivery/claim.h says, with records behind the transport; or it
 * leaves all that to the store that the options name.
 *
 *     SHOP_ORDERS_V1_CreateOrder         the bucket of an idempotent command
 *     <id>                               a key in it
 *     SHOP_ORDERS_V1_DONE                the bucket of a stream's events that are handled once
 *     NotificationService__notify.<id>   a key in it: each consumer handles an event once
 */
#ifndef CATGA_CLAIMS_H
#define CATGA_CLAIMS_H

#include "bus/encode_buffer.h"
#include "claims/claim_record.h"
#include "server/context.h"
#include "streams/stream_names.h"

enum {
    CATGA_BUCKET_NAME = CATGA_STREAM_NAME,
    CATGA_CLAIM_KEY = 384,
    CATGA_CLAIM_HEADERS = 512, /* what goes with an answer that is kept has room in so much */
    CATGA_TOO_LARGE_TEXT = 128
};

/* A claim on its way: from take to end. */
typedef struct catga_claimed {
    catga_claim claim; /* points into the rest */
    catga_bus_state *state;
    catga_claiming claiming;
    catga_attempt attempt;
    char bucket[CATGA_BUCKET_NAME];
    char key[CATGA_CLAIM_KEY];
    char request[CATGA_REQUEST_HASH];
    bool reopens; /* the message was given up, and its dead letter is handled */
    bool reused;  /* the id was claimed for another request */
    bool full;    /* the bucket had no room for the claim */
    bool ended;   /* of CATGA_CLAIM_DONE: the message was given up, for `cause` */
    char cause[CATGA_HEADER_VALUE_MAX]; /* of a message that was given up; else empty */
    catga_read_record record;           /* the last that was read */
    catga_encode_buffer payload;        /* of the answer that the handler has made */
    char error_text[CATGA_HEADER_VALUE_MAX];
    int64_t again_ms; /* of CATGA_CLAIM_HELD and CATGA_CLAIM_UNKNOWN */
} catga_claimed;

/*
 * Sees, before it is served, that there is a place for the claims of a message. The log says what
 * is wrong. Waits for the server. Under `serving`.
 */
catga_status catga_claims_prepare(catga_bus_state *state, const catga_message *message);

/*
 * Before the transport is closed, when no handler runs, under `serving`. Returns false while
 * another bus is being answered.
 */
bool catga_claims_close(catga_bus_state *state);

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
catga_status catga_claims_take(catga_claimed *claimed, catga_context *context,
                               const catga_endpoint *endpoint);

/* Takes the claim of a dead letter, whose message was rejected; else like catga_claims_take. */
catga_status catga_claims_reopen(catga_claimed *claimed, catga_context *context,
                                 const catga_endpoint *endpoint);

/* Returns the largest answer, in bytes, that can be stored with the claim now. */
size_t catga_claims_room(const catga_claimed *claimed);

/*
 * Records that the answer is too large as the outcome of a claim that was taken. Returns false when
 * an error is recorded already.
 */
bool catga_claims_set_too_large(catga_claimed *claimed);

/* Writes the error text for a caller whose answer is too large. */
void catga_claims_too_large_text(catga_bus_state *state, char text[CATGA_TOO_LARGE_TEXT]);

/* What came of a claim that was taken: it is not to be handled again, or it is. False: another has
 * taken it. */
bool catga_claims_done(catga_claimed *claimed);
void catga_claims_release(catga_claimed *claimed);

/*
 * Returns whether the claim counts attempts and records the end of a message: a store of the user's
 * own does neither.
 */
bool catga_claims_records_end(const catga_claimed *claimed);

/* Records that the message is given up, so that nobody claims it again. False: another has taken
 * it. */
bool catga_claims_give_up(catga_claimed *claimed, const char *cause);

void catga_claims_end(catga_claimed *claimed);

#endif
