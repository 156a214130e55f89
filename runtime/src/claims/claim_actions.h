/*
 * The actions that delivery/claim.h asks for: write the record, read it, ask the owner of another
 * attempt.
 */
#ifndef CATGA_CLAIM_ACTIONS_H
#define CATGA_CLAIM_ACTIONS_H

#include "claims/claims.h"

/*
 * Carries out an action and those that follow from its outcome, until the caller has to act.
 * Returns the action of the caller. Waits for the server.
 */
catga_claiming_action catga_claim_drive(catga_claimed *claimed, catga_claiming_action action);

/* Returns the key of the claim's record, which *claimed owns. */
catga_kv_key catga_claim_kv_key(const catga_claimed *claimed);

#endif
