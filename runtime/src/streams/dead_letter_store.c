/* Stores dead letters; see dead_letter_store.h. */
#include "streams/dead_letter_store.h"

#include "bus/envelope.h"
#include "bus/subject.h"
#include "claims/claim_record.h"
#include "client/exchange.h"
#include "streams/stream_names.h"

#include <inttypes.h>
#include <stdio.h>

enum { DEAD_LETTER_ID = CATGA_STREAM_NAME + CATGA_CONSUMER_NAME + 48, NUMBER = 24, HEADERS = 10 };

/* The names of a dead letter: its streams, consumer and subject. */
typedef struct names {
    char stream[CATGA_STREAM_NAME];
    char dead_stream[CATGA_STREAM_NAME];
    char consumer[CATGA_CONSUMER_NAME];
    char subject[CATGA_STORED_SUBJECT];
    char id[DEAD_LETTER_ID];
} names;

/*
 * Writes the names. The id names the stored event, so the server drops a second copy of a dead
 * letter whose ack was lost. The message id would not do: two stored events may share it.
 */
static bool put_names(const catga_endpoint *endpoint, const catga_incoming *event, names *to)
{
    const catga_bus_state *state = endpoint->service_instance->state;
    const catga_stream *stream = endpoint->handler->message->delivery->stream;

    if (!catga_names_stream(state, stream, to->stream) ||
        !catga_names_dead_letter_stream(state, stream, to->dead_stream) ||
        !catga_names_consumer(state, endpoint->service_instance->service, endpoint->handler,
                              to->consumer) ||
        !catga_names_dead_letter_subject(state, stream, to->consumer, to->subject))
        return false;
    snprintf(to->id, sizeof to->id, "%s.%s.%" PRIu64 ".%" PRId64, to->stream, to->consumer,
             event->sequence, event->stored_ns);
    return true;
}

/* Returns a header of the event if it is a valid value of limited length, else an empty text. */
static catga_string peer_header(const catga_bus_state *state, const catga_incoming *event,
                                const char *name)
{
    const catga_string none = {NULL, 0};
    catga_string text = catga_str(state->operations->header(event, name));
    bool fits = text.length <= CATGA_CORRELATION_MAX && catga_is_header_value(text);

    return fits ? text : none;
}

static void add_header(catga_outgoing *letter, catga_header *headers, const char *name,
                       catga_string value)
{
    if (value.length != 0)
        headers[letter->header_count++] = (catga_header){name, value.data};
}

/* Stores the dead letter without the event's bytes, which leave no room for the headers. */
static catga_status store_without_bytes(catga_bus_state *state, catga_outgoing *letter,
                                        catga_header *headers, int64_t deadline,
                                        catga_problem *problem)
{
    char omitted[NUMBER];

    snprintf(omitted, sizeof omitted, "%zu", letter->length);
    headers[letter->header_count++] = (catga_header){CATGA_HEADER_OMITTED, omitted};
    letter->data = NULL;
    letter->length = 0;
    return catga_exchange_store(state, letter, deadline, NULL, problem);
}

catga_status catga_dead_letter_store(const catga_endpoint *endpoint, const catga_incoming *event,
                                     uint32_t attempts, const char *cause, int64_t deadline,
                                     catga_problem *problem)
{
    catga_bus_state *state = endpoint->service_instance->state;
    catga_string id = peer_header(state, event, CATGA_HEADER_ID);
    catga_string correlation = peer_header(state, event, CATGA_HEADER_CORRELATION);
    char attempts_text[NUMBER], sequence[NUMBER];
    catga_trace_headers trace;
    names of;
    catga_header headers[HEADERS] = {{CATGA_HEADER_ID, of.id},
                                     {CATGA_HEADER_CAUSE, cause},
                                     {CATGA_HEADER_ATTEMPTS, attempts_text},
                                     {CATGA_HEADER_SEQUENCE, sequence},
                                     {CATGA_HEADER_SUBJECT, event->subject.data}};
    catga_outgoing letter = {.subject = of.subject,
                             .data = event->data,
                             .length = event->length,
                             .headers = headers,
                             .header_count = 5};

    if (!put_names(endpoint, event, &of))
        return CATGA_INVALID_ARGUMENT;
    letter.stream = catga_stream_hash(catga_str(of.dead_stream));
    snprintf(attempts_text, sizeof attempts_text, "%" PRIu32, attempts);
    snprintf(sequence, sizeof sequence, "%" PRIu64, event->sequence);
    add_header(&letter, headers, CATGA_HEADER_ORIGINAL, id);
    add_header(&letter, headers, CATGA_HEADER_CORRELATION,
               correlation.length != 0 ? correlation : id);
    catga_trace_headers_read(&trace, state->operations, event);
    catga_trace_headers_add(&trace, &letter, headers);
    catga_status status = catga_exchange_store(state, &letter, deadline, NULL, problem);
    return status == CATGA_TOO_LARGE
               ? store_without_bytes(state, &letter, headers, deadline, problem)
               : status;
}
