/*
 * Events, commands and queries on their way out: encoded once, sent, and, when an answer is wanted,
 * driven through the rules of retry.h until there is an outcome.
 */
#include "client/client.h"

#include "base/running.h"
#include "bus/encode_buffer.h"
#include "bus/message_log.h"
#include "bus/status.h"
#include "server/context.h"
#include "streams/stream_names.h"
#include "streams/streams.h"

#include <stdio.h>
#include <stdlib.h>

/* Further tries to store an event: each has a share of its time, and they share one id. */
enum { STORE_RETRIES = 9 };

/* How a call ended, or how one try of it did. */
typedef struct outcome {
    catga_status status;
    const uint8_t *table;
    catga_error error;
    bool answered;
    catga_incoming answer; /* what table and error point into */
    catga_problem problem;
} outcome;

/* An answer, or the reason why a message was not sent, that the caller keeps. */
typedef struct received {
    catga_bus_state *state;
    catga_incoming answer;
    bool answered;
    catga_problem problem;
} received;

size_t catga_received_size(void)
{
    return sizeof(received);
}

/* ---- Addressing ---- */

/* Initialises a message that is sent through `bus`. */
static catga_status address(catga_envelope *envelope, const catga_bus *bus,
                            const catga_message *message)
{
    if (!catga_envelope_begin(envelope, bus->state->prefix, message->subject))
        return CATGA_INVALID_ARGUMENT;
    if (bus->context != NULL)
        catga_envelope_add_correlation(envelope, catga_context_correlation_id(bus->context));
    return CATGA_OK;
}

/* ---- Events that may be lost ---- */

static catga_status publish(catga_bus *bus, const catga_message *message, const void *input,
                            catga_problem *problem)
{
    catga_bus_state *state = bus->state;
    catga_envelope envelope;
    catga_encode_buffer payload;
    catga_status status = catga_bus_may_send(bus);

    if (status == CATGA_OK)
        status = address(&envelope, bus, message);
    if (status == CATGA_OK)
        status = catga_encode_buffer_fill(&payload, state, message->table, input, problem);
    if (status != CATGA_OK)
        return status;
    envelope.outgoing.data = payload.data;
    envelope.outgoing.length = payload.length;
    status = state->operations->publish(state->transport, &envelope.outgoing);
    catga_message_log_sent(state, message, &envelope.outgoing, status);
    catga_encode_buffer_free(&payload, state);
    return status;
}

/* ---- What an answer says ---- */

static catga_status read_error(outcome *out, const char *code,
                               const catga_transport_operations *operations)
{
    const char *error = NULL;

    out->error.code = (uint32_t)strtonum(code, 0, UINT32_MAX, &error);
    out->error.text = catga_str(operations->header(&out->answer, CATGA_HEADER_ERROR_TEXT));
    out->error.name = catga_str(operations->header(&out->answer, CATGA_HEADER_ERROR));
    if (out->error.name.length != 0 && error == NULL)
        return CATGA_DECLARED_ERROR;
    return catga_status_of_code(out->error.code);
}

static catga_status read_answer(outcome *out, catga_bus_state *state, const catga_message *message)
{
    const catga_transport_operations *operations = state->operations;

    if (message->delivery != NULL)
        return operations->stream_published(&out->answer, &out->problem);
    if (out->answer.no_responders)
        return CATGA_NO_RESPONDERS;
    const char *code = operations->header(&out->answer, CATGA_HEADER_ERROR_CODE);
    if (code != NULL)
        return read_error(out, code, operations);
    if (message->result ==
        NULL) /* of a message of the runtime's own: it is answered with nothing */
        return out->answer.length == 0 ? CATGA_OK : CATGA_BAD_MESSAGE;
    catga_status status = catga_verify(message->result, out->answer.data, out->answer.length,
                                       &out->table, &out->problem);
    if (status != CATGA_OK) {
        catga_bus_count(state, CATGA_COUNTER_bad_replies);
        out->error.text = catga_str(out->problem.text); /* and no code: nobody sent one */
    }
    return status;
}

/* Lets go of the answer of a try that is not the outcome. */
static void drop_answer(outcome *out, catga_bus_state *state)
{
    if (out->answered)
        state->operations->release(&out->answer);
    out->answered = false;
}

