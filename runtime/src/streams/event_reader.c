/* Reads stored events in the order of their stream, without a consumer. */
#include "base/running.h"
#include "base/text.h"
#include "bus/decode_buffer.h"
#include "bus/status.h"
#include "server/received.h"
#include "streams/stream_names.h"
#include "streams/streams.h"

#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>

/* A read to the end that gets no event for so long has failed. */
enum { SILENCE_MS = 10000 };

/* The function of the program. */
typedef struct event_visitor {
    catga_visit_event *visit;
    catga_function function;
    void *user;
} event_visitor;

struct catga_event_reader {
    catga_bus_state *state;
    const catga_message *message;
    catga_reading reading;
    event_visitor visitor;
    catga_reader *reader;
    atomic_uint seen; /* events that were visited */
    atomic_bool is_visiting;
    bool ends;   /* at the end of the stored events */
    bool at_end; /* of the reader's thread */
    sem_t caught_up;
};

/* ---- Events ---- */

/* Verifies an event. *decoded is freed afterwards. */
static catga_status open_event(const catga_event_reader *reader, const catga_incoming *incoming,
                               catga_decoded **decoded, const uint8_t **table,
                               catga_problem *problem)
{
    const catga_message *message = reader->message;
    const catga_bytes payload = {incoming->data, incoming->length};

    *decoded = NULL;
    if (message->encoding == NULL && message->keys != NULL)
        return catga_received_verify(message, incoming, table, problem);
    if (message->encoding == NULL)
        return catga_verify(message->table, incoming->data, incoming->length, table, problem);
    catga_status status =
        catga_decode(reader->state, message->encoding, message->table, payload, decoded, problem);
    if (status == CATGA_OK)
        *table = catga_decoded_root(*decoded);
    return status;
}

static void visit(catga_event_reader *reader, const catga_read_event *event, const uint8_t *table)
{
    catga_running running;

    catga_running_add(&running, reader->state, reader, NULL);
    reader->visitor.visit(reader->visitor.function, event, table, reader->visitor.user);
    catga_running_remove(&running);
}

static void receive(void *user, catga_incoming *message, uint64_t pending)
{
    catga_event_reader *reader = user;
    catga_problem problem = {""};
    catga_decoded *decoded;
    const uint8_t *table = CATGA_EMPTY_TABLE;

    atomic_store(&reader->is_visiting, true);
    if (!reader->at_end) {
        catga_status status = open_event(reader, message, &decoded, &table, &problem);
        const catga_read_event event = {.status = status,
                                        .problem = problem.text,
                                        .sequence = message->sequence,
                                        .stored_ns = message->stored_ns,
                                        .subject = message->subject,
                                        .pending = pending};
        visit(reader, &event, status == CATGA_OK ? table : CATGA_EMPTY_TABLE);
        catga_decoded_free(reader->state, decoded);
    }
    atomic_fetch_add(&reader->seen, 1);
    atomic_store(&reader->is_visiting, false);
    reader->state->operations->release(message);
}

static void catch_up(void *user)
{
    catga_event_reader *reader = user;
    catga_running running;

    atomic_store(&reader->is_visiting, true);
    if (reader->reading.caught_up != NULL) {
        catga_running_add(&running, reader->state, reader, NULL);
        reader->reading.caught_up(reader->visitor.user);
        catga_running_remove(&running);
    }
    reader->at_end = reader->ends;
    sem_post(&reader->caught_up);
    atomic_store(&reader->is_visiting, false);
}

/* ---- The subjects ---- */

/* Returns true if a text is a token of a key, or "*". Servers return other characters escaped. */
static bool is_key(catga_string token)
{
    if (token.length == 1 && token.data[0] == '*')
        return true;
    for (size_t i = 0; i < token.length; i++) {
        char c = token.data[i];
        if (c <= ' ' || c >= 0x7f || strchr("*>\"\\<&", c) != NULL)
            return false;
    }
    return token.length > 0;
}

/* Returns true if a text has a token for each key. */
static bool are_keys(const char *text, size_t count)
{
    size_t found = 0;

    for (const char *at = text;; found++) {
        size_t length = strcspn(at, ".");
        if (!is_key((catga_string){at, length}))
            return false;
        if (at[length] == '\0')
            return found + 1 == count;
        at += length + 1;
    }
}

/* Writes the subject of the events to read. */
static bool put_filter(const catga_event_reader *reader, char subject[CATGA_STORED_SUBJECT])
{
    const catga_message *message = reader->message;
    const char *keys = reader->reading.keys;
    catga_envelope envelope;
    const char *subjects = keys == NULL ? catga_message_subjects(message) : message->subject;

    if (keys != NULL && (message->keys == NULL || !are_keys(keys, message->keys->count)))
        return false;
    return catga_envelope_begin(&envelope, reader->state->prefix, subjects) &&
           catga_text_format(subject, CATGA_STORED_SUBJECT, "%s%s%s", envelope.outgoing.subject,
                             keys == NULL ? "" : ".", keys == NULL ? "" : keys);
}

static bool is_valid(const catga_reading *reading)
{
    return (reading->from != CATGA_FROM_SEQUENCE || reading->sequence > 0) &&
           (reading->from != CATGA_FROM_TIME || reading->time_ns > 0) &&
           (unsigned)reading->from <= CATGA_FROM_TIME;
}

/* ---- Begin and end ---- */

