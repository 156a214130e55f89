/* Lists, replays and removes dead letters. */
#include "bus/status.h"
#include "bus/trace_headers.h"
#include "claims/claim_record.h"
#include "client/exchange.h"
#include "streams/dead_letter_store.h"
#include "streams/stream_names.h"
#include "transport/capability.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* The names of a stream under the prefix of this bus. */
typedef struct stream_names {
    catga_stream events;
    char dead[CATGA_STREAM_NAME];
    char subjects[CATGA_STORED_SUBJECT]; /* prefix of the subjects of its dead letters */
} stream_names;

static catga_status find_names(const catga_bus_state *state, const char *stream, stream_names *at)
{
    at->events = (catga_stream){.name = stream};
    if (!catga_names_is_stream(stream) ||
        !catga_names_dead_letter_stream(state, &at->events, at->dead) ||
        !catga_names_dead_letter_subject(state, &at->events, "", at->subjects))
        return CATGA_INVALID_ARGUMENT;
    return CATGA_OK;
}

/* ---- Reading ---- */

static catga_string header(const catga_bus_state *state, const catga_incoming *message,
                           const char *name)
{
    return catga_str(state->operations->header(message, name));
}

static uint64_t number_of(catga_string text)
{
    return text.data == NULL ? 0 : strtoull(text.data, NULL, 10);
}

static catga_string handler_of(const stream_names *at, catga_string subject)
{
    size_t length = strlen(at->subjects);

    if (subject.length < length || memcmp(subject.data, at->subjects, length) != 0)
        return (catga_string){"", 0};
    return (catga_string){subject.data + length, subject.length - length};
}

static catga_dead_letter letter_of(const catga_bus_state *state, const stream_names *at,
                                   const catga_incoming *message)
{
    return (catga_dead_letter){
        .number = message->sequence,
        .handler = handler_of(at, message->subject),
        .cause = header(state, message, CATGA_HEADER_CAUSE),
        .attempts = (uint32_t)number_of(header(state, message, CATGA_HEADER_ATTEMPTS)),
        .subject = header(state, message, CATGA_HEADER_SUBJECT),
        .sequence = number_of(header(state, message, CATGA_HEADER_SEQUENCE)),
        .message_id = header(state, message, CATGA_HEADER_ORIGINAL),
        .correlation_id = header(state, message, CATGA_HEADER_CORRELATION),
        .data = {message->data, message->length},
        .omitted = number_of(header(state, message, CATGA_HEADER_OMITTED)),
    };
}

static void report(catga_bus_state *state, const stream_names *at, catga_status status,
                   const catga_problem *problem)
{
    if (problem->text[0] != '\0')
        catga_log(&state->settings.logger, CATGA_LOG_WARNING,
                  "dead letters: cannot use stream %s: " CATGA_REASON, at->dead,
                  CATGA_REASON_OF(status, *problem));
}

catga_status catga_dead_letters(catga_bus *bus, const char *stream, uint64_t first,
                                catga_dead_letter_function *visit, void *user)
{
    catga_bus_state *state = bus->state;
    catga_problem problem = {""};
    stream_names at;
    catga_status status = catga_bus_may_use(bus);

    if (status == CATGA_OK)
        status = find_names(state, stream, &at);
    if (status != CATGA_OK)
        return status;
    for (uint64_t number = first == 0 ? 1 : first; status == CATGA_OK;) {
        catga_incoming message;
        status = catga_transport_get_stored(state->transport, at.dead, number, &message, &problem);
        if (status != CATGA_OK)
            break;
        catga_dead_letter letter = letter_of(state, &at, &message);
        number = letter.number + 1;
        bool more = visit(&letter, user);
        state->operations->release(&message);
        if (!more)
            return CATGA_OK;
    }
    report(state, &at, status, &problem);
    return status == CATGA_NOT_FOUND ? CATGA_OK : status;
}

/* ---- Replaying ---- */

/*
 * Adds headers to a replay. An event that was too large to copy has room only for its own headers.
 */
static void add_headers(catga_outgoing *request, catga_header *headers,
                        const catga_dead_letter *letter, const char *sequence)
{
    bool has_id = letter->message_id.length != 0;
    bool is_copied = letter->omitted == 0;

    if (has_id)
        headers[request->header_count++] = (catga_header){CATGA_HEADER_ID, letter->message_id.data};
    if (is_copied || !has_id)
        headers[request->header_count++] = (catga_header){CATGA_HEADER_SEQUENCE, sequence};
    if (is_copied && letter->subject.length != 0)
        headers[request->header_count++] =
            (catga_header){CATGA_HEADER_SUBJECT, letter->subject.data};
    if (is_copied && letter->correlation_id.length != 0)
        headers[request->header_count++] =
            (catga_header){CATGA_HEADER_CORRELATION, letter->correlation_id.data};
}

