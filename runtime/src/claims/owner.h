/*
 * The claims that this bus holds. A bus has a unique name. Each of its attempts to handle a claimed
 * message has a name below that, which the record of the claim contains:
 *
 *     4fTq...22 characters.17.305          the bus, a slot in it, the number of the attempt
 *
 * A replica that finds the record sends a question to catga.owners.<bus>: does the attempt still
 * run? owner_monitor.h is the asking side. The numbers of a bus rise.
 *
 * claim_renewal.h renews the claim while the handler runs. The handler's thread holds and ends an
 * attempt with atomic stores. It waits for the renewing thread only while that copies the claim.
 */
#ifndef CATGA_OWNER_H
#define CATGA_OWNER_H

#include "bus/message_id.h"
#include "transport/transport.h"

#include <stdatomic.h>

enum {
    CATGA_OWNER_SLOTS = 1024,
    CATGA_ATTEMPT_NAME = 64,
    CATGA_REQUEST_HASH = 33,
    CATGA_OWNER_SUBJECT = 256
};

typedef struct catga_bus_state catga_bus_state;

/* A claim that an attempt holds, for its renewal. The holder owns the text. */
typedef struct catga_held_claim {
    const char *attempt; /* name of the attempt */
    const char *request; /* hash of the request, for the record */
    const char *cause; /* why the message was rejected whose dead letter is replayed; else empty */
    catga_kv_key key;
    uint64_t revision;   /* revision of the record */
    uint32_t count;      /* number of attempts, including this one */
    int64_t interval_ns; /* nanoseconds between two renewals */
} catga_held_claim;

typedef struct catga_owner_slot {
    atomic_uint_fast64_t
        attempt; /* number of the running attempt, or 0; the top bit means pinned */
    atomic_int_fast64_t renew_at; /* 0 without a claim to renew */
    catga_held_claim claim;
} catga_owner_slot;

typedef struct catga_owner {
    char name[CATGA_MESSAGE_ID_SIZE];
    atomic_uint_fast64_t attempts;
    catga_owner_slot slots[CATGA_OWNER_SLOTS];
    catga_subscription *subscription;
} catga_owner;

/* An attempt of this bus. */
typedef struct catga_attempt {
    char name[CATGA_ATTEMPT_NAME];
    uint64_t number;
    catga_owner_slot *slot; /* NULL before the begin */
} catga_attempt;

void catga_owner_init(catga_owner *owner, catga_message_ids *ids);

/*
 * Subscribes to questions; a second call has no effect. CATGA_NOT_PERMITTED: the server refuses the
 * subscription.
 */
catga_status catga_owner_open(catga_bus_state *state);

/*
 * Unsubscribes, before the transport is closed, when no handler runs. Returns false while a
 * question is answered.
 */
bool catga_owner_close(catga_bus_state *state);

/* Writes the subject of questions to a bus. Returns false if the name is not a token. */
bool catga_owner_subject(const catga_bus_state *state, catga_string name,
                         char subject[CATGA_OWNER_SUBJECT]);

/* Returns whether the attempt "17.305" of this bus runs. Any thread. */
bool catga_owner_works(catga_owner *owner, catga_string attempt);

/* Begins an attempt. Returns false if no slot is free. */
bool catga_attempt_begin(catga_owner *owner, catga_attempt *attempt);

/* Has the claim renewed every `interval_ns`, until release or end. */
void catga_attempt_hold(catga_attempt *attempt, const catga_held_claim *claim);
void catga_attempt_release(catga_attempt *attempt);

/* Ends an attempt. Waits while the renewing thread copies the claim. */
void catga_attempt_end(catga_attempt *attempt);

/*
 * Pins the attempt in a slot if its claim is due at `now`, and returns its number, else 0. A pinned
 * claim does not change; it must be unpinned soon. Only the renewing thread.
 */
uint64_t catga_owner_pin_due(catga_owner_slot *slot, int64_t now);

/* Pins the attempt of that number. Returns false if it has ended or holds no claim any more. */
bool catga_owner_pin(catga_owner_slot *slot, uint64_t number);
void catga_owner_unpin(catga_owner_slot *slot);

#endif
