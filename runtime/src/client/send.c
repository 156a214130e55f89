/* Sends calls and stored events with a callback; see send.h. */
#include "client/send.h"

#include "base/running.h"
#include "client/call_id.h"
#include "client/event_size.h"
#include "client/tries.h"
#include "observe/hooks.h"
#include "streams/stream_names.h"

#include <stdio.h>

/* ---- The end of a call ---- */

static void free_call(catga_bus_state *state, catga_pending *call)
{
    catga_retained_end(&call->request.copy, &state->retained, call->index);
    catga_calls_free(&state->calls, call);
}

static void deliver_place(catga_bus_state *state, const catga_message *message,
                          const catga_outcome *outcome, catga_function callback, void *user)
{
    const catga_placed *placed = &outcome->placed;
    catga_stored stored = {.sequence = placed->sequence, .duplicate = placed->duplicate};

    (void)catga_names_stream(state, message->delivery->stream, stored.stream);
    ((catga_published_at *)callback)(outcome->status, &stored, &outcome->error, user);
}

/* Ends the call. Its slot is free before the callback runs, which may make the next call. */
static void deliver(catga_bus_state *state, catga_pending *call, catga_outcome *outcome)
{
    catga_deliver_function *function = call->request.deliver;
    catga_function callback = call->request.callback;
    void *user = call->request.user;
    const catga_call_kind *kind = call->request.kind;
    const catga_message *message = call->request.message;
    catga_running running;

    if (kind == NULL)
        catga_tries_report(state, call, outcome->status, outcome->bad_reply);
    free_call(state, call);
    catga_outcome_explain(outcome);
    catga_running_add(&running, state, NULL, NULL);
    if (kind != NULL)
        kind->deliver(state, outcome, callback, user);
    else if (CATGA_UNLIKELY(function == NULL))
        deliver_place(state, message, outcome, callback, user);
    else
        function(callback, outcome->status, outcome->table, &outcome->error, user);
    catga_running_remove(&running);
    catga_outcome_release(outcome, state);
}

void catga_send_drive(void *user, catga_pending *call, const catga_call_event *event)
{
    catga_bus_state *state = user;
    catga_outcome outcome;

    if (!catga_tries_continue(state, call, event, &outcome))
        deliver(state, call, &outcome);
}

void catga_send_abandon(catga_bus_state *state)
{
    catga_call_event event;
    catga_pending *call;

    while ((call = catga_calls_take_any(&state->calls, &event)) != NULL) {
        catga_outcome outcome = {
            .status = CATGA_CLOSED, .answered = event.answered, .answer = event.answer};
        deliver(state, call, &outcome);
    }
}

/* ---- The beginning of a call ---- */

static void report_no_room(const catga_bus_state *state, size_t size, catga_problem *problem)
{
    snprintf(problem->text, sizeof problem->text,
             "no room for a copy of it: in_flight_bytes is reached (bytes=%zu, held=%zu, "
             "in_flight_bytes=%zu)",
             size, atomic_load(&state->retained.held), state->retained.most);
}

/* Copies the payload, and the headers of the sender, which are read at the end of the call too. */
static catga_status copy_message(catga_bus_state *state, catga_request *request,
                                 catga_problem *problem)
{
    catga_outgoing *outgoing = &request->envelope.outgoing;
    size_t size = outgoing->length + catga_envelope_borrowed_size(&request->envelope);
    catga_status status = catga_retained_reserve(&request->copy, &state->retained, size);

    if (status == CATGA_OVERLOADED)
        report_no_room(state, size, problem);
    if (status != CATGA_OK)
        return status;
    outgoing->data = memcpy(request->copy.bytes, outgoing->data, outgoing->length);
    catga_envelope_keep_borrowed(&request->envelope,
                                 (char *)request->copy.bytes + outgoing->length);
    return CATGA_OK;
}

/* Keeps the payload for retries. A call with a single try uses the sender's bytes. */
static catga_status keep_payload(catga_bus_state *state, catga_request *request,
                                 catga_problem *problem)
{
    if (request->retry.retries_left == 0 && !request->retry.repeatable)
        return CATGA_OK;
    return copy_message(state, request, problem);
}

/* Sends the first try. Reports and frees the call if that ends it. */
static catga_status start(const catga_bus *bus, catga_pending *call, catga_problem *problem)
{
    catga_bus_state *state = bus->state;
    catga_status status = keep_payload(state, &call->request, problem);
    catga_outcome outcome;

    if (status != CATGA_OK) {
        catga_hook_send_refused(bus, call->request.message, status);
        free_call(state, call);
    } else if (!catga_tries_start(state, call, &outcome)) {
        status = outcome.status;
        catga_tries_report(state, call, status, outcome.bad_reply);
        free_call(state, call);
    }
    return status;
}

static catga_status may_send(catga_bus *bus)
{
    catga_status status = catga_bus_may_send(bus);

    return status == CATGA_OK ? catga_calls_start_timer(&bus->state->calls) : status;
}

