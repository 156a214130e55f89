/* The semantics are those of JetStream as the NATS transport uses it. */
#include "transport/local/streams.h"

#include "transport/local/answer.h"
#include "transport/local/limits.h"
#include "transport/local/pattern.h"
#include "transport/local/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char id_header[] = "Nats-Msg-Id";

/* ---- Streams ---- */

static void free_stream(catga_local_stream *stream)
{
    for (size_t i = 0; i < stream->count; i++) {
        catga_local_message_release(stream->entries[i].message);
        free(stream->entries[i].subject);
    }
    for (size_t i = 0; i < stream->subject_count; i++)
        free(stream->subjects[i]);
    free(stream->subjects);
    free(stream->entries);
    free(stream->name);
    free(stream);
}

catga_local_stream *catga_local_find_stream(const catga_local_store *store, const char *name)
{
    catga_local_stream *stream = store->streams;

    while (stream != NULL && strcmp(stream->name, name) != 0)
        stream = stream->next;
    return stream;
}

static bool has_subject(const catga_local_stream *stream, const char *subject)
{
    for (size_t i = 0; i < stream->subject_count; i++)
        if (catga_local_matches(stream->subjects[i], subject))
            return true;
    return false;
}

static catga_local_stream *stream_of(const catga_local_store *store, const char *subject)
{
    catga_local_stream *stream = store->streams;

    while (stream != NULL && !has_subject(stream, subject))
        stream = stream->next;
    return stream;
}

static catga_local_stream *make_stream(const catga_stream_settings *settings)
{
    catga_local_stream *stream = calloc(1, sizeof *stream);

    if (stream == NULL)
        return NULL;
    stream->name = strdup(settings->name);
    stream->window_ns = settings->window_ns;
    stream->subjects = calloc(settings->subject_count, sizeof *stream->subjects);
    bool complete = stream->name != NULL && stream->subjects != NULL;
    for (size_t i = 0; complete && i < settings->subject_count; i++) {
        stream->subjects[i] = strdup(settings->subjects[i]);
        complete = stream->subjects[i] != NULL;
        stream->subject_count += complete;
    }
    if (complete)
        return stream;
    free_stream(stream);
    return NULL;
}

static catga_status compare_stream(const catga_local_stream *stream,
                                   const catga_stream_settings *settings, catga_problem *problem)
{
    for (size_t i = 0; i < settings->subject_count; i++) {
        if (has_subject(stream, settings->subjects[i]))
            continue;
        snprintf(problem->text, sizeof problem->text, "stream %s: subjects must be with %s",
                 stream->name, settings->subjects[i]);
        return CATGA_DRIFTED;
    }
    if (stream->window_ns >= settings->window_ns)
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text,
             "stream %s: duplicate_window is %" PRId64 ", and must be at least %" PRId64,
             stream->name, stream->window_ns, settings->window_ns);
    return CATGA_DRIFTED;
}

catga_status catga_local_ensure_stream(catga_transport *transport,
                                       const catga_stream_settings *settings,
                                       catga_problem *problem)
{
    catga_local *broker = catga_local_of(transport)->broker;
    catga_local_store *store = &broker->store;
    catga_status status = CATGA_OK;

    if (!atomic_load(&broker->connected))
        return CATGA_DISCONNECTED;
    if (catga_local_refuses(catga_local_of(transport), "$JS.API.STREAM.INFO.%s", settings->name))
        return CATGA_NOT_PERMITTED;
    pthread_mutex_lock(&store->lock);
    catga_local_stream *stream = catga_local_find_stream(store, settings->name);
    if (stream != NULL) {
        status = compare_stream(stream, settings, problem);
    } else if ((stream = make_stream(settings)) != NULL) {
        stream->next = store->streams;
        store->streams = stream;
    } else {
        status = CATGA_NO_MEMORY;
    }
    pthread_mutex_unlock(&store->lock);
    return status;
}

/* ---- Storing ---- */

static const char *id_of(const catga_local_message *message)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (strcmp(message->headers[i].name, id_header) == 0)
            return message->headers[i].value;
    return "";
}