/* ---- One step of a call ---- */

/*
 * When the event happened. Reading the clock takes a tenth of a call inside the process, so not
 * where it is known.
 */
static int64_t time_of(const catga_pending *call, const catga_call_event *event,
                       catga_status status)
{
    bool success = event->answered && status == CATGA_OK; /* ends the call whatever the time */

    return event->kind == CATGA_RETRY_BEGIN || success ? call->request.began : catga_clock_now();
}

/* Says why a try was not sent, or not taken. */
static void explain_unsent(catga_bus_state *state, const catga_pending *call, outcome *out)
{
    if (call->request.retry.phase == CATGA_RETRY_NEW)
        catga_preparer_explain(&state->preparer, call->request.message->delivery->stream,
                               &out->problem);
    else if (out->status == CATGA_NOT_PERMITTED)
        snprintf(out->problem.text, sizeof out->problem.text, "no permission to publish to \"%s\"",
                 call->request.envelope.outgoing.subject);
}

/* Returns the event for the retry: a result that is no answer of a handler says that nothing ran.
 */
static catga_retry_event retry_event(const catga_call_event *event, const catga_message *message,
                                     catga_status status)
{
    bool ran_nothing = !event->answered || message->delivery != NULL;

    return event->kind == CATGA_RETRY_RESULT && ran_nothing && status != CATGA_OK
               ? CATGA_RETRY_REFUSED
               : event->kind;
}

/* Tells the call's rules what happened; fills in the outcome when that ends the call. */
static catga_retry_action advance(catga_bus_state *state, catga_pending *call,
                                  const catga_call_event *event, outcome *out)
{
    catga_retry *retry = &call->request.retry;

    out->status = event->status;
    out->table = NULL;
    out->error = (catga_error){0};
    out->problem.text[0] = '\0';
    out->answered = event->answered;
    if (event->answered) {
        out->answer = event->answer;
        out->status = read_answer(out, state, call->request.message);
    }
    if (event->kind == CATGA_RETRY_RESULT && !event->answered)
        explain_unsent(state, call, out);
    catga_retry_action action =
        catga_retry_step(retry, retry_event(event, call->request.message, out->status), out->status,
                         time_of(call, event, out->status));
    if (action != CATGA_RETRY_FINISH)
        drop_answer(out, state);
    out->status = retry->result;
    return action;
}

/* The time that is left goes with a try when it is not what the schema says. */
static void note_time_left(catga_request *request)
{
    int64_t declared = (int64_t)request->message->timeout_ms;
    int64_t left = catga_clock_left_ms(request->retry.deadline, catga_clock_now());

    catga_envelope_set_timeout(&request->envelope, left < declared ? left : declared);
}

/* Sends the next try of a call that has been opened. */
static catga_status send_try(catga_bus_state *state, catga_pending *call)
{
    catga_request *request = &call->request;

    if (request->message->delivery != NULL)
        return state->operations->stream_publish(state->transport, &request->envelope.outgoing,
                                                 catga_pending_token(call));
    if (request->retry.tries > 1)
        catga_bus_count(state, CATGA_COUNTER_calls_retried);
    if (request->retry.tries > 1 || request->bounded)
        note_time_left(request);
    return state->operations->request(state->transport, &request->envelope.outgoing,
                                      catga_pending_token(call));
}

/* ---- Starting and ending ---- */

static void plan_tries(const catga_bus_state *state, catga_pending *call, bool repeatable,
                       uint32_t retries, int64_t deadline)
{
    uint64_t random =
        catga_pending_token(call) * UINT64_C(0x9e3779b97f4a7c15) ^ state->message_ids.key[0];
    catga_retry_init(&call->request.retry, repeatable, retries, deadline, random);
}

