/*
 * Renews claims. A bucket drops records that are older than its max_age, so the record of a claim
 * whose handler runs long is written again before that, over its current revision.
 */
#ifndef CATGA_CLAIM_RENEWAL_H
#define CATGA_CLAIM_RENEWAL_H

#include "bus/bus_state.h"

/* Renews the claims that are due. Only the upkeep thread; waits for the server. */
void catga_claims_renew(catga_bus_state *state, int64_t now);

#endif