static size_t *bucket_of(catga_local_stream *stream, const char *id)
{
    uint32_t hash = 2166136261U;

    for (; *id != '\0'; id++)
        hash = (hash ^ (uint8_t)*id) * 16777619U;
    return &stream->buckets[hash % CATGA_LOCAL_ID_BUCKETS];
}

/* Returns the number of the message with that id inside the window, or 0. */
static size_t find_id(catga_local_stream *stream, const char *id, int64_t now)
{
    size_t number = *id == '\0' ? 0 : *bucket_of(stream, id);

    for (; number != 0; number = stream->entries[number - 1].older_same) {
        const catga_local_entry *at = &stream->entries[number - 1];
        if (now - at->stored_ns >= stream->window_ns)
            return 0;
        if (strcmp(at->id, id) == 0)
            return number;
    }
    return 0;
}

static bool make_room(catga_local_stream *stream)
{
    if (stream->count < stream->capacity)
        return true;
    size_t capacity = stream->capacity == 0 ? 64 : stream->capacity * 2;
    catga_local_entry *entries = reallocarray(stream->entries, capacity, sizeof *entries);
    if (entries == NULL)
        return false;
    stream->entries = entries;
    stream->capacity = capacity;
    return true;
}

/* Behaves as a NATS stream with discard new. */
static bool is_full(const catga_local_stream *stream, size_t size)
{
    return (stream->max_kept != 0 && stream->kept >= stream->max_kept) ||
           (stream->max_bytes != 0 && (stream->kept_bytes >= stream->max_bytes ||
                                       size > stream->max_bytes - stream->kept_bytes));
}

/* Stores a message and returns its number; 0 without memory or room in the stream. */
static uint64_t append(catga_local *broker, catga_local_stream *stream,
                       const catga_outgoing *outgoing)
{
    int64_t now = catga_local_store_now(&broker->store);
    size_t size = catga_local_size(outgoing);
    catga_local_message *message = catga_local_message_make(broker, outgoing, NULL, 0);
    char *subject = strdup(outgoing->subject);
    size_t number = message == NULL ? 0 : find_id(stream, id_of(message), now);

    if (message == NULL || subject == NULL || number != 0 || is_full(stream, size) ||
        !make_room(stream)) {
        if (message != NULL)
            catga_local_message_release(message);
        free(subject);
        return number;
    }
    catga_local_entry *added = &stream->entries[stream->count++];
    *added = (catga_local_entry){.message = message,
                                 .subject = subject,
                                 .id = id_of(message),
                                 .stored_ns = now,
                                 .size = size};
    stream->kept++;
    stream->kept_bytes += size;
    if (*added->id != '\0') {
        size_t *bucket = bucket_of(stream, added->id);
        added->older_same = *bucket;
        *bucket = stream->count;
    }
    return stream->count;
}

/* Returns the server's answer; *silent is set if there is none. */
static catga_incoming put(catga_local *broker, const catga_outgoing *message, bool *silent)
{
    catga_local_store *store = &broker->store;
    catga_incoming answer = {.no_responders = false};
    catga_local_stream *stream = stream_of(store, message->subject);

    answer.no_responders = stream == NULL;
    *silent = stream != NULL && catga_local_store_fails(store, CATGA_LOCAL_LOSE_PUBLISH);
    if (stream == NULL || *silent || catga_local_store_fails(store, CATGA_LOCAL_REFUSE_PUBLISH))
        return answer;
    answer.sequence = append(broker, stream, message);
    *silent = catga_local_store_fails(store, CATGA_LOCAL_LOSE_PUBLISH_ACK);
    return answer;
}

catga_status catga_local_stream_publish(catga_transport *transport, const catga_outgoing *message,
                                        uint64_t token)
{
    catga_local_transport *sender = catga_local_of(transport);
    catga_local *broker = sender->broker;
    catga_status status = catga_local_may_send(sender, message);
    bool silent;

    if (status != CATGA_OK)
        return status;
    pthread_mutex_lock(&broker->store.lock);
    catga_incoming answer = put(broker, message, &silent);
    pthread_mutex_unlock(&broker->store.lock);
    if (answer.sequence != 0)
        catga_local_store_wake(broker);
    if (!silent)
        catga_local_reply(sender, token, &answer);
    return CATGA_OK;
}

