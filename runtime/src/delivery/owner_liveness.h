/*
 * Whether the owner of claims is still there, as one replica that waits for them sees it: a state
 * machine without input, output, clock or memory of its own. There is one for each owner, not one
 * for each claim: all claims of a dead replica are taken over together.
 *
 * The asker sends one question at a time and gives each a quarter of the lease. Beside each
 * question it sends a control question to itself, on the same connection. A question counts against
 * the owner only if the control was answered and the asker looked in time: then the server, the
 * connection and the asker worked, and the owner did not answer. A lost connection, a silent
 * server, or an asker that was suspended never counts against the owner.
 *
 * The owner is silent when at least ASKS questions in a row count against it, which together cover
 * the lease. Two of them that are more than a lease apart are not in a row. After any answer,
 * however late, the asker begins anew with init.
 *
 * An owner numbers its claims upwards. A claim may be taken over only after a question that was
 * sent when that claim, or a later one, had been found: a claim that an owner took after it came
 * back gets its own question.
 */
#ifndef CATGA_OWNER_LIVENESS_H
#define CATGA_OWNER_LIVENESS_H

#include <stdbool.h>
#include <stdint.h>

enum { CATGA_OWNER_ASKS = 4 };

typedef struct catga_owner_liveness {
    int64_t lease_ns;
    uint64_t newest; /* highest number of a claim that was found */

    /* The question that is under way. */
    bool asking;
    bool control_answered;
    int64_t asked_at;
    uint64_t asked_about; /* `newest` when it was sent */

    /* The row of questions that count against the owner. */
    unsigned unanswered;
    int64_t first_asked_at;
    int64_t last_asked_at;
    uint64_t covered; /* `asked_about` of the last one */
} catga_owner_liveness;

void catga_owner_liveness_init(catga_owner_liveness *liveness, int64_t lease_ns);

/* Notes that the claim of that number was found. */
void catga_owner_liveness_found(catga_owner_liveness *liveness, uint64_t number);

/* Ends the question whose time is over. Returns true when the next one is to be sent. */
bool catga_owner_liveness_tick(catga_owner_liveness *liveness, int64_t now);

/* Returns the time of the next tick. */
int64_t catga_owner_liveness_due(const catga_owner_liveness *liveness);

/* Notes that a question and its control were sent, after a tick that returned true. */
void catga_owner_liveness_asked(catga_owner_liveness *liveness, int64_t now);

/* Notes that the control of the question under way was answered. */
void catga_owner_liveness_control_answered(catga_owner_liveness *liveness);

/* Returns true when the claim of that number may be taken over. */
bool catga_owner_liveness_is_silent(const catga_owner_liveness *liveness, uint64_t number,
                                    int64_t now);

#endif
