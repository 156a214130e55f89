/* Limits stored answers; see claim_room.h. */
#include "claims/claim_room.h"

#include "bus/status.h"

#include <stdio.h>

/* bytes that suffice for the headers of a stored answer */
enum { CLAIM_HEADERS = 512 };

size_t catga_claims_room(const catga_claimed *claimed)
{
    size_t most = claimed->state->operations->max_payload(claimed->state->transport);
    size_t headers = catga_claims_are_external(claimed->state) ? 0 : CLAIM_HEADERS;

    return most > headers ? most - headers : 0;
}

void catga_claims_too_large_text(catga_bus_state *state, char text[CATGA_TOO_LARGE_TEXT])
{
    snprintf(text, CATGA_TOO_LARGE_TEXT,
             "the answer is larger than the server allows (max_payload=%zu)",
             state->operations->max_payload(state->transport));
}

bool catga_claims_set_too_large(catga_claimed *claimed)
{
    if (claimed->claim.error.code != 0)
        return false;
    catga_claims_too_large_text(claimed->state, claimed->error_text);
    claimed->claim.answer = (catga_bytes){NULL, 0};
    claimed->claim.error = (catga_error){.code = catga_status_code(CATGA_TOO_LARGE),
                                         .text = catga_str(claimed->error_text)};
    return true;
}
