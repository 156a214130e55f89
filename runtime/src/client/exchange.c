/* Sends messages of the runtime itself; see exchange.h. */
#include "client/exchange.h"

#include "client/tries.h"

#include <stdio.h>

/* Sends a complete message of a kind, and waits for its outcome. */
static catga_status exchange(catga_bus_state *state, const catga_message *kind,
                             const catga_outgoing *message, int64_t deadline, catga_placed *placed,
                             catga_problem *problem)
{
    catga_pending *call = catga_calls_claim(&state->calls);
    catga_outcome outcome;

    if (call == NULL)
        return CATGA_OVERLOADED;
    call->request.message = kind;
    call->request.kind = NULL;
    call->request.envelope.outgoing = *message;
    call->request.began = catga_clock_now();
    call->request.bounded = false;
    catga_tries_plan(
        state, call,
        &(catga_retry_plan){.is_repeatable = kind->delivery != NULL, .deadline = deadline});
    call->request.retry.is_single = true;
    catga_tries_wait(state, call, &outcome);
    if (placed != NULL)
        *placed = outcome.placed;
    if (outcome.error.text.length != 0)
        snprintf(outcome.problem.text, sizeof outcome.problem.text, "%.*s",
                 CATGA_PRINT(outcome.error.text));
    return catga_outcome_conclude(&outcome, state, call, problem);
}

catga_status catga_exchange_store(catga_bus_state *state, const catga_outgoing *message,
                                  int64_t deadline, catga_placed *placed, catga_problem *problem)
{
    static const catga_delivery stored;
    static const catga_message event = {.kind = CATGA_EVENT, .delivery = &stored};

    return exchange(state, &event, message, deadline, placed, problem);
}

catga_status catga_exchange_request(catga_bus_state *state, const catga_outgoing *message,
                                    int64_t deadline, catga_problem *problem)
{
    static const catga_message request = {.kind = CATGA_COMMAND};

    return exchange(state, &request, message, deadline, NULL, problem);
}
