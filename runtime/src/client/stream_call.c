#include "client/stream_call.h"

#include "client/tries.h"

/* ---- Storing ---- */

catga_status catga_stream_send_message(catga_bus_state *state, catga_pending *call)
{
    return state->transport->streams->publish(state->transport, &call->request.envelope.outgoing,
                                              catga_pending_token(call));
}

catga_status catga_stream_read_ack(catga_bus_state *state, catga_pending *call,
                                   catga_outcome *outcome)
{
    (void)call;
    return state->transport->streams->published(&outcome->answer, &outcome->placed,
                                                &outcome->problem);
}

/* ---- Reading ---- */

catga_status catga_stream_send_query(catga_bus_state *state, catga_pending *call)
{
    return state->transport->streams->ask(state->transport, &call->request.query,
                                          catga_pending_token(call));
}

catga_status catga_stream_read_message(catga_bus_state *state, catga_pending *call,
                                       catga_outcome *outcome)
{
    catga_status status =
        state->transport->streams->found(&call->request.query, &outcome->answer, &outcome->problem);

    outcome->answered = status == CATGA_OK; /* otherwise the answer is released */
    return status;
}

/* ---- Calls ---- */

catga_status catga_stream_call_claim(const catga_bus *bus, const catga_call_kind *kind,
                                     bool has_callback, catga_pending **call)
{
    static const catga_message no_schema = {.kind = CATGA_COMMAND};
    catga_bus_state *state = bus->state;
    catga_status status = has_callback ? catga_bus_may_send(bus) : catga_bus_may_wait(bus);

    if (status == CATGA_OK && has_callback)
        status = catga_calls_start_timer(&state->calls);
    if (status != CATGA_OK)
        return status;
    catga_pending *claimed = catga_calls_claim(&state->calls);
    if (claimed == NULL)
        return CATGA_OVERLOADED;
    claimed->request.message = &no_schema;
    claimed->request.kind = kind;
    claimed->request.bounded = false;
    claimed->request.began = catga_clock_now();
    *call = claimed;
    return CATGA_OK;
}

static void plan(catga_bus_state *state, catga_pending *call)
{
    catga_tries_plan(state, call,
                     &(catga_retry_plan){.deadline = call->request.began + CATGA_STREAM_CALL_WAIT});
    call->request.retry.is_single = true;
}

void catga_stream_call_wait(catga_bus_state *state, catga_pending *call, catga_outcome *outcome)
{
    plan(state, call);
    catga_tries_wait(state, call, outcome);
    catga_calls_free(&state->calls, call);
}

catga_status catga_stream_call_start(catga_bus_state *state, catga_pending *call,
                                     catga_function callback, void *user, catga_problem *problem)
{
    catga_outcome outcome;

    call->request.callback = callback;
    call->request.user = user;
    plan(state, call);
    if (catga_tries_start(state, call, &outcome))
        return CATGA_OK;
    return catga_outcome_conclude(&outcome, state, call, problem);
}
