/* Streams and consumers as a bus names them; see store.h. */
#include "bus/store.h"

#include "bus/attempts.h"
#include "bus/claims.h"
#include "bus/consume.h"
#include "bus/settling.h"

#include <stdio.h>

/* A broadcast's consumer goes when its replica has been away for so long. */
#define UNUSED (24 * 3600 * CATGA_SECOND)

enum { SUBJECTS_MAX = 256, REPLAYS = 64 };

static bool fits(int length, size_t capacity)
{
    return length >= 0 && (size_t)length < capacity;
}

/* ---- Names ---- */

bool catga_store_name(const catga_core *core, const char *of, char name[CATGA_STREAM_NAME])
{
    if (catga_string_equal(core->prefix, CATGA_STR("catga")))
        return fits(snprintf(name, CATGA_STREAM_NAME, "%s", of), CATGA_STREAM_NAME);
    int length = snprintf(name, CATGA_STREAM_NAME, "%.*s_%s", CATGA_PRINT(core->prefix), of);
    for (size_t i = 0; i < core->prefix.length; i++) {
        if (name[i] >= 'a' && name[i] <= 'z')
            name[i] = (char)(name[i] - 'a' + 'A');
        else if (name[i] == '.')
            name[i] = '_';
    }
    return fits(length, CATGA_STREAM_NAME);
}

bool catga_store_stream_name(const catga_core *core, const catga_stream *stream,
                             char name[CATGA_STREAM_NAME])
{
    return catga_store_name(core, stream->name, name);
}

/* For each event that is published: the usual name is the schema's. */
uint32_t catga_store_stream_hash(const catga_core *core, const catga_stream *stream)
{
    char name[CATGA_STREAM_NAME];

    if (catga_string_equal(core->prefix, CATGA_STR("catga")))
        return catga_stream_hash(catga_str(stream->name));
    return catga_store_stream_name(core, stream, name) ? catga_stream_hash(catga_str(name)) : 0;
}

bool catga_store_consumer_name(const catga_core *core, const catga_service *service,
                               const catga_handler *handler, char name[CATGA_CONSUMER_NAME])
{
    bool broadcast = handler->sharing == CATGA_BROADCAST;
    int length = snprintf(name, CATGA_CONSUMER_NAME, "%s__%s%s%s", service->name, handler->name,
                          broadcast ? "__" : "", broadcast ? core->settings.instance : "");
    return fits(length, CATGA_CONSUMER_NAME);
}

/* PREFIX.WORD.STREAM.LAST */
static bool stored_subject(const catga_core *core, const char *word, const catga_stream *stream,
                           const char *last, char subject[CATGA_STORED_SUBJECT])
{
    char name[CATGA_STREAM_NAME];
    return catga_store_stream_name(core, stream, name) &&
           fits(snprintf(subject, CATGA_STORED_SUBJECT, "%.*s.%s.%s.%s", CATGA_PRINT(core->prefix),
                         word, name, last),
                CATGA_STORED_SUBJECT);
}

bool catga_store_dead_subject(const catga_core *core, const catga_stream *stream,
                              const char *consumer, char subject[CATGA_STORED_SUBJECT])
{
    return stored_subject(core, "dead", stream, consumer, subject);
}

bool catga_store_replay_subject(const catga_core *core, const catga_stream *stream,
                                const char *consumer, char subject[CATGA_STORED_SUBJECT])
{
    return stored_subject(core, "replay", stream, consumer, subject);
}

bool catga_store_dead_stream_name(const catga_core *core, const catga_stream *stream,
                                  char name[CATGA_STREAM_NAME])
{
    return catga_store_stream_name(core, stream, name) &&
           strlcat(name, "_DEAD", CATGA_STREAM_NAME) < CATGA_STREAM_NAME;
}

/* ---- Streams ---- */

static catga_status ensure(catga_core *core, const char *name, const char *const *subjects,
                           size_t count, uint32_t window_ms, catga_problem *problem)
{
    const catga_stream_settings settings = {.name = name,
                                            .subjects = subjects,
                                            .subject_count = count,
                                            .max_age_ns = CATGA_STORE_KEPT,
                                            .window_ns = window_ms * CATGA_MILLISECOND,
                                            .replicas = (unsigned)core->settings.replicas};
    catga_status status =
        core->operations->ensure_stream(core->transport, &settings, problem);
    if (status != CATGA_OK)
        catga_log_limited(&core->settings.logger, &core->unprepared,
                          catga_store_is_passing(status) ? CATGA_LOG_WARNING : CATGA_LOG_ERROR,
                          "stream %s cannot be used: %s%s%s", name, catga_status_text(status),
                          problem->text[0] != '\0' ? ": " : "", problem->text);
    return status;
}

static catga_status ensure_events(catga_core *core, const catga_stream *stream, const char *name,
                                  catga_problem *problem)
{
    catga_envelope envelopes[SUBJECTS_MAX]; /* where subjects with another prefix are */
    const char *subjects[SUBJECTS_MAX];

    if (stream->subject_count > SUBJECTS_MAX)
        return CATGA_TOO_LARGE;
    for (size_t i = 0; i < stream->subject_count; i++) {
        if (!catga_envelope_begin(&envelopes[i], core->prefix, stream->subjects[i]))
            return CATGA_INVALID_ARGUMENT;
        subjects[i] = envelopes[i].outgoing.subject;
    }
    return ensure(core, name, subjects, stream->subject_count, stream->window_ms, problem);
}

