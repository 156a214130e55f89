/*
 * Renewing claims: a bucket forgets a record that is older than its max_age, so the record of a
 * claim whose handler takes long is written again before that, over the revision that it has.
 */
#ifndef CATGA_CLAIM_RENEWAL_H
#define CATGA_CLAIM_RENEWAL_H

#include "bus/bus_state.h"

/* For upkeep's thread: renews the claims that are due. Waits for the store. */
void catga_claims_renew(catga_bus_state *state, int64_t now);

#endif
