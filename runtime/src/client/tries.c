/* Sends the tries of calls; see tries.h. */
#include "client/tries.h"

#include "client/address.h"
#include "observe/hooks.h"
#include "streams/stream_names.h"
#include "streams/streams.h"

#include <stdio.h>

/* Retries of a stored event. They share one id and the time of the event. */
enum { STORE_RETRIES = 9 };

/* ---- Beginning ---- */

void catga_tries_plan(const catga_bus_state *state, catga_pending *call,
                      const catga_retry_plan *plan)
{
    uint64_t random =
        catga_pending_token(call) * UINT64_C(0x9e3779b97f4a7c15) ^ state->message_ids.key[0];

    catga_retry_init(&call->request.retry, plan, random);
}

/* Returns the deadline of the message, or an earlier one: of the sender, or of the message that is
 * handled. */
static int64_t find_deadline(catga_request *request, const catga_bus *bus,
                             const catga_message *message, uint32_t timeout_ms)
{
    request->bounded = timeout_ms != 0 && timeout_ms < message->timeout_ms;
    int64_t allowed_ms = request->bounded ? timeout_ms : message->timeout_ms;
    int64_t deadline = request->began + allowed_ms * CATGA_MILLISECOND;
    if (bus->context == NULL || bus->context->deadline >= deadline)
        return deadline;
    request->bounded = true;
    return bus->context->deadline;
}

/* Completes the envelope and plans the tries. */
static void plan(catga_pending *call, const catga_bus *bus, const catga_message *message,
                 const catga_call_settings *settings, bool has_callback)
{
    catga_bus_state *state = bus->state;
    catga_request *request = &call->request;
    catga_outgoing *outgoing = &request->envelope.outgoing;
    bool stored = message->delivery != NULL;

    request->message = message;
    request->kind = NULL;
    request->began = catga_clock_now();
    if (message->kind == CATGA_COMMAND || stored)
        catga_envelope_add_id(&request->envelope, &state->message_ids);
    outgoing->first_ns = request->began;
    if (settings != NULL && settings->id.data != NULL) {
        catga_envelope_set_id(&request->envelope, settings->id);
        outgoing->first_ns = 0;
    }
    if (settings != NULL && settings->after != NULL) {
        outgoing->expects = true;
        outgoing->expected = *settings->after;
    }
    outgoing->deadline_ns =
        find_deadline(request, bus, message, settings == NULL ? 0 : settings->timeout_ms);
    outgoing->sender_waits = !has_callback;
    if (stored)
        outgoing->stream = catga_names_stream_hash(state, message->delivery->stream);
    catga_tries_plan(
        state, call,
        &(catga_retry_plan){.is_repeatable =
                                message->kind == CATGA_QUERY || stored || message->claims != NULL,
                            .retries = stored ? STORE_RETRIES : message->retries,
                            .pauses = {message->backoff_ms, message->backoff_longest_ms},
                            .deadline = outgoing->deadline_ns});
}

catga_status catga_tries_begin(const catga_bus *bus, const catga_message *message,
                               const catga_call_settings *settings, bool has_callback,
                               const catga_encode_buffer *payload, catga_pending **claimed,
                               catga_problem *problem)
{
    catga_bus_state *state = bus->state;
    catga_status status = has_callback ? catga_bus_may_send(bus) : catga_bus_may_wait(bus);

    if (status != CATGA_OK)
        return status;
    catga_pending *call = catga_calls_claim(&state->calls);
    if (call == NULL) {
        snprintf(problem->text, sizeof problem->text, "too many calls are pending (in_flight=%d)",
                 state->settings.in_flight);
        return CATGA_OVERLOADED;
    }
    status = catga_address(&call->request.envelope, bus, message, payload, problem);
    if (status != CATGA_OK) {
        catga_calls_free(&state->calls, call);
        return status;
    }
    plan(call, bus, message, settings, has_callback);
    *claimed = call;
    return CATGA_OK;
}

/* ---- The result of a try ---- */