static catga_status ensure_dead_letters(catga_core *core, const catga_stream *stream)
{
    char dead[CATGA_STREAM_NAME];
    char subject[CATGA_STORED_SUBJECT];
    const char *const subjects[] = {subject};
    catga_problem problem = {""};

    if (!catga_store_dead_stream_name(core, stream, dead) ||
        !catga_store_dead_subject(core, stream, "*", subject))
        return CATGA_INVALID_ARGUMENT;
    return ensure(core, dead, subjects, 1, stream->window_ms, &problem);
}

bool catga_store_is_prepared(catga_core *core, const catga_stream *stream)
{
    for (size_t i = 0; i < CATGA_STREAMS; i++) {
        const catga_stream *known =
            atomic_load_explicit(&core->streams[i], memory_order_relaxed);
        if (known == stream)
            return true;
        if (known == NULL)
            return false;
    }
    return false;
}

/* Beyond CATGA_STREAMS a stream is asked for each time. */
static void note_prepared(catga_core *core, const catga_stream *stream)
{
    for (size_t i = 0; i < CATGA_STREAMS; i++) {
        if (atomic_load(&core->streams[i]) != NULL)
            continue;
        atomic_store(&core->streams[i], stream);
        return;
    }
}

catga_status catga_store_prepare(catga_core *core, const catga_stream *stream,
                                 catga_problem *problem)
{
    char name[CATGA_STREAM_NAME];

    if (catga_store_is_prepared(core, stream))
        return CATGA_OK;
    if (!catga_store_stream_name(core, stream, name))
        return CATGA_INVALID_ARGUMENT;
    pthread_mutex_lock(&core->preparing);
    catga_status status = CATGA_OK;
    if (!catga_store_is_prepared(core, stream)) {
        status = ensure_events(core, stream, name, problem);
        if (status == CATGA_OK)
            note_prepared(core, stream);
    }
    pthread_mutex_unlock(&core->preparing);
    return status;
}

/* ---- Consumers ---- */

/* The handler's workers handle its dead letters again, when someone asks for that. */
static catga_status subscribe_replays(catga_core *core, catga_served_handler *entry,
                                      const char *consumer)
{
    char subject[CATGA_STORED_SUBJECT];
    const catga_subscription_options options = {.subject = subject,
                                                .queue_group = consumer,
                                                .pending = REPLAYS,
                                                .receive = catga_consume_dead_letter,
                                                .user = entry,
                                                .beside = entry->subscription};

    if (!catga_store_replay_subject(core, entry->handler->message->delivery->stream, consumer,
                                    subject))
        return CATGA_INVALID_ARGUMENT;
    return core->operations->subscribe(core->transport, &options, &entry->replays);
}

catga_status catga_store_consume(catga_core *core, catga_served_handler *entry)
{
    const catga_message *message = entry->handler->message;
    const catga_stream *from = message->delivery->stream;
    bool broadcast = entry->handler->sharing == CATGA_BROADCAST;
    char stream[CATGA_STREAM_NAME];
    char name[CATGA_CONSUMER_NAME];
    catga_envelope envelope;
    catga_problem problem = {""};

    if (!catga_store_stream_name(core, from, stream) ||
        !catga_store_consumer_name(core, entry->served->service, entry->handler, name) ||
        !catga_envelope_begin(&envelope, core->prefix, message->subject))
        return CATGA_INVALID_ARGUMENT;
    catga_status status = catga_store_prepare(core, from, &problem);
    if (status == CATGA_OK)
        status = ensure_dead_letters(core, from);
    if (status == CATGA_OK)
        status = catga_claims_prepare(core, message);
    if (status == CATGA_OK && broadcast)
        status = catga_instance_take(&entry->served->instance, core, entry->served->service->name);
    if (status == CATGA_OK)
        status = catga_attempts_prepare(core, from);
    if (status == CATGA_OK && !catga_settling_start(core))
        status = CATGA_NO_MEMORY;
    if (status != CATGA_OK)
        return status;
    const catga_consumer_settings settings = {
        .stream = stream,
        .name = name,
        .subject = envelope.outgoing.subject,
        .only_new = broadcast,
        .unused_ns = broadcast ? UNUSED : 0,
        .ack_wait_ns = core->settings.ack_wait_ms * CATGA_MILLISECOND,
        .unacknowledged = (unsigned)core->settings.unacknowledged,
        .workers = entry->workers,
        .pending_bytes = (size_t)core->settings.pending_bytes,
        .receive = catga_consume,
        .user = entry,
    };
    status = core->operations->consume(core->transport, &settings, &entry->subscription, &problem);
    if (status == CATGA_OK)
        status = subscribe_replays(core, entry, name);
    if (status == CATGA_OK)
        catga_log(&core->settings.logger, CATGA_LOG_INFO,
                  "service: serve %s.%s (subject=%s, stream=%s, consumer=%s)",
                  entry->served->service->name, entry->handler->name, settings.subject, stream,
                  name);
    else if (!catga_store_is_passing(status))
        catga_log(&core->settings.logger, CATGA_LOG_ERROR, "service: cannot serve %s: consumer %s: %s%s%s",
                  entry->served->service->name, name, catga_status_text(status),
                  problem.text[0] != '\0' ? ": " : "", problem.text);
    return status;
}