/* A claimed call about `message`, ready for its first step; what it sends is not encoded yet. */
static catga_status begin(const catga_bus *bus, const catga_message *message, bool has_callback,
                          catga_pending **claimed, catga_problem *problem)
{
    catga_bus_state *state = bus->state;
    catga_status status = has_callback ? catga_bus_may_send(bus) : catga_bus_may_wait(bus);

    if (status != CATGA_OK)
        return status;
    catga_pending *call = catga_calls_claim(&state->calls);
    if (call == NULL) {
        snprintf(problem->text, sizeof problem->text,
                 "as many calls are under way as may be (in_flight=%d)", state->settings.in_flight);
        return CATGA_OVERLOADED;
    }
    catga_request *request = &call->request;
    status = address(&request->envelope, bus, message);
    if (status != CATGA_OK) {
        catga_calls_free(&state->calls, call);
        return status;
    }
    request->began = catga_clock_now();
    int64_t deadline = request->began + (int64_t)message->timeout_ms * CATGA_MILLISECOND;
    request->bounded = bus->context != NULL && bus->context->deadline < deadline;
    if (request->bounded)
        deadline = bus->context->deadline;
    bool stored = message->delivery != NULL;
    if (message->kind == CATGA_COMMAND || stored)
        catga_envelope_add_id(&request->envelope, &state->message_ids);
    request->envelope.outgoing.deadline_ns = deadline;
    request->envelope.outgoing.sender_waits = !has_callback;
    if (stored)
        request->envelope.outgoing.stream =
            catga_names_stream_hash(state, message->delivery->stream);
    request->message = message;
    plan_tries(state, call, message->kind == CATGA_QUERY || stored || message->claims != NULL,
               stored ? STORE_RETRIES : message->retries, deadline);
    *claimed = call;
    return CATGA_OK;
}

static catga_status count_outcome(catga_bus_state *state, const catga_message *message,
                                  catga_status status)
{
    if (message->delivery != NULL) {
        if (status == CATGA_OK)
            catga_bus_count(state, CATGA_COUNTER_published);
        return status;
    }
    catga_bus_count(state, CATGA_COUNTER_calls);
    if (status != CATGA_OK)
        catga_bus_count(state, CATGA_COUNTER_calls_failed);
    return status;
}

/* Completes the error of an outcome that no answer explains. */
static void explain(outcome *out)
{
    bool silent = out->status == CATGA_OK || out->error.code != 0 || out->error.text.length != 0;

    if (silent)
        return;
    out->error.code = catga_status_code(out->status);
    out->error.text = catga_str(out->problem.text[0] != '\0' ? out->problem.text
                                                             : catga_status_text(out->status));
}

/* ---- Between two steps of a call ---- */

/* The stream of an event that is stored; NULL for all else. */
static const catga_stream *stream_of(const catga_pending *call)
{
    const catga_delivery *delivery = call->request.message->delivery;

    return delivery == NULL ? NULL : delivery->stream;
}

/* The first event of a stream is sent when that is known to be there. */
static catga_retry_action first_action(catga_bus_state *state, catga_pending *call, outcome *out)
{
    const catga_call_event begin = {.kind = CATGA_RETRY_BEGIN};
    const catga_stream *stream = stream_of(call);

    if (stream != NULL && !catga_streams_is_prepared(state, stream))
        return CATGA_RETRY_WAIT;
    return advance(state, call, &begin, out);
}

/* Has the stream checked, without waiting; CATGA_OK: it is there. */
static catga_status await_stream(catga_bus_state *state, catga_pending *call,
                                 catga_call_event *event)
{
    catga_status status = catga_preparer_ask(state, stream_of(call));

    *event = (catga_call_event){.kind = CATGA_RETRY_RESULT, .status = status};
    if (status == CATGA_OK)
        event->kind = CATGA_RETRY_BEGIN;
    return status;
}

/* Sends a try. A stream that is not known to be there is checked meanwhile, for a further try. */
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
 * Opens the call and does what the rules said. True when *event is the next event already; false
 * when that is still to come.
 */