/*
 * Returns the time of an event. Reading the clock takes a tenth of a call inside the process, so it
 * is avoided where the time is known or does not matter.
 */
static int64_t time_of(const catga_pending *call, const catga_call_event *event,
                       catga_status status)
{
    bool is_success = event->answered && status == CATGA_OK;

    return event->kind == CATGA_RETRY_BEGIN || is_success ? call->request.began : catga_clock_now();
}

/* Explains why a try was not sent, or was refused. */
static void explain_unsent(catga_bus_state *state, const catga_pending *call,
                           catga_outcome *outcome)
{
    if (call->request.retry.phase == CATGA_RETRY_NEW)
        catga_preparer_explain(&state->preparer, call->request.message->delivery->stream,
                               &outcome->problem);
    else if (outcome->status == CATGA_NOT_PERMITTED)
        snprintf(outcome->problem.text, sizeof outcome->problem.text,
                 "no permission to publish to \"%s\"", call->request.envelope.outgoing.subject);
}

/* Returns the event for the rules: an error that is no handler's answer means that nothing ran. */
static catga_retry_event retry_event(const catga_call_event *event, const catga_message *message,
                                     catga_status status)
{
    bool ran_nothing = !event->answered || message->delivery != NULL;

    if (event->kind == CATGA_RETRY_LOST && status == CATGA_TIMEOUT)
        return CATGA_RETRY_REFUSED;
    return event->kind == CATGA_RETRY_RESULT && ran_nothing && status != CATGA_OK
               ? CATGA_RETRY_REFUSED
               : event->kind;
}

/* Applies the rules to an event. Fills in the outcome if the event ends the call. */
static catga_retry_action advance(catga_bus_state *state, catga_pending *call,
                                  const catga_call_event *event, catga_outcome *outcome)
{
    catga_retry *retry = &call->request.retry;

    catga_outcome_read(outcome, state, call->request.message, event);
    if (outcome->answered && call->request.kind != NULL)
        outcome->status = call->request.kind->read(state, call, outcome);
    if (event->kind == CATGA_RETRY_LOST && call->request.kind != NULL)
        outcome->status = CATGA_TIMEOUT; /* of a stream: no answer will come */
    if (event->kind == CATGA_RETRY_RESULT && !event->answered)
        explain_unsent(state, call, outcome);
    catga_retry_action action =
        catga_retry_step(retry, retry_event(event, call->request.message, outcome->status),
                         outcome->status, time_of(call, event, outcome->status));
    if (action != CATGA_RETRY_FINISH)
        catga_outcome_release(outcome, state);
    outcome->status = retry->result;
    return action;
}

/* ---- Observers ---- */

void catga_tries_report(catga_bus_state *state, catga_pending *call, catga_status status,
                        bool bad_reply)
{
    catga_request *request = &call->request;

    catga_hook_send_ends(state, request->message, &request->envelope, request->retry.tries, status,
                         bad_reply, request->began);
}

/* ---- Sending a try ---- */

/* Puts the time that is left into a header, unless it is the time of the schema. */
static void note_time_left(catga_request *request)
{
    int64_t declared = (int64_t)request->message->timeout_ms;
    int64_t left = catga_clock_left_ms(request->retry.deadline, catga_clock_now());

    catga_envelope_set_timeout(&request->envelope, left < declared ? left : declared);
}

static catga_status send_try(catga_bus_state *state, catga_pending *call)
{
    catga_request *request = &call->request;

    if (request->kind != NULL)
        return request->kind->send(state, call);
    if (!request->retry.is_single) /* the runtime's own messages are not observed */
        catga_hook_send_begins(state, request->message, &request->envelope, request->retry.tries);
    request->envelope.outgoing.repeated = request->retry.tries > 1;
    if (request->message->delivery != NULL)
        return state->transport->streams->publish(state->transport, &request->envelope.outgoing,
                                                  catga_pending_token(call));
    if (request->retry.tries > 1 || request->bounded)
        note_time_left(request);
    return state->operations->request(state->transport, &request->envelope.outgoing,
                                      catga_pending_token(call));
}

