/*
 * Asks the owners of claims. The thread that finds a claim asks its owner. An owner that does not
 * answer in time is monitored: the upkeep thread repeats the question while its claims are found,
 * and delivery/owner_liveness.h decides. No handler waits for a monitored owner.
 *
 * Questions of the upkeep thread are not calls. They have tokens of their own, so a bus whose calls
 * are all pending can still ask, and late answers are recognised.
 */
#ifndef CATGA_OWNER_MONITOR_H
#define CATGA_OWNER_MONITOR_H

#include "claims/owner.h"
#include "delivery/owner_liveness.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * Number of owners that can be monitored at once. An owner is dropped a few leases after its last
 * claim was found, which frees its slot for others.
 */
enum { CATGA_MONITORED_OWNERS = 256 };

typedef struct catga_monitored_owner {
    char name[CATGA_MESSAGE_ID_SIZE]; /* empty in a free slot */
    uint64_t hash;                    /* hash of the name, as in tokens */
    int64_t wanted_until;             /* time at which the owner is no longer monitored */
    uint64_t control;                 /* token of the last control question */
    catga_owner_liveness liveness;
} catga_monitored_owner;

typedef struct catga_owner_monitor {
    pthread_mutex_t lock; /* not needed by a message whose claim is free */
    uint64_t questions;   /* number of questions so far */
    atomic_uint count;    /* number of monitored owners; written under `lock` */
    catga_monitored_owner owners[CATGA_MONITORED_OWNERS];
} catga_owner_monitor;

typedef enum catga_owner_answer {
    CATGA_OWNER_WORKS,
    CATGA_OWNER_IDLE,
    CATGA_OWNER_SILENT, /* silent for the lease: its claim may be taken over */
    CATGA_OWNER_UNSURE  /* no answer yet, or the question could not be sent */
} catga_owner_answer;

void catga_owner_monitor_init(catga_owner_monitor *monitor);
void catga_owner_monitor_end(catga_owner_monitor *monitor);

/* Asks the owner of an attempt, whose name is from a peer. Waits a quarter of the lease at most. */
catga_owner_answer catga_owner_ask(catga_bus_state *state, const char *attempt);

/* Sends the questions that are due. Returns when the next one is due. Only the upkeep thread. */
int64_t catga_owner_monitor_drive(catga_bus_state *state, int64_t now);

/* Returns whether a reply with this token answers a question of the upkeep thread. */
static inline bool catga_owner_monitor_is_token(uint64_t token)
{
    return token >> 63 != 0;
}

/* Handles such a reply, which still belongs to the caller. */
void catga_owner_monitor_answer(catga_bus_state *state, uint64_t token,
                                const catga_incoming *answer);

#endif