static bool do_step(catga_bus_state *state, catga_pending *call, catga_retry_action action,
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

/* ---- A call whose caller waits ---- */

/* Moves what the outcome points into to where it stays until the reply is freed. */
static catga_status keep(catga_bus_state *state, outcome *out, catga_reply *reply)
{
    received *kept = NULL;

    *reply = (catga_reply){0};
    if (out->answered || out->problem.text[0] != '\0') {
        kept = catga_pool_take(&state->received);
        if (kept == NULL) {
            drop_answer(out, state);
            reply->error = (catga_error){.text = catga_str(catga_status_text(CATGA_NO_MEMORY))};
            return CATGA_NO_MEMORY;
        }
        kept->state = state;
        kept->answered = out->answered;
        kept->answer = out->answer;
        if (out->problem.text[0] != '\0')
            kept->problem = out->problem;
    }
    explain(out);
    reply->table = out->table;
    reply->error = out->error;
    if (kept != NULL && out->error.text.data == out->problem.text)
        reply->error.text.data = kept->problem.text;
    reply->received = kept;
    return out->status;
}

/* Drives the call, whose payload is in its envelope, to its end. */
static void drive_waiting(catga_bus_state *state, catga_pending *call, outcome *out)
{
    catga_retry_action action = first_action(state, call, out);
    catga_call_event event;

    while (action != CATGA_RETRY_FINISH) {
        if (!do_step(state, call, action, &event))
            catga_pending_wait(call, call->request.retry.until, &event);
        action = advance(state, call, &event, out);
    }
}

/* `id` is the sender's own, or absent. */
static catga_status call_under(catga_bus *bus, const catga_message *message, catga_string id,
                               const void *input, catga_reply *reply)
{
    catga_bus_state *state = bus->state;
    catga_pending *call;
    catga_encode_buffer payload;
    outcome out;

    out.status = catga_encode_buffer_fill(&payload, state, message->table, input, &out.problem);
    out.answered = false;
    out.table = NULL;
    out.error = (catga_error){0};
    if (out.status != CATGA_OK)
        return count_outcome(state, message, keep(state, &out, reply));
    out.status = begin(bus, message, false, &call, &out.problem);
    if (out.status == CATGA_OK) {
        if (id.data != NULL)
            catga_envelope_set_id(&call->request.envelope, id);
        call->request.envelope.outgoing.data = payload.data;
        call->request.envelope.outgoing.length = payload.length;
        drive_waiting(state, call, &out);
        catga_message_log_sent(state, message, &call->request.envelope.outgoing, out.status);
        catga_calls_free(&state->calls, call);
    }
    catga_encode_buffer_free(&payload, state);
    return count_outcome(state, message, keep(state, &out, reply));
}

catga_status catga_call(catga_bus *bus, const catga_message *message, const void *input,
                        catga_reply *reply)
{
    const catga_string none = {NULL, 0};

    return call_under(bus, message, none, input, reply);
}

catga_status catga_call_with_id(catga_bus *bus, const catga_message *message, catga_string id,
                                const void *input, catga_reply *reply)
{
    outcome out = {.status = CATGA_INVALID_ARGUMENT,
                   .problem = {"an id is 1 to 64 of A-Z a-z 0-9 _ -"}};

    if (message->claims == NULL || !catga_is_token(id))
        return count_outcome(bus->state, message, keep(bus->state, &out, reply));
    return call_under(bus, message, id, input, reply);
}

void catga_received_free(void *memory)
{
    received *kept = memory;

    if (kept == NULL)
        return;
    if (kept->answered)
        kept->state->operations->release(&kept->answer);
    catga_pool_give(&kept->state->received, kept);
}

/* ---- Events that are stored ---- */

/* Smaller events leave room under every limit that a server has in practice. */
enum { SMALL_EVENT = 4096 };

/* A dead letter has the event's bytes and more headers. Half of a limit that is very low is enough.
 */
static catga_status leave_room(catga_bus_state *state, const catga_message *message, size_t length,
                               catga_problem *problem)
{
    const catga_delivery *delivery = message->delivery;

    if (delivery == NULL || !delivery->dead_letter || length <= SMALL_EVENT)
        return CATGA_OK;
    size_t limit = state->operations->max_payload(state->transport);
    size_t room = limit / 2 < CATGA_DEAD_LETTER_ROOM ? limit / 2 : CATGA_DEAD_LETTER_ROOM;
    if (length <= limit - room)
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text,
             "the event has %zu bytes and may have %zu: its dead letter needs %zu for headers "
             "(max_payload=%zu)",
             length, limit - room, room, limit);
    return CATGA_TOO_LARGE;
}

/* Ends a call that its caller has driven; what it points to is gone then. */
static catga_status conclude(catga_bus_state *state, catga_pending *call, outcome *out,
                             catga_problem *problem)
{
    catga_calls_free(&state->calls, call);
    if (out->problem.text[0] != '\0')
        *problem = out->problem;
    drop_answer(out, state);
    return out->status;
}

