/* Streams and consumers as a bus names them; see store.h. */
#include "streams/streams.h"

#include "claims/claims.h"
#include "streams/attempts.h"
#include "streams/consume.h"
#include "streams/settling.h"

#include <stdio.h>

/* A broadcast's consumer goes when its replica has been away for so long. */
#define UNUSED (24 * 3600 * CATGA_SECOND)

enum { SUBJECTS_MAX = 256, REPLAYS = 64 };

static bool fits(int length, size_t capacity)
{
    return length >= 0 && (size_t)length < capacity;
}

/* ---- Names ---- */

bool catga_names_prefixed(const catga_bus_state *state, const char *of,
                          char name[CATGA_STREAM_NAME])
{
    if (catga_string_equal(state->prefix, CATGA_STR("catga")))
        return fits(snprintf(name, CATGA_STREAM_NAME, "%s", of), CATGA_STREAM_NAME);
    int length = snprintf(name, CATGA_STREAM_NAME, "%.*s_%s", CATGA_PRINT(state->prefix), of);
    for (size_t i = 0; i < state->prefix.length; i++) {
        if (name[i] >= 'a' && name[i] <= 'z')
            name[i] = (char)(name[i] - 'a' + 'A');
        else if (name[i] == '.')
            name[i] = '_';
    }
    return fits(length, CATGA_STREAM_NAME);
}

bool catga_names_stream(const catga_bus_state *state, const catga_stream *stream,
                        char name[CATGA_STREAM_NAME])
{
    return catga_names_prefixed(state, stream->name, name);
}

/* For each event that is published: the usual name is the schema's. */
uint32_t catga_names_stream_hash(const catga_bus_state *state, const catga_stream *stream)
{
    char name[CATGA_STREAM_NAME];

    if (catga_string_equal(state->prefix, CATGA_STR("catga")))
        return catga_stream_hash(catga_str(stream->name));
    return catga_names_stream(state, stream, name) ? catga_stream_hash(catga_str(name)) : 0;
}

bool catga_names_consumer(const catga_bus_state *state, const catga_service *service,
                          const catga_handler *handler, char name[CATGA_CONSUMER_NAME])
{
    bool broadcast = handler->sharing == CATGA_BROADCAST;
    int length = snprintf(name, CATGA_CONSUMER_NAME, "%s__%s%s%s", service->name, handler->name,
                          broadcast ? "__" : "", broadcast ? state->settings.instance : "");

    return fits(length, CATGA_CONSUMER_NAME);
}

/* PREFIX.WORD.STREAM.LAST */
static bool stored_subject(const catga_bus_state *state, const char *word,
                           const catga_stream *stream, const char *last,
                           char subject[CATGA_STORED_SUBJECT])
{
    char name[CATGA_STREAM_NAME];

    return catga_names_stream(state, stream, name) &&
           fits(snprintf(subject, CATGA_STORED_SUBJECT, "%.*s.%s.%s.%s", CATGA_PRINT(state->prefix),
                         word, name, last),
                CATGA_STORED_SUBJECT);
}

bool catga_names_dead_letter_subject(const catga_bus_state *state, const catga_stream *stream,
                                     const char *consumer, char subject[CATGA_STORED_SUBJECT])
{
    return stored_subject(state, "dead", stream, consumer, subject);
}

bool catga_names_replay_subject(const catga_bus_state *state, const catga_stream *stream,
                                const char *consumer, char subject[CATGA_STORED_SUBJECT])
{
    return stored_subject(state, "replay", stream, consumer, subject);
}

bool catga_names_dead_letter_stream(const catga_bus_state *state, const catga_stream *stream,
                                    char name[CATGA_STREAM_NAME])
{
    return catga_names_stream(state, stream, name) &&
           strlcat(name, "_DEAD", CATGA_STREAM_NAME) < CATGA_STREAM_NAME;
}

/* ---- Streams ---- */

static catga_status ensure(catga_bus_state *state, const char *name, const char *const *subjects,
                           size_t count, uint32_t window_ms, catga_problem *problem)
{
    const catga_stream_settings settings = {.name = name,
                                            .subjects = subjects,
                                            .subject_count = count,
                                            .max_age_ns = CATGA_STREAM_MAX_AGE,
                                            .window_ns = window_ms * CATGA_MILLISECOND,
                                            .replicas = (unsigned)state->settings.replicas};
    catga_status status = state->operations->ensure_stream(state->transport, &settings, problem);

    if (status != CATGA_OK)
        catga_log_limited(&state->settings.logger, &state->unprepared,
                          catga_is_transient(status) ? CATGA_LOG_WARNING : CATGA_LOG_ERROR,
                          "stream %s cannot be used: %s%s%s", name, catga_status_text(status),
                          problem->text[0] != '\0' ? ": " : "", problem->text);
    return status;
}

static catga_status ensure_events(catga_bus_state *state, const catga_stream *stream,
                                  const char *name, catga_problem *problem)
{
    catga_envelope envelopes[SUBJECTS_MAX]; /* where subjects with another prefix are */
    const char *subjects[SUBJECTS_MAX];

    if (stream->subject_count > SUBJECTS_MAX)
        return CATGA_TOO_LARGE;
    for (size_t i = 0; i < stream->subject_count; i++) {
        if (!catga_envelope_begin(&envelopes[i], state->prefix, stream->subjects[i]))
            return CATGA_INVALID_ARGUMENT;
        subjects[i] = envelopes[i].outgoing.subject;
    }
    return ensure(state, name, subjects, stream->subject_count, stream->window_ms, problem);
}