/* Returns the stream of a stored event; NULL for any other message. */
static const catga_stream *stream_of(const catga_pending *call)
{
    const catga_delivery *delivery = call->request.message->delivery;

    return delivery == NULL ? NULL : delivery->stream;
}

/* Begins a call. The first event of a stream waits until the stream is prepared. */
static catga_retry_action begin(catga_bus_state *state, catga_pending *call, catga_outcome *outcome)
{
    const catga_call_event begins = {.kind = CATGA_RETRY_BEGIN};
    const catga_stream *stream = stream_of(call);

    if (stream != NULL && !catga_streams_is_prepared(state, stream))
        return CATGA_RETRY_WAIT;
    return advance(state, call, &begins, outcome);
}

/* Has the stream prepared without waiting. CATGA_OK: it is prepared already. */
static catga_status await_stream(catga_bus_state *state, catga_pending *call,
                                 catga_call_event *event)
{
    catga_status status = catga_preparer_ask(state, stream_of(call));

    *event = (catga_call_event){.kind = CATGA_RETRY_RESULT, .status = status};
    if (status == CATGA_OK)
        event->kind = CATGA_RETRY_BEGIN;
    return status;
}

/* Sends a try. A stream that is not prepared is prepared meanwhile, for the next try. */
static catga_status send_next(catga_bus_state *state, catga_pending *call, catga_call_event *event)
{
    const catga_stream *stream = stream_of(call);

    if (stream != NULL && !catga_streams_is_prepared(state, stream))
        (void)catga_preparer_ask(state, stream);
    catga_status status = send_try(state, call);
    *event = (catga_call_event){.kind = CATGA_RETRY_RESULT, .status = status};
    return status;
}

/*
 * Opens the call for events and does the action. Returns true if *event already is the next event,
 * false if that will arrive later.
 */
static bool do_action(catga_bus_state *state, catga_pending *call, catga_retry_action action,
                      catga_call_event *event)
{
    bool is_new = call->request.retry.phase == CATGA_RETRY_NEW;

    catga_pending_set_key(call, is_new ? catga_preparer_key(stream_of(call))
                                       : catga_calls_hash(call->request.envelope.outgoing.subject));
    catga_pending_open(call);
    if (is_new)
        return await_stream(state, call, event) != CATGA_IN_PROGRESS && catga_pending_close(call);
    if (action != CATGA_RETRY_SEND)
        return false;
    return send_next(state, call, event) != CATGA_OK && catga_pending_close(call);
}

/* ---- Until the outcome ---- */

void catga_tries_wait(catga_bus_state *state, catga_pending *call, catga_outcome *outcome)
{
    catga_retry_action action = begin(state, call, outcome);
    catga_call_event event;

    while (action != CATGA_RETRY_FINISH) {
        if (!do_action(state, call, action, &event))
            catga_pending_wait(call, call->request.retry.until, &event);
        action = advance(state, call, &event, outcome);
    }
}

/* Does actions until the call waits for an event (true) or ends (false). */
static bool proceed(catga_bus_state *state, catga_pending *call, catga_retry_action action,
                    catga_outcome *outcome)
{
    catga_call_event event;

    while (action != CATGA_RETRY_FINISH) {
        int64_t until = call->request.retry.until;
        if (!do_action(state, call, action, &event)) {
            catga_pending_leave(&state->calls, call, until);
            return true;
        }
        action = advance(state, call, &event, outcome);
    }
    return false;
}

bool catga_tries_start(catga_bus_state *state, catga_pending *call, catga_outcome *outcome)
{
    return proceed(state, call, begin(state, call, outcome), outcome);
}

bool catga_tries_continue(catga_bus_state *state, catga_pending *call,
                          const catga_call_event *event, catga_outcome *outcome)
{
    return proceed(state, call, advance(state, call, event, outcome), outcome);
}
