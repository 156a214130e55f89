/*
 * The claims that this bus holds. A bus has a name that no other has, and each attempt that it
 * makes to handle a claimed message has a name below it, which the claim's record contains:
 *
 *     4fTq...22 characters.17.305          the bus, a slot in it, the number of the attempt
 *
 * Another replica that finds the record asks at the subject catga.owners.<bus>, and is told whether
 * the attempt is still under way; owner_monitor.h is the asking side. The numbers of a bus rise.
 *
 * The claim of an attempt is renewed while its handler runs, by claim_renewal.h. The thread of the
 * handler holds and ends an attempt with atomic stores, and waits for the renewing thread only
 * while that copies the claim.
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

/* A claim that an attempt holds, as far as renewing it needs. The text is the holder's. */
typedef struct catga_held_claim {
    const char *attempt; /* its name */
    const char *request; /* hash of the request, for the record */
    const char
        *cause; /* of a message that was given up, whose dead letter is handled; else empty */
    catga_kv_key key;
    uint64_t revision;   /* of the record */
    uint32_t count;      /* of attempts, with this one */
    int64_t interval_ns; /* between two renewals */
} catga_held_claim;

typedef struct catga_owner_slot {
    atomic_uint_fast64_t
        attempt; /* the number of the attempt under way, or 0; its top bit: pinned */
    atomic_int_fast64_t renew_at; /* 0: there is no claim to renew */
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
    catga_owner_slot *slot; /* NULL: it has not begun */
} catga_attempt;

void catga_owner_init(catga_owner *owner, catga_message_ids *ids);

/*
 * Subscribes, so that others can ask; allowed again. CATGA_NOT_PERMITTED: the server refuses the
 * subscription.
 */
catga_status catga_owner_open(catga_bus_state *state);

/* Before the transport is closed, when no handler runs. Returns false while it answers somebody. */
bool catga_owner_close(catga_bus_state *state);

/* Writes the subject at which the bus of that name is asked. Returns false if the name is no token.
 */
bool catga_owner_subject(const catga_bus_state *state, catga_string name,
                         char subject[CATGA_OWNER_SUBJECT]);

/* Returns whether the attempt "17.305" of this bus is under way. */
bool catga_owner_works(catga_owner *owner, catga_string attempt);

/* Returns false when as many as may be are under way. */
bool catga_attempt_begin(catga_owner *owner, catga_attempt *attempt);

/* Lets the claim be renewed, each `interval_ns` from now on, until release or end. */
void catga_attempt_hold(catga_attempt *attempt, const catga_held_claim *claim);
void catga_attempt_release(catga_attempt *attempt);

/* Ends what has begun; waits while the renewing thread copies the claim. */
void catga_attempt_end(catga_attempt *attempt);

/*
 * For the renewing thread: pins the attempt in a slot if its claim is to be renewed at `now`, and
 * returns its number, else 0. While it is pinned, its claim stays. It is unpinned soon.
 */
uint64_t catga_owner_pin_due(catga_owner_slot *slot, int64_t now);

/* Pins the attempt of that number. Returns false when that has ended, or holds no claim any more.
 */
bool catga_owner_pin(catga_owner_slot *slot, uint64_t number);
void catga_owner_unpin(catga_owner_slot *slot);

#endif
