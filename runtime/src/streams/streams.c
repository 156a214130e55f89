/* Creates the streams of stored events; see streams.h. */
#include "streams/streams.h"

#include "bus/envelope.h"
#include "bus/status.h"
#include "streams/stream_names.h"
#include "transport/capability.h"

enum { SUBJECTS_MAX = 256 };

static const catga_declared_stream undeclared;

/* ---- Settings ---- */

static const catga_declared_stream *declared_of(const catga_stream *stream)
{
    return stream->declared == NULL ? &undeclared : stream->declared;
}

int64_t catga_streams_kept_ns(const catga_stream *stream)
{
    int64_t max_age_ns = (int64_t)declared_of(stream)->max_age_ms * CATGA_MILLISECOND;

    return max_age_ns > CATGA_STREAMS_MAX_AGE ? max_age_ns : CATGA_STREAMS_MAX_AGE;
}

unsigned catga_streams_replicas(const catga_bus_state *state, const catga_stream *stream)
{
    uint32_t declared = declared_of(stream)->replicas;

    return declared != 0 ? declared : (unsigned)state->settings.replicas;
}

/* Returns the settings that an existing stream must have: those that are declared, and those
 * without which events can be lost, unless the stream is one that the schema only names. */
static unsigned compared(const catga_declared_stream *declared)
{
    unsigned fields = declared->is_named ? 0 : CATGA_STREAM_DELIVERY;

    fields |= declared->max_age_ms != 0 ? CATGA_STREAM_MAX_AGE : 0;
    fields |= declared->max_bytes != 0 ? CATGA_STREAM_MAX_BYTES : 0;
    fields |= declared->max_messages != 0 ? CATGA_STREAM_MAX_MESSAGES : 0;
    fields |= declared->replicas != 0 ? CATGA_STREAM_REPLICAS : 0;
    fields |= declared->storage != CATGA_STORAGE_UNDECLARED ? CATGA_STREAM_STORAGE : 0;
    fields |= declared->retention != CATGA_RETENTION_UNDECLARED ? CATGA_STREAM_RETENTION : 0;
    return fields;
}

static catga_stream_settings settings_of(const catga_bus_state *state, const catga_stream *stream)
{
    const catga_declared_stream *declared = declared_of(stream);
    int64_t max_age_ns = (int64_t)declared->max_age_ms * CATGA_MILLISECOND;

    return (catga_stream_settings){.window_ns = stream->window_ms * CATGA_MILLISECOND,
                                   .max_age_ns =
                                       max_age_ns != 0 ? max_age_ns : CATGA_STREAMS_MAX_AGE,
                                   .max_bytes = (int64_t)declared->max_bytes,
                                   .max_messages = (int64_t)declared->max_messages,
                                   .replicas = catga_streams_replicas(state, stream),
                                   .in_memory = declared->storage == CATGA_STORAGE_MEMORY,
                                   .work_queue = declared->retention == CATGA_RETENTION_WORK_QUEUE,
                                   .compared = compared(declared)};
}

/* ---- Creating ---- */

static catga_status ensure(catga_bus_state *state, const catga_stream_settings *settings,
                           catga_problem *problem)
{
    catga_status status = catga_transport_ensure_stream(state->transport, settings, problem);

    if (status != CATGA_OK)
        catga_log_limited(&state->settings.logger, &state->unprepared,
                          catga_status_is_transient(status) ? CATGA_LOG_WARNING : CATGA_LOG_ERROR,
                          "streams: cannot use stream %s: " CATGA_REASON, settings->name,
                          CATGA_REASON_OF(status, *problem));
    return status;
}

static catga_status ensure_events(catga_bus_state *state, const catga_stream *stream,
                                  const char *name, catga_problem *problem)
{
    catga_stream_settings settings = settings_of(state, stream);
    catga_envelope envelopes[SUBJECTS_MAX]; /* hold the subjects of another prefix */
    const char *subjects[SUBJECTS_MAX];

    if (stream->subject_count > SUBJECTS_MAX)
        return CATGA_TOO_LARGE;
    for (size_t i = 0; i < stream->subject_count; i++) {
        if (!catga_envelope_begin(&envelopes[i], state->prefix, stream->subjects[i]))
            return CATGA_INVALID_ARGUMENT;
        subjects[i] = envelopes[i].outgoing.subject;
    }
    settings.name = name;
    settings.subjects = subjects;
    settings.subject_count = stream->subject_count;
    return ensure(state, &settings, problem);
}

catga_status catga_streams_prepare_dead_letters(catga_bus_state *state, const catga_stream *stream)
{
    char dead[CATGA_STREAM_NAME];
    char subject[CATGA_STORED_SUBJECT];
    const char *const subjects[] = {subject};
    const catga_stream_settings settings = {.name = dead,
                                            .subjects = subjects,
                                            .subject_count = 1,
                                            .window_ns = stream->window_ms * CATGA_MILLISECOND,
                                            .max_age_ns = CATGA_STREAMS_MAX_AGE,
                                            .replicas = catga_streams_replicas(state, stream),
                                            .compared = CATGA_STREAM_DELIVERY};
    catga_problem problem = {""};

    if (!catga_names_dead_letter_stream(state, stream, dead) ||
        !catga_names_dead_letter_subject(state, stream, "*", subject))
        return CATGA_INVALID_ARGUMENT;
    return ensure(state, &settings, &problem);
}

/* ---- Prepared streams ---- */

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
