/* The largest answer that can be stored with a claim, and the error of a larger one. */
#ifndef CATGA_CLAIM_ROOM_H
#define CATGA_CLAIM_ROOM_H

#include "claims/claims.h"

enum { CATGA_TOO_LARGE_TEXT = 128 };

/* Returns the size in bytes of the largest answer that can be stored with the claim now. */
size_t catga_claims_room(const catga_claimed *claimed);

/*
 * Makes the error that the answer is too large the outcome of a taken claim. Returns false if an
 * error is the outcome already.
 */
bool catga_claims_set_too_large(catga_claimed *claimed);

/* Writes the error text for a caller whose answer is too large. */
void catga_claims_too_large_text(catga_bus_state *state, char text[CATGA_TOO_LARGE_TEXT]);

#endif