static void report(const catga_event_reader *reader, catga_status status,
                   const catga_problem *problem)
{
    if (status != CATGA_OK)
        catga_log(&reader->state->settings.logger, CATGA_LOG_WARNING,
                  "streams: cannot read %s: " CATGA_REASON, reader->message->table->name,
                  CATGA_REASON_OF(status, *problem));
}

/* Begins to read, and creates the stream if it is absent. */
static catga_status begin(catga_event_reader *reader, catga_problem *problem)
{
    static const catga_read_start starts[] = {
        [CATGA_FROM_FIRST] = CATGA_READ_FIRST,
        [CATGA_FROM_LAST_OF_KEYS] = CATGA_READ_LAST_PER_SUBJECT,
        [CATGA_FROM_NEW] = CATGA_READ_NEW,
        [CATGA_FROM_SEQUENCE] = CATGA_READ_FROM_SEQUENCE,
        [CATGA_FROM_TIME] = CATGA_READ_FROM_TIME,
    };
    char subject[CATGA_STORED_SUBJECT];
    char stream[CATGA_STREAM_NAME];
    catga_bus_state *state = reader->state;
    const catga_reading *reading = &reader->reading;
    const catga_stream *of = reader->message->delivery->stream;
    const catga_reader_settings settings = {.stream = stream,
                                            .subject = subject,
                                            .start = starts[reading->from],
                                            .sequence = reading->sequence,
                                            .time_ns = reading->time_ns,
                                            .receive = receive,
                                            .caught_up = catch_up,
                                            .user = reader};

    if (!put_filter(reader, subject) || !catga_names_stream(state, of, stream))
        return CATGA_INVALID_ARGUMENT;
    catga_status status = catga_streams_prepare(state, of, problem);
    if (status != CATGA_OK)
        return status;
    return state->transport->streams->read(state->transport, &settings, &reader->reader, problem);
}

static void free_reader(catga_event_reader *reader)
{
    if (reader == NULL)
        return;
    sem_destroy(&reader->caught_up);
    free(reader);
}

/* Makes a reader, and begins to read. */
static catga_status open_reader(catga_bus *bus, const catga_message *message,
                                const catga_reading *reading, const event_visitor *visitor,
                                bool ends, catga_event_reader **reader)
{
    static const catga_reading all = {.from = CATGA_FROM_FIRST};
    catga_problem problem = {""};

    *reader = NULL;
    catga_status status = catga_bus_may_wait(bus);
    if (status == CATGA_OK && reading != NULL && !is_valid(reading))
        status = CATGA_INVALID_ARGUMENT;
    if (status != CATGA_OK)
        return status;
    catga_event_reader *made = calloc(1, sizeof *made);
    if (made == NULL)
        return CATGA_NO_MEMORY;
    sem_init(&made->caught_up, 0, 0);
    made->state = bus->state;
    made->message = message;
    made->reading = reading == NULL ? all : *reading;
    made->visitor = *visitor;
    made->ends = ends;
    status = begin(made, &problem);
    report(made, status, &problem);
    if (status == CATGA_OK)
        *reader = made;
    else
        free_reader(made);
    return status;
}

catga_status catga_read_events(catga_bus *bus, const catga_message *message,
                               const catga_reading *reading, catga_visit_event *visitor,
                               catga_function function, void *user, catga_event_reader **reader)
{
    return open_reader(bus, message, reading, &(event_visitor){visitor, function, user}, false,
                       reader);
}

void catga_event_reader_stop(catga_event_reader *reader)
{
    if (reader == NULL || catga_process_is_forked(&reader->state->process))
        return;
    if (catga_running_handlers(reader) > 0) {
        catga_log(&reader->state->settings.logger, CATGA_LOG_ERROR,
                  "streams: refuse to stop a reader: its own function called "
                  "catga_event_reader_stop, which would wait for that function");
        return;
    }
    reader->state->transport->streams->end_read(reader->state->transport, reader->reader);
    free_reader(reader);
}

/* ---- Reading to the end ---- */

/* Waits for some time. Returns true if the reader is caught up. */
static bool ends_soon(catga_event_reader *reader)
{
    const struct timespec until =
        catga_clock_timespec(catga_clock_now() + SILENCE_MS * CATGA_MILLISECOND);
    int failure;

    do {
        failure = sem_clockwait(&reader->caught_up, CLOCK_MONOTONIC, &until);
    } while (failure != 0 && errno == EINTR);
    return failure == 0;
}

/* Waits for the end, as long as events arrive or one is visited. */
static catga_status await_end(catga_event_reader *reader)
{
    unsigned seen;

    do {
        seen = atomic_load(&reader->seen);
        if (ends_soon(reader))
            return CATGA_OK;
    } while (atomic_load(&reader->is_visiting) || atomic_load(&reader->seen) != seen);
    return CATGA_TIMEOUT;
}

catga_status catga_read_events_to_end(catga_bus *bus, const catga_message *message,
                                      const catga_reading *reading, catga_visit_event *visitor,
                                      catga_function function, void *user)
{
    const event_visitor wanted = {visitor, function, user};
    catga_event_reader *made;
    catga_status status = open_reader(bus, message, reading, &wanted, true, &made);

    if (status != CATGA_OK)
        return status;
    status = await_end(made);
    made->state->transport->streams->end_read(made->state->transport, made->reader);
    report(made, status, &(catga_problem){""});
    free_reader(made);
    return status;
}
