/* Sends commands and queries whose caller waits for the answer. */
#include "bus/encode_buffer.h"
#include "bus/message_log.h"
#include "client/tries.h"

/* Sends an encoded call; `id` is the caller's own, or absent. */
static void send_call(catga_bus *bus, const catga_message *message, catga_string id,
                      const catga_encode_buffer *payload, catga_outcome *outcome)
{
    catga_bus_state *state = bus->state;
    catga_pending *call;

    outcome->status = catga_tries_begin(bus, message, false, &call, &outcome->problem);
    if (outcome->status != CATGA_OK)
        return;
    if (id.data != NULL)
        catga_envelope_set_id(&call->request.envelope, id);
    call->request.envelope.outgoing.data = payload->data;
    call->request.envelope.outgoing.length = payload->length;
    catga_tries_wait(state, call, outcome);
    catga_message_log_sent(state, message, &call->request.envelope.outgoing, outcome->status);
    catga_calls_free(&state->calls, call);
}

/* Moves the outcome to the caller's reply, and counts the call. */
static catga_status finish(catga_bus *bus, const catga_message *message, catga_outcome *outcome,
                           catga_reply *reply)
{
    catga_status status = catga_outcome_keep(outcome, bus->state, reply);

    return catga_outcome_count(bus->state, message, status);
}

static catga_status call_with(catga_bus *bus, const catga_message *message, catga_string id,
                              const void *input, catga_reply *reply)
{
    catga_encode_buffer payload;
    catga_outcome outcome;

    outcome.status =
        catga_encode_buffer_fill(&payload, bus->state, message->table, input, &outcome.problem);
    outcome.answered = false;
    outcome.table = NULL;
    outcome.error = (catga_error){0};
    if (outcome.status == CATGA_OK) {
        send_call(bus, message, id, &payload, &outcome);
        catga_encode_buffer_free(&payload, bus->state);
    }
    return finish(bus, message, &outcome, reply);
}

catga_status catga_call(catga_bus *bus, const catga_message *message, const void *input,
                        catga_reply *reply)
{
    const catga_string none = {NULL, 0};

    return call_with(bus, message, none, input, reply);
}

catga_status catga_call_with_id(catga_bus *bus, const catga_message *message, catga_string id,
                                const void *input, catga_reply *reply)
{
    catga_outcome outcome = {.status = CATGA_INVALID_ARGUMENT,
                             .problem = {"an id is 1 to 64 of A-Z a-z 0-9 _ -"}};

    return message->claims == NULL || !catga_is_token(id)
               ? finish(bus, message, &outcome, reply)
               : call_with(bus, message, id, input, reply);
}
