/*
 * Asking the owners of claims. An owner that answers in time is asked by the thread that found its
 * claim. One that does not is monitored: upkeep's thread goes on asking, for as long as its claims
 * are found, and delivery/owner_liveness.h decides; threads of handlers do not wait for it any
 * more.
 *
 * Questions of the thread are no calls: they have tokens of their own, so that a bus whose calls
 * are all under way still asks, and an answer that comes late is recognised.
 */
#ifndef CATGA_OWNER_MONITOR_H
#define CATGA_OWNER_MONITOR_H

#include "claims/owner.h"
#include "delivery/owner_liveness.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * Owners that are monitored at once. An owner is forgotten a few leases after the last of its
 * claims was found, so those beyond it have their turn.
 */
enum { CATGA_MONITORED_OWNERS = 256 };

typedef struct catga_monitored_owner {
    char name[CATGA_MESSAGE_ID_SIZE]; /* empty: the slot is free */
    uint64_t hash;                    /* of the name, as tokens contain it */
    int64_t wanted_until;             /* forgotten after that */
    uint64_t control;                 /* the token of the last control question */
    catga_owner_liveness liveness;
} catga_monitored_owner;

typedef struct catga_owner_monitor {
    pthread_mutex_t lock; /* not on the path of a message whose claim is free */
    uint64_t questions;   /* so far */
    atomic_uint count;    /* owners that are monitored; written under `lock` */
    catga_monitored_owner owners[CATGA_MONITORED_OWNERS];
} catga_owner_monitor;

typedef enum catga_owner_answer {
    CATGA_OWNER_WORKS,
    CATGA_OWNER_IDLE,
    CATGA_OWNER_SILENT, /* for the lease: its claim may be taken over */
    CATGA_OWNER_UNSURE  /* it has not answered, or could not be asked */
} catga_owner_answer;

void catga_owner_monitor_init(catga_owner_monitor *monitor);
void catga_owner_monitor_end(catga_owner_monitor *monitor);

/* Asks the owner of an attempt of that name, which a peer wrote. Waits a quarter of the lease at
 * most. */
catga_owner_answer catga_owner_ask(catga_bus_state *state, const char *attempt);

/* For upkeep's thread: sends the questions that are due. Returns when the next one is. */
int64_t catga_owner_monitor_drive(catga_bus_state *state, int64_t now);

/* Returns whether a reply of that token answers a question of the thread. */
static inline bool catga_owner_monitor_is_token(uint64_t token)
{
    return token >> 63 != 0;
}

/* Takes such a reply, which stays the caller's. */
void catga_owner_monitor_answer(catga_bus_state *state, uint64_t token,
                                const catga_incoming *answer);

#endif