/* The function that gets the outcome of a call. */
typedef struct recipient {
    catga_deliver_function *deliver;
    catga_function callback;
    void *user;
} recipient;

/* Claims a call for a payload, and sends its first try. */
static catga_status send_payload(catga_bus *bus, const catga_message *message,
                                 const catga_call_settings *settings,
                                 const catga_encode_buffer *payload, recipient to,
                                 catga_problem *problem)
{
    catga_pending *call;
    catga_status status = catga_event_size_check(bus->state, message, payload->length, problem);

    if (status == CATGA_OK)
        status = catga_tries_begin(bus, message, settings, true, payload, &call, problem);
    if (status != CATGA_OK) {
        catga_hook_send_refused(bus, message, status);
        return status;
    }
    call->request.deliver = to.deliver;
    call->request.callback = to.callback;
    call->request.user = to.user;
    return start(bus, call, problem);
}

/* Encodes the message, unless nothing can be sent. The caller frees the payload after a success. */
static catga_status encode(catga_bus *bus, const catga_message *message, const void *input,
                           catga_encode_buffer *payload, catga_problem *problem)
{
    catga_status status = may_send(bus);

    if (status == CATGA_OK)
        status = catga_encode_buffer_fill_as(payload, bus->state, message->encoding, message->table,
                                             input, problem);
    if (status != CATGA_OK)
        catga_hook_send_refused(bus, message, status);
    return status;
}

static void log_refusal(catga_bus_state *state, const catga_message *message, catga_status status,
                        const catga_problem *problem)
{
    bool is_logged =
        status == CATGA_OVERLOADED || status == CATGA_TOO_LARGE || status == CATGA_INVALID_ARGUMENT;

    if (is_logged && problem->text[0] != '\0')
        catga_log_limited(&state->settings.logger, &state->overloads, CATGA_LOG_WARNING,
                          "calls: refuse %s: %s", message->table->name, problem->text);
}

catga_status catga_send(catga_bus *bus, const catga_message *message, const void *input,
                        catga_deliver_function *deliver_function, catga_function callback,
                        void *user)
{
    catga_encode_buffer payload;
    catga_problem problem = {""};
    recipient to = {deliver_function, callback, user};
    catga_status status = encode(bus, message, input, &payload, &problem);

    if (status == CATGA_OK) {
        status = send_payload(bus, message, NULL, &payload, to, &problem);
        catga_encode_buffer_free(&payload, bus->state);
    }
    log_refusal(bus->state, message, status, &problem);
    return status;
}

/* Returns why a call of these settings cannot be sent, or CATGA_OK. */
static catga_status check_settings(catga_bus *bus, const catga_message *message,
                                   const catga_call_settings *settings, catga_problem *problem)
{
    if (settings->id.data == NULL || catga_call_id_allowed(message, settings->id))
        return may_send(bus);
    snprintf(problem->text, sizeof problem->text, "%s", CATGA_CALL_ID_RULE);
    return CATGA_INVALID_ARGUMENT;
}

/* Describes the FlatBuffers of the caller, or writes them in the encoding of the message. */
static catga_status take_bytes(catga_bus *bus, const catga_message *message, catga_bytes bytes,
                               catga_encode_buffer *payload)
{
    catga_encode_buffer_wrap(payload, bytes);
    return message->encoding == NULL
               ? CATGA_OK
               : catga_encode_buffer_write(payload, bus->state, message->encoding, message->table,
                                           catga_follow(bytes.data));
}

catga_status catga_send_bytes(catga_bus *bus, const catga_message *message, catga_bytes payload,
                              const catga_call_settings *settings,
                              catga_deliver_function *deliver_function, catga_function callback,
                              void *user, catga_problem *problem)
{
    catga_encode_buffer encoded;
    recipient to = {deliver_function, callback, user};

    problem->text[0] = '\0';
    catga_status status = check_settings(bus, message, settings, problem);
    if (status == CATGA_OK)
        status = take_bytes(bus, message, payload, &encoded);
    if (status == CATGA_OK) {
        status = send_payload(bus, message, settings, &encoded, to, problem);
        catga_encode_buffer_free(&encoded, bus->state);
    } else {
        catga_hook_send_refused(bus, message, status);
    }
    log_refusal(bus->state, message, status, problem);
    return status;
}

/* Adapts the callback of an event, which gets no table. */
static void deliver_published(catga_function callback, catga_status status, const uint8_t *table,
                              const catga_error *error, void *user)
{
    (void)table;
    ((catga_published *)callback)(status, error, user);
}

catga_status catga_publish_async(catga_bus *bus, const catga_message *message, const void *input,
                                 catga_published *callback, void *user)
{
    return catga_send(bus, message, input, deliver_published, (catga_function)callback, user);
}

catga_status catga_publish_stored_async(catga_bus *bus, const catga_message *message,
                                        const void *input, catga_published_at *callback, void *user)
{
    return catga_send(bus, message, input, NULL, (catga_function)callback, user);
}