static catga_status ensure_dead_letters(catga_bus_state *state, const catga_stream *stream)
{
    char dead[CATGA_STREAM_NAME];
    char subject[CATGA_STORED_SUBJECT];
    const char *const subjects[] = {subject};
    catga_problem problem = {""};

    if (!catga_names_dead_letter_stream(state, stream, dead) ||
        !catga_names_dead_letter_subject(state, stream, "*", subject))
        return CATGA_INVALID_ARGUMENT;
    return ensure(state, dead, subjects, 1, stream->window_ms, &problem);
}

bool catga_streams_is_prepared(catga_bus_state *state, const catga_stream *stream)
{
    for (size_t i = 0; i < CATGA_STREAMS; i++) {
        const catga_stream *known = atomic_load_explicit(&state->streams[i], memory_order_relaxed);
        if (known == stream)
            return true;
        if (known == NULL)
            return false;
    }
    return false;
}

/* Beyond CATGA_STREAMS a stream is asked for each time. */
static void note_prepared(catga_bus_state *state, const catga_stream *stream)
{
    for (size_t i = 0; i < CATGA_STREAMS; i++) {
        if (atomic_load(&state->streams[i]) != NULL)
            continue;
        atomic_store(&state->streams[i], stream);
        return;
    }
}

catga_status catga_streams_prepare(catga_bus_state *state, const catga_stream *stream,
                                   catga_problem *problem)
{
    char name[CATGA_STREAM_NAME];

    if (catga_streams_is_prepared(state, stream))
        return CATGA_OK;
    if (!catga_names_stream(state, stream, name))
        return CATGA_INVALID_ARGUMENT;
    pthread_mutex_lock(&state->preparing);
    catga_status status = CATGA_OK;
    if (!catga_streams_is_prepared(state, stream)) {
        status = ensure_events(state, stream, name, problem);
        if (status == CATGA_OK)
            note_prepared(state, stream);
    }
    pthread_mutex_unlock(&state->preparing);
    return status;
}

/* ---- Consumers ---- */

/* The handler's workers handle its dead letters again, when someone asks for that. */
static catga_status subscribe_replays(catga_bus_state *state, catga_endpoint *endpoint,
                                      const char *consumer)
{
    char subject[CATGA_STORED_SUBJECT];
    const catga_subscription_options options = {.subject = subject,
                                                .queue_group = consumer,
                                                .pending = REPLAYS,
                                                .receive = catga_consume_dead_letter,
                                                .user = endpoint,
                                                .beside = endpoint->subscription};

    if (!catga_names_replay_subject(state, endpoint->handler->message->delivery->stream, consumer,
                                    subject))
        return CATGA_INVALID_ARGUMENT;
    return state->operations->subscribe(state->transport, &options, &endpoint->replays);
}

catga_status catga_streams_consume(catga_bus_state *state, catga_endpoint *endpoint)
{
    const catga_message *message = endpoint->handler->message;
    const catga_stream *from = message->delivery->stream;
    bool broadcast = endpoint->handler->sharing == CATGA_BROADCAST;
    char stream[CATGA_STREAM_NAME];
    char name[CATGA_CONSUMER_NAME];
    catga_envelope envelope;
    catga_problem problem = {""};

    if (!catga_names_stream(state, from, stream) ||
        !catga_names_consumer(state, endpoint->service_instance->service, endpoint->handler,
                              name) ||
        !catga_envelope_begin(&envelope, state->prefix, message->subject))
        return CATGA_INVALID_ARGUMENT;
    catga_status status = catga_streams_prepare(state, from, &problem);
    if (status == CATGA_OK)
        status = ensure_dead_letters(state, from);
    if (status == CATGA_OK)
        status = catga_claims_prepare(state, message);
    if (status == CATGA_OK && broadcast)
        status = catga_instance_take(&endpoint->service_instance->instance, state,
                                     endpoint->service_instance->service->name);
    if (status == CATGA_OK)
        status = catga_attempts_prepare(state, from);
    if (status == CATGA_OK && !catga_settling_start(state))
        status = CATGA_NO_MEMORY;
    if (status != CATGA_OK)
        return status;
    const catga_consumer_settings settings = {
        .stream = stream,
        .name = name,
        .subject = envelope.outgoing.subject,
        .only_new = broadcast,
        .unused_ns = broadcast ? UNUSED : 0,
        .ack_wait_ns = state->settings.ack_wait_ms * CATGA_MILLISECOND,
        .unacknowledged = (unsigned)state->settings.unacknowledged,
        .workers = endpoint->workers,
        .pending_bytes = (size_t)state->settings.pending_bytes,
        .receive = catga_consume,
        .user = endpoint,
    };
    status =
        state->operations->consume(state->transport, &settings, &endpoint->subscription, &problem);
    if (status == CATGA_OK)
        status = subscribe_replays(state, endpoint, name);
    if (status == CATGA_OK)
        catga_log(&state->settings.logger, CATGA_LOG_INFO,
                  "service: serve %s.%s (subject=%s, stream=%s, consumer=%s)",
                  endpoint->service_instance->service->name, endpoint->handler->name,
                  settings.subject, stream, name);
    else if (!catga_is_transient(status))
        catga_log(&state->settings.logger, CATGA_LOG_ERROR,
                  "service: cannot serve %s: consumer %s: %s%s%s",
                  endpoint->service_instance->service->name, name, catga_status_text(status),
                  problem.text[0] != '\0' ? ": " : "", problem.text);
    return status;
}