static catga_status ask_handler(catga_bus_state *state, const stream_names *at,
                                const catga_dead_letter *letter, const catga_incoming *event,
                                int timeout_ms, catga_problem *problem)
{
    char handler[CATGA_CONSUMER_NAME];
    char subject[CATGA_STORED_SUBJECT];
    char sequence[24];
    catga_header headers[4 + CATGA_TRACE_HEADERS];
    catga_trace_headers trace;
    catga_outgoing request = {.subject = subject,
                              .data = event->data,
                              .length = event->length,
                              .headers = headers,
                              .sender_waits = true};

    if (letter->handler.length == 0 || letter->handler.length >= sizeof handler)
        return CATGA_NO_RESPONDERS;
    memcpy(handler, letter->handler.data, letter->handler.length);
    handler[letter->handler.length] = '\0';
    if (!catga_names_replay_subject(state, &at->events, handler, subject))
        return CATGA_INVALID_ARGUMENT;
    snprintf(sequence, sizeof sequence, "%" PRIu64, letter->sequence);
    add_headers(&request, headers, letter, sequence);
    catga_trace_headers_read(&trace, state->operations, event);
    catga_trace_headers_add(&trace, &request, headers);
    request.deadline_ns = catga_clock_now() + timeout_ms * CATGA_MILLISECOND;
    return catga_exchange_request(state, &request, request.deadline_ns, problem);
}

/* Gets the message of that sequence number, which the caller releases. */
static catga_status find_message(catga_bus_state *state, const char *stream, uint64_t number,
                                 catga_incoming *message, catga_problem *problem)
{
    if (number == 0)
        return CATGA_NOT_FOUND;
    catga_status status =
        catga_transport_get_stored(state->transport, stream, number, message, problem);
    if (status != CATGA_OK || message->sequence == number)
        return status;
    state->operations->release(message);
    return CATGA_NOT_FOUND;
}

/* Gets the dead letter of that number, which the caller releases. */
static catga_status find(catga_bus_state *state, const char *stream, uint64_t number,
                         stream_names *at, catga_incoming *message, catga_problem *problem)
{
    catga_status status = find_names(state, stream, at);

    return status == CATGA_OK ? find_message(state, at->dead, number, message, problem) : status;
}

/*
 * Returns whether the event is that of the dead letter. A recreated stream reuses sequence numbers.
 */
static bool is_original(const catga_bus_state *state, const catga_dead_letter *letter,
                        const catga_incoming *event)
{
    return event->length == letter->omitted &&
           catga_string_equal(event->subject, letter->subject) &&
           catga_string_equal(header(state, event, CATGA_HEADER_ID), letter->message_id);
}

/* Replays a dead letter without bytes: the event is still in its stream, unless that dropped it. */
static catga_status replay_original(catga_bus_state *state, const stream_names *at,
                                    const catga_dead_letter *letter, int timeout_ms,
                                    catga_problem *problem)
{
    char stream[CATGA_STREAM_NAME];
    catga_incoming event;

    if (!catga_names_stream(state, &at->events, stream))
        return CATGA_INVALID_ARGUMENT;
    catga_status status = find_message(state, stream, letter->sequence, &event, problem);
    if (status == CATGA_OK) {
        status = is_original(state, letter, &event)
                     ? ask_handler(state, at, letter, &event, timeout_ms, problem)
                     : CATGA_NOT_FOUND;
        state->operations->release(&event);
    }
    if (status == CATGA_NOT_FOUND)
        snprintf(problem->text, sizeof problem->text,
                 "the event, which was too large to be copied, is gone from its stream "
                 "(stream=%.64s, sequence=%" PRIu64 ")",
                 stream, letter->sequence);
    return status;
}

static catga_status replay(catga_bus_state *state, const stream_names *at,
                           const catga_incoming *message, int timeout_ms, catga_problem *problem)
{
    const catga_dead_letter letter = letter_of(state, at, message);

    return letter.omitted == 0 ? ask_handler(state, at, &letter, message, timeout_ms, problem)
                               : replay_original(state, at, &letter, timeout_ms, problem);
}

/* Removes a dead letter. Another replay may have removed it meanwhile. */
static catga_status remove_replayed(catga_bus_state *state, const char *dead, uint64_t number,
                                    catga_problem *problem)
{
    catga_status status = state->transport->streams->erase(state->transport, dead, number, problem);

    if (status != CATGA_NOT_FOUND)
        return status;
    problem->text[0] = '\0';
    return CATGA_OK;
}

catga_status catga_dead_letter_replay(catga_bus *bus, const char *stream, uint64_t number,
                                      int timeout_ms, catga_problem *problem)
{
    catga_bus_state *state = bus->state;
    catga_problem unwanted;
    catga_incoming message;
    stream_names at;

    if (problem == NULL)
        problem = &unwanted;
    problem->text[0] = '\0';
    if (timeout_ms <= 0)
        return CATGA_INVALID_ARGUMENT;
    catga_status status = catga_bus_may_wait(bus);
    if (status == CATGA_OK)
        status = find(state, stream, number, &at, &message, problem);
    if (status != CATGA_OK)
        return status;
    status = replay(state, &at, &message, timeout_ms, problem);
    state->operations->release(&message);
    if (status != CATGA_OK && status != CATGA_ALREADY_DONE)
        return status;
    catga_status removed = remove_replayed(state, at.dead, number, problem);
    return status == CATGA_OK ? removed : status;
}

catga_status catga_dead_letter_remove(catga_bus *bus, const char *stream, uint64_t number)
{
    catga_bus_state *state = bus->state;
    catga_problem problem = {""};
    catga_incoming message;
    stream_names at;
    catga_status status = catga_bus_may_use(bus);

    if (status != CATGA_OK)
        return status;
    status = find(state, stream, number, &at, &message, &problem);
    if (status == CATGA_OK) {
        state->operations->release(&message);
        status = state->transport->streams->erase(state->transport, at.dead, number, &problem);
    }
    report(state, &at, status, &problem);
    return status;
}
