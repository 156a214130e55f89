/* Sends commands and queries whose caller waits for the answer. */
#include "client/call_id.h"
#include "client/tries.h"
#include "observe/hooks.h"

/* Sends an encoded call. Returns it, or NULL if that failed. */
static catga_pending *send_call(catga_bus *bus, const catga_message *message,
                                const catga_call_settings *settings,
                                const catga_encode_buffer *payload, catga_outcome *outcome)
{
    catga_pending *call;

    outcome->status =
        catga_tries_begin(bus, message, settings, false, payload, &call, &outcome->problem);
    if (outcome->status != CATGA_OK)
        return NULL;
    catga_tries_wait(bus->state, call, outcome);
    return call;
}

/* Ends a call that was sent: moves its outcome to the caller's reply. */
static catga_status finish(catga_bus_state *state, catga_pending *call, catga_outcome *outcome,
                           catga_reply *reply)
{
    catga_status status = catga_outcome_keep(outcome, state, reply);

    catga_tries_report(state, call, status, outcome->bad_reply);
    catga_calls_free(&state->calls, call);
    return status;
}

/* Ends a call that could not be sent, for the problem of the outcome. */
static catga_status refuse(catga_bus *bus, const catga_message *message, catga_outcome *outcome,
                           catga_reply *reply)
{
    outcome->answered = false;
    outcome->decoded = NULL;
    outcome->table = NULL;
    outcome->error = (catga_error){0};
    catga_status status = catga_outcome_keep(outcome, bus->state, reply);
    catga_hook_send_refused(bus, message, status);
    return status;
}

static catga_status call_with(catga_bus *bus, const catga_message *message,
                              const catga_call_settings *settings, const void *input,
                              catga_reply *reply)
{
    catga_bus_state *state = bus->state;
    catga_encode_buffer payload;
    catga_outcome outcome;

    outcome.status = catga_encode_buffer_fill_as(&payload, state, message->encoding, message->table,
                                                 input, &outcome.problem);
    if (outcome.status != CATGA_OK)
        return refuse(bus, message, &outcome, reply);
    catga_pending *call = send_call(bus, message, settings, &payload, &outcome);
    catga_status status =
        call != NULL ? finish(state, call, &outcome, reply) : refuse(bus, message, &outcome, reply);
    catga_encode_buffer_free(&payload, state);
    return status;
}

catga_status catga_call(catga_bus *bus, const catga_message *message, const void *input,
                        catga_reply *reply)
{
    return call_with(bus, message, NULL, input, reply);
}

catga_status catga_call_with_id(catga_bus *bus, const catga_message *message, catga_string id,
                                const void *input, catga_reply *reply)
{
    catga_outcome outcome = {.status = CATGA_INVALID_ARGUMENT, .problem = {CATGA_CALL_ID_RULE}};
    const catga_call_settings settings = {.id = id};

    return !catga_call_id_allowed(message, id) ? refuse(bus, message, &outcome, reply)
                                               : call_with(bus, message, &settings, input, reply);
}
