/*
 * The rules of owner liveness: whether the owner of claims lives, as seen by one replica that waits
 * for them. A pure state machine: no I/O, clock, thread or memory. There is one for each owner, not
 * for each claim: all claims of a dead replica are taken over together.
 *
 * The asker sends one question at a time, with a quarter of the lease for its answer. With each
 * question it sends a control question to itself, on the same connection. A question counts against
 * the owner only if the control was answered and the asker checked in time: then the server, the
 * connection and the asker worked, and the owner did not answer. A lost connection, a silent server
 * or a suspended asker never count against the owner.
 *
 * The owner is silent when at least ASKS consecutive questions count against it and together cover
 * the lease. Two questions that are more than a lease apart are not consecutive. After any answer,
 * however late, the asker restarts with init.
 *
 * The numbers of an owner's claims rise. A claim may be taken over only after a question that was
 * sent when this claim or a later one had been found. So a claim that an owner took after its
 * return gets a question of its own.
 */
#ifndef CATGA_OWNER_LIVENESS_H
#define CATGA_OWNER_LIVENESS_H

#include <stdbool.h>
#include <stdint.h>

enum { CATGA_OWNER_ASKS = 4 };

typedef struct catga_owner_liveness {
    int64_t lease_ns;
    uint64_t newest; /* highest number of a claim that was found */

    /* The pending question. */
    bool asking;
    bool control_answered;
    int64_t asked_at;
    uint64_t asked_about; /* `newest` when the question was sent */

    /* The consecutive questions that count against the owner. */
    unsigned unanswered;
    int64_t first_asked_at;
    int64_t last_asked_at;
    uint64_t covered; /* `asked_about` of the last such question */
} catga_owner_liveness;

void catga_owner_liveness_init(catga_owner_liveness *liveness, int64_t lease_ns);

/* Notes that the claim of that number was found. */
void catga_owner_liveness_found(catga_owner_liveness *liveness, uint64_t number);

/* Ends a question whose time is over. Returns whether to send the next one. */
bool catga_owner_liveness_tick(catga_owner_liveness *liveness, int64_t now);

/* Returns the time of the next tick. */
int64_t catga_owner_liveness_due(const catga_owner_liveness *liveness);

/* Notes that a question and its control were sent, after a tick that returned true. */
void catga_owner_liveness_asked(catga_owner_liveness *liveness, int64_t now);

/* Notes that the control of the pending question was answered. */
void catga_owner_liveness_control_answered(catga_owner_liveness *liveness);

/* Returns whether the claim of that number may be taken over. */
bool catga_owner_liveness_is_silent(const catga_owner_liveness *liveness, uint64_t number,
                                    int64_t now);

#endif
