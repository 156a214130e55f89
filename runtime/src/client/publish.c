/* Publishes events whose publisher waits: until the event is sent, or until it is stored. */
#include "client/publish.h"

#include "bus/status.h"
#include "client/address.h"
#include "client/event_size.h"
#include "client/tries.h"
#include "observe/hooks.h"
#include "streams/stream_names.h"

/* Ends an event that was refused before it was sent. */
static catga_status refuse(catga_bus *bus, const catga_message *message, catga_status status)
{
    catga_hook_send_refused(bus, message, status);
    return status;
}

/* ---- At most once ---- */

static catga_status send_addressed(catga_bus_state *state, const catga_message *message,
                                   catga_envelope *envelope)
{
    catga_hook_send_begins(state, message, envelope, 1);
    catga_status status = state->operations->publish(state->transport, &envelope->outgoing);
    catga_hook_send_ends(state, message, envelope, 1, status, false, 0);
    return status;
}

static catga_status send_encoded(catga_bus *bus, const catga_message *message,
                                 const catga_encode_buffer *payload, catga_problem *problem)
{
    catga_envelope envelope;
    catga_status status = catga_address(&envelope, bus, message, payload, problem);

    return status == CATGA_OK ? send_addressed(bus->state, message, &envelope)
                              : refuse(bus, message, status);
}

/* Sends an event, without waiting for the server. */
static catga_status send_event(catga_bus *bus, const catga_message *message, const void *input,
                               catga_problem *problem)
{
    catga_encode_buffer payload;
    catga_status status = catga_bus_may_send(bus);

    if (status == CATGA_OK)
        status = catga_encode_buffer_fill_as(&payload, bus->state, message->encoding,
                                             message->table, input, problem);
    if (status != CATGA_OK)
        return refuse(bus, message, status);
    status = send_encoded(bus, message, &payload, problem);
    catga_encode_buffer_free(&payload, bus->state);
    return status;
}

/* ---- At least once ---- */

/* Sends an encoded event to its stream, and waits until it is stored. */
static catga_status store_encoded(catga_bus *bus, const catga_message *message,
                                  const catga_call_settings *settings,
                                  const catga_encode_buffer *payload, catga_placed *placed,
                                  catga_problem *problem)
{
    catga_bus_state *state = bus->state;
    catga_pending *call;
    catga_outcome outcome;
    catga_status status = catga_event_size_check(state, message, payload->length, problem);

    if (status == CATGA_OK)
        status = catga_tries_begin(bus, message, settings, false, payload, &call, problem);
    if (status != CATGA_OK)
        return refuse(bus, message, status);
    catga_tries_wait(state, call, &outcome);
    catga_tries_report(state, call, outcome.status, false);
    *placed = outcome.placed;
    return catga_outcome_conclude(&outcome, state, call, problem);
}

static catga_status store_event(catga_bus *bus, const catga_message *message,
                                const catga_call_settings *settings, const void *input,
                                catga_placed *placed, catga_problem *problem)
{
    catga_encode_buffer payload;
    catga_status status = catga_bus_may_wait(bus);

    if (status == CATGA_OK)
        status = catga_encode_buffer_fill_as(&payload, bus->state, message->encoding,
                                             message->table, input, problem);
    if (status != CATGA_OK)
        return refuse(bus, message, status);
    status = store_encoded(bus, message, settings, &payload, placed, problem);
    catga_encode_buffer_free(&payload, bus->state);
    return status;
}

/* ---- Encoded events ---- */

catga_status catga_publish_encoded(catga_bus *bus, const catga_message *message,
                                   const catga_call_settings *settings,
                                   const catga_encode_buffer *payload, catga_problem *problem)
{
    catga_placed placed;

    return message->delivery == NULL
               ? send_encoded(bus, message, payload, problem)
               : store_encoded(bus, message, settings, payload, &placed, problem);
}

/* ---- The functions of generated code ---- */

void catga_publish_report(catga_bus_state *state, const catga_message *message, catga_status status,
                          const catga_problem *problem)
{
    if (status != CATGA_OK)
        catga_log_limited(&state->settings.logger, &state->unpublished, CATGA_LOG_WARNING,
                          "client: cannot publish %s: " CATGA_REASON, message->table->name,
                          CATGA_REASON_OF(status, *problem));
}

catga_status catga_publish(catga_bus *bus, const catga_message *message, const void *input)
{
    catga_problem problem;
    catga_placed placed;

    problem.text[0] = '\0';
    catga_status status = message->delivery == NULL
                              ? send_event(bus, message, input, &problem)
                              : store_event(bus, message, NULL, input, &placed, &problem);

    catga_publish_report(bus->state, message, status, &problem);
    return status;
}

catga_status catga_publish_stored(catga_bus *bus, const catga_message *message, const void *input,
                                  catga_stored *stored)
{
    catga_problem problem = {""};
    catga_placed placed = {0};
    catga_status status = store_event(bus, message, NULL, input, &placed, &problem);

    catga_publish_report(bus->state, message, status, &problem);
    *stored = (catga_stored){.sequence = placed.sequence, .duplicate = placed.duplicate};
    (void)catga_names_stream(bus->state, message->delivery->stream, stored->stream);
    return status;
}

/* A conflict is a result that the caller expects: it is not logged. */
catga_status catga_publish_after(catga_bus *bus, const catga_message *message, uint64_t sequence,
                                 const void *input, uint64_t *stored)
{
    const catga_call_settings settings = {.after = &sequence};
    catga_problem problem = {""};
    catga_placed placed = {0};
    catga_status status = store_event(bus, message, &settings, input, &placed, &problem);

    if (status != CATGA_CONFLICT)
        catga_publish_report(bus->state, message, status, &problem);
    *stored = placed.sequence;
    return status;
}
