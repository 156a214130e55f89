/* Creates the streams of stored events; see streams.h. */
#include "streams/streams.h"

#include "bus/envelope.h"
#include "bus/status.h"
#include "streams/stream_names.h"
#include "transport/capability.h"

enum { SUBJECTS_MAX = 256 };

static catga_status ensure(catga_bus_state *state, const char *name, const char *const *subjects,
                           size_t count, uint32_t window_ms, catga_problem *problem)
{
    const catga_stream_settings settings = {.name = name,
                                            .subjects = subjects,
                                            .subject_count = count,
                                            .max_age_ns = CATGA_STREAM_MAX_AGE,
                                            .window_ns = window_ms * CATGA_MILLISECOND,
                                            .replicas = (unsigned)state->settings.replicas,
                                            .compared = CATGA_STREAM_DELIVERY};
    catga_status status = catga_transport_ensure_stream(state->transport, &settings, problem);

    if (status != CATGA_OK)
        catga_log_limited(&state->settings.logger, &state->unprepared,
                          catga_status_is_transient(status) ? CATGA_LOG_WARNING : CATGA_LOG_ERROR,
                          "streams: cannot use stream %s: " CATGA_REASON, name,
                          CATGA_REASON_OF(status, *problem));
    return status;
}

static catga_status ensure_events(catga_bus_state *state, const catga_stream *stream,
                                  const char *name, catga_problem *problem)
{
    catga_envelope envelopes[SUBJECTS_MAX]; /* hold the subjects of another prefix */
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

catga_status catga_streams_prepare_dead_letters(catga_bus_state *state, const catga_stream *stream)
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

bool catga_streams_is_prepared(const catga_bus_state *state, const catga_stream *stream)
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

/* Stands for a stream that was prepared, and is deleted. */
static const catga_stream forgotten;

/* Notes that a stream is prepared. Streams beyond CATGA_STREAMS are verified each time. */
static void note_prepared(catga_bus_state *state, const catga_stream *stream)
{
    for (size_t i = 0; i < CATGA_STREAMS; i++) {
        const catga_stream *known = atomic_load(&state->streams[i]);
        if (known != NULL && known != &forgotten)
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

void catga_streams_forget(catga_bus_state *state, const char *name)
{
    pthread_mutex_lock(&state->preparing);
    for (size_t i = 0; i < CATGA_STREAMS; i++) {
        const catga_stream *known = atomic_load(&state->streams[i]);
        if (known != NULL && known != &forgotten && strcmp(known->name, name) == 0)
            atomic_store(&state->streams[i], &forgotten);
    }
    pthread_mutex_unlock(&state->preparing);
}