static catga_status publish_stored(catga_bus *bus, const catga_message *message, const void *input,
                                   catga_problem *problem)
{
    catga_bus_state *state = bus->state;
    catga_pending *call;
    catga_encode_buffer payload;
    outcome out;
    catga_status status = catga_bus_may_wait(bus);

    if (status == CATGA_OK)
        status = catga_encode_buffer_fill(&payload, state, message->table, input, problem);
    if (status != CATGA_OK)
        return status;
    status = leave_room(state, message, payload.length, problem);
    if (status == CATGA_OK)
        status = begin(bus, message, false, &call, problem);
    if (status == CATGA_OK) {
        call->request.envelope.outgoing.data = payload.data;
        call->request.envelope.outgoing.length = payload.length;
        drive_waiting(state, call, &out);
        catga_message_log_sent(state, message, &call->request.envelope.outgoing, out.status);
        status = conclude(state, call, &out, problem);
    }
    catga_encode_buffer_free(&payload, state);
    if (status == CATGA_OK)
        catga_bus_count(state, CATGA_COUNTER_published);
    return status;
}

/* Sends what is complete, as a message of that sort, and waits for what becomes of it. */
static catga_status exchange(catga_bus_state *state, const catga_message *sort,
                             const catga_outgoing *message, uint32_t retries, int64_t deadline,
                             catga_problem *problem)
{
    catga_pending *call = catga_calls_claim(&state->calls);
    outcome out;

    if (call == NULL)
        return CATGA_OVERLOADED;
    call->request.message = sort;
    call->request.envelope.outgoing = *message;
    call->request.began = catga_clock_now();
    call->request.bounded = false;
    plan_tries(state, call, sort->delivery != NULL, retries, deadline);
    call->request.retry.is_single = true;
    drive_waiting(state, call, &out);
    if (out.error.text.length != 0)
        snprintf(out.problem.text, sizeof out.problem.text, "%.*s", CATGA_PRINT(out.error.text));
    return conclude(state, call, &out, problem);
}

catga_status catga_client_store(catga_bus_state *state, const catga_outgoing *message,
                                int64_t deadline, catga_problem *problem)
{
    static const catga_delivery stored;
    static const catga_message event = {.kind = CATGA_EVENT, .delivery = &stored};

    return exchange(state, &event, message, 0, deadline, problem);
}

catga_status catga_client_ask(catga_bus_state *state, const catga_outgoing *message,
                              int64_t deadline, catga_problem *problem)
{
    static const catga_message request = {.kind = CATGA_COMMAND};

    return exchange(state, &request, message, 0, deadline, problem);
}

catga_status catga_publish(catga_bus *bus, const catga_message *message, const void *input)
{
    catga_problem problem;

    problem.text[0] = '\0';
    catga_status status = message->delivery == NULL ? publish(bus, message, input, &problem)
                                                    : publish_stored(bus, message, input, &problem);
    if (status != CATGA_OK)
        catga_log_limited(&bus->state->settings.logger, &bus->state->unpublished, CATGA_LOG_WARNING,
                          "client: cannot publish %s: %s%s%s", message->table->name,
                          catga_status_text(status), problem.text[0] != '\0' ? ": " : "",
                          problem.text);
    return status;
}

/* ---- A call with a callback ---- */

static void free_sent(catga_bus_state *state, catga_pending *call)
{
    catga_retained_end(&call->request.copy, &state->retained, call->index);
    catga_calls_free(&state->calls, call);
}

/* Ends the call; its slot is free before the callback runs, which may make the next call. */
static void deliver(catga_bus_state *state, catga_pending *call, outcome *out)
{
    catga_deliver_function *function = call->request.deliver;
    catga_function callback = call->request.callback;
    void *user = call->request.user;
    const catga_message *message = call->request.message;
    catga_running running;

    catga_message_log_sent(state, message, &call->request.envelope.outgoing, out->status);
    free_sent(state, call);
    explain(out);
    catga_running_add(&running, state, NULL);
    function(callback, count_outcome(state, message, out->status), out->table, &out->error, user);
    catga_running_remove(&running);
    drop_answer(out, state);
}

