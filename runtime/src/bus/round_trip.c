/* Sends a question and waits for its answer; see round_trip.h. */
#include "bus/round_trip.h"

/* Waits for the answer. An event that arrived although sending failed is the answer. */
static catga_status wait_for(catga_pending *call, catga_status sent, int64_t until,
                             catga_incoming *answer)
{
    catga_call_event event;

    if (sent != CATGA_OK && catga_pending_close(call))
        return sent;
    catga_pending_wait(call, until, &event);
    if (event.answered) {
        *answer = event.answer;
        return CATGA_OK;
    }
    return event.kind == CATGA_RETRY_LOST ? CATGA_DISCONNECTED : CATGA_TIMEOUT;
}

catga_status catga_round_trip(catga_bus_state *state, catga_round_trip_send *send,
                              const void *question, int64_t until, catga_incoming *answer)
{
    catga_pending *call = catga_calls_claim(&state->calls);

    if (call == NULL)
        return CATGA_OVERLOADED;
    catga_pending_open(call);
    catga_status status =
        wait_for(call, send(state, question, catga_pending_token(call)), until, answer);
    catga_calls_free(&state->calls, call);
    return status;
}