catga_status catga_local_stream_published(const catga_incoming *answer, catga_problem *problem)
{
    (void)problem;
    if (answer->no_responders)
        return CATGA_NO_RESPONDERS;
    return answer->sequence == 0 ? CATGA_OVERLOADED : CATGA_OK;
}

/* ---- Reading and deleting ---- */

/* Returns the first visible message from `number`, or NULL. An erased message keeps its entry. */
static catga_local_entry *find_entry(catga_local_stream *stream, uint64_t number)
{
    for (uint64_t i = number - 1; i < stream->count; i++)
        if (!stream->entries[i].erased)
            return &stream->entries[i];
    return NULL;
}

/* Finds a message: CATGA_OK and *found, CATGA_NO_RESPONDERS, CATGA_NOT_FOUND. Called under the
 * lock. */
static catga_status look_up(catga_local *broker, const char *name, uint64_t number,
                            catga_local_stream **stream, catga_local_entry **found)
{
    if (!atomic_load(&broker->connected))
        return CATGA_DISCONNECTED;
    *stream = catga_local_find_stream(&broker->store, name);
    if (*stream == NULL)
        return CATGA_NO_RESPONDERS;
    *found = find_entry(*stream, number);
    return *found == NULL ? CATGA_NOT_FOUND : CATGA_OK;
}

catga_status catga_local_stream_get(catga_transport *transport, const char *name, uint64_t number,
                                    catga_incoming *message, catga_problem *problem)
{
    catga_local *broker = catga_local_of(transport)->broker;
    catga_local_stream *stream;
    catga_local_entry *found;

    (void)problem;
    if (catga_local_refuses(catga_local_of(transport), "$JS.API.STREAM.MSG.GET.%s", name))
        return CATGA_NOT_PERMITTED;
    pthread_mutex_lock(&broker->store.lock);
    catga_status status = look_up(broker, name, number, &stream, &found);
    if (status == CATGA_OK) {
        atomic_fetch_add(&found->message->references, 1);
        *message = (catga_incoming){.subject = catga_str(found->subject),
                                    .data = found->message->data,
                                    .length = found->message->length,
                                    .sequence = (uint64_t)(found - stream->entries) + 1,
                                    .native = found->message};
    }
    pthread_mutex_unlock(&broker->store.lock);
    return status;
}

catga_status catga_local_stream_erase(catga_transport *transport, const char *name, uint64_t number,
                                      catga_problem *problem)
{
    catga_local *broker = catga_local_of(transport)->broker;
    catga_local_stream *stream;
    catga_local_entry *found;

    (void)problem;
    if (catga_local_refuses(catga_local_of(transport), "$JS.API.STREAM.MSG.DELETE.%s", name))
        return CATGA_NOT_PERMITTED;
    pthread_mutex_lock(&broker->store.lock);
    catga_status status = look_up(broker, name, number, &stream, &found);
    if (status == CATGA_OK && found != stream->entries + number - 1)
        status = CATGA_NOT_FOUND;
    if (status == CATGA_OK) {
        found->erased = true;
        stream->kept--;
        stream->kept_bytes -= found->size;
    }
    pthread_mutex_unlock(&broker->store.lock);
    return status;
}

/* ---- Limits ---- */

bool catga_local_limit_stream(catga_local_store *store, const char *name, size_t messages,
                              size_t bytes)
{
    catga_local_stream *stream = catga_local_find_stream(store, name);

    if (stream == NULL)
        return false;
    stream->max_kept = messages;
    stream->max_bytes = bytes;
    return true;
}

/* ---- The end ---- */

void catga_local_streams_end(catga_local_store *store)
{
    while (store->streams != NULL) {
        catga_local_stream *stream = store->streams;
        store->streams = stream->next;
        free_stream(stream);
    }
}