/*
 * Does what the rules said, and leaves the call to the next event. False when that was the end, in
 * *out, and the call is still the caller's.
 */
static bool proceed(catga_bus_state *state, catga_pending *call, catga_retry_action action,
                    outcome *out)
{
    catga_call_event event;

    while (action != CATGA_RETRY_FINISH) {
        int64_t until = call->request.retry.until;
        if (!do_step(state, call, action, &event)) {
            catga_pending_leave(&state->calls, call, until);
            return true;
        }
        action = advance(state, call, &event, out);
    }
    return false;
}

void catga_client_drive(void *user, catga_pending *call, const catga_call_event *event)
{
    catga_bus_state *state = user;
    outcome out;

    if (!proceed(state, call, advance(state, call, event, &out), &out))
        deliver(state, call, &out);
}

void catga_client_abandon(catga_bus_state *state)
{
    catga_call_event event;
    catga_pending *call;

    while ((call = catga_calls_take_any(&state->calls, &event)) != NULL) {
        outcome out = {.status = CATGA_CLOSED, .answered = event.answered, .answer = event.answer};
        deliver(state, call, &out);
    }
}

/* Puts the payload where further tries find it; the first try alone may use the sender's. */
static catga_status set_payload(catga_bus_state *state, catga_request *request,
                                const catga_encode_buffer *payload, catga_problem *problem)
{
    catga_outgoing *outgoing = &request->envelope.outgoing;

    outgoing->data = payload->data;
    outgoing->length = payload->length;
    if (request->retry.retries_left == 0 && !request->retry.repeatable)
        return CATGA_OK;
    catga_status status =
        catga_retained_copy(&request->copy, &state->retained, payload->data, payload->length);
    if (status == CATGA_OVERLOADED)
        snprintf(problem->text, sizeof problem->text,
                 "no room for its payload: in_flight_bytes is reached (bytes=%zu, held=%zu, "
                 "in_flight_bytes=%zu)",
                 payload->length, atomic_load(&state->retained.held), state->retained.most);
    outgoing->data = request->copy.bytes;
    return status;
}

/* The call and its first try. */
static catga_status start(catga_bus_state *state, catga_pending *call,
                          const catga_encode_buffer *payload, catga_problem *problem)
{
    catga_status status = set_payload(state, &call->request, payload, problem);
    outcome out;

    if (status == CATGA_OK && !proceed(state, call, first_action(state, call, &out), &out))
        status = out.status;
    if (status != CATGA_OK)
        free_sent(state, call);
    return status;
}

static catga_status prepare(catga_bus *bus, const catga_message *message, const void *input,
                            catga_encode_buffer *payload, catga_pending **call,
                            catga_problem *problem)
{
    catga_status status = catga_bus_may_send(bus);

    if (status == CATGA_OK)
        status = catga_calls_start_timer(&bus->state->calls);
    if (status == CATGA_OK)
        status = catga_encode_buffer_fill(payload, bus->state, message->table, input, problem);
    if (status != CATGA_OK)
        return status;
    status = leave_room(bus->state, message, payload->length, problem);
    if (status == CATGA_OK)
        status = begin(bus, message, true, call, problem);
    if (status != CATGA_OK)
        catga_encode_buffer_free(payload, bus->state);
    return status;
}

catga_status catga_send(catga_bus *bus, const catga_message *message, const void *input,
                        catga_deliver_function *deliver_function, catga_function callback,
                        void *user)
{
    catga_bus_state *state = bus->state;
    catga_pending *call;
    catga_encode_buffer payload;
    catga_problem problem = {""};
    catga_status status = prepare(bus, message, input, &payload, &call, &problem);

    if (status == CATGA_OK) {
        call->request.deliver = deliver_function;
        call->request.callback = callback;
        call->request.user = user;
        status = start(state, call, &payload, &problem);
        catga_encode_buffer_free(&payload, state);
    }
    if ((status == CATGA_OVERLOADED || status == CATGA_TOO_LARGE) && problem.text[0] != '\0')
        catga_log_limited(&state->settings.logger, &state->overloads, CATGA_LOG_WARNING,
                          "calls: refuse %s: %s", message->table->name, problem.text);
    return status == CATGA_OK ? CATGA_OK : count_outcome(state, message, status);
}

/* The callback of an event looks at no table. */
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
