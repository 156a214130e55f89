/* The semantics are those of a JetStream stream with limits. */
#include "transport/local/stream_store.h"

#include "base/pattern.h"
#include "transport/local/store.h"

#include <stdlib.h>

static const char id_header[] = "Nats-Msg-Id";
static const char rollup_header[] = "Nats-Rollup"; /* "sub" or "all" */

/* ---- Streams ---- */

void catga_local_stream_free(catga_local_stream *stream)
{
    for (size_t i = 0; i < stream->count; i++)
        if (stream->entries[i].message != NULL)
            catga_local_message_release(stream->entries[i].message);
    for (size_t i = 0; stream->subjects != NULL && i < stream->settings.subject_count; i++)
        free(stream->subjects[i]);
    free(stream->subjects);
    free(stream->entries);
    free(stream->name);
    free(stream);
}

/* Copies the name and the subjects. Returns false without memory. */
static bool copy_names(catga_local_stream *stream, const catga_stream_settings *settings)
{
    bool complete = true;

    stream->name = strdup(settings->name);
    stream->subjects = calloc(settings->subject_count + 1, sizeof *stream->subjects);
    if (stream->name == NULL || stream->subjects == NULL)
        return false;
    for (size_t i = 0; i < settings->subject_count; i++) {
        stream->subjects[i] = strdup(settings->subjects[i]);
        complete = complete && stream->subjects[i] != NULL;
    }
    return complete;
}

catga_local_stream *catga_local_stream_new(const catga_stream_settings *settings)
{
    catga_local_stream *stream = calloc(1, sizeof *stream);

    if (stream == NULL)
        return NULL;
    stream->settings = *settings;
    if (copy_names(stream, settings)) {
        stream->settings.name = stream->name;
        stream->settings.subjects = (const char *const *)stream->subjects;
        return stream;
    }
    catga_local_stream_free(stream);
    return NULL;
}

bool catga_local_stream_has(const catga_local_stream *stream, const char *subject)
{
    for (size_t i = 0; i < stream->settings.subject_count; i++)
        if (catga_pattern_matches(stream->subjects[i], subject))
            return true;
    return false;
}

/* ---- Chains ---- */

static size_t chain_of(const char *text)
{
    uint32_t hash = 2166136261U;

    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * 16777619U;
    return hash % CATGA_LOCAL_CHAINS;
}

static const char *header_of(const catga_local_message *message, const char *name)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (strcmp(message->headers[i].name, name) == 0)
            return message->headers[i].value;
    return "";
}

static const char *id_of(const catga_local_message *message)
{
    return header_of(message, id_header);
}

/* Returns the number of the message with that id inside the window, or 0. */
static size_t find_id(const catga_local_stream *stream, const char *id, int64_t now)
{
    size_t number = *id == '\0' ? 0 : stream->ids[chain_of(id)];

    for (; number != 0; number = stream->entries[number - 1].older_id) {
        const catga_local_entry *at = &stream->entries[number - 1];
        if (now - at->stored_ns >= stream->settings.window_ns)
            return 0;
        if (strcmp(at->id, id) == 0)
            return number;
    }
    return 0;
}

/* Walks the messages of a subject from the latest, and unlinks removed ones. Returns the number of
 * the message after `skipped` others, or 0. */
static size_t nth_last(catga_local_stream *stream, const char *subject, int64_t skipped)
{
    size_t *link = &stream->last[chain_of(subject)];

    while (*link != 0) {
        catga_local_entry *at = &stream->entries[*link - 1];
        if (at->subject == NULL)
            *link = at->older_subject;
        else if (strcmp(at->subject, subject) == 0 && skipped-- == 0)
            return *link;
        else
            link = &at->older_subject;
    }
    return 0;
}

uint64_t catga_local_stream_last(catga_local_stream *stream, const char *subject)
{
    return nth_last(stream, subject, 0);
}

/* ---- Removing ---- */

bool catga_local_stream_keeps(const catga_local_stream *stream, size_t index)
{
    return index < stream->count && stream->entries[index].subject != NULL;
}

static void release(catga_local_entry *entry)
{
    if (entry->message != NULL)
        catga_local_message_release(entry->message);
    entry->message = NULL;
    entry->id = "";
}

/* Releases removed messages whose ids are forgotten. */
static void forget_ids(catga_local_stream *stream, int64_t now)
{
    while (stream->released < stream->count) {
        catga_local_entry *entry = &stream->entries[stream->released];
        if (now - entry->stored_ns < stream->settings.window_ns)
            return;
        if (entry->subject == NULL)
            release(entry);
        stream->released++;
    }
}

void catga_local_stream_remove(catga_local_stream *stream, size_t index)
{
    catga_local_entry *entry = &stream->entries[index];

    if (!catga_local_stream_keeps(stream, index))
        return;
    entry->subject = NULL;
    stream->kept--;
    stream->kept_bytes -= entry->size;
    if (*entry->id == '\0' || index < stream->released)
        release(entry);
    while (stream->first < stream->count && stream->entries[stream->first].subject == NULL)
        stream->first++;
}

void catga_local_stream_expire(catga_local_stream *stream, int64_t now)
{
    int64_t max_age_ns = stream->sealed ? 0 : stream->settings.max_age_ns;

    while (max_age_ns != 0 && stream->first < stream->count &&
           now - stream->entries[stream->first].stored_ns >= max_age_ns)
        catga_local_stream_remove(stream, stream->first);
    forget_ids(stream, now);
}

/* ---- Adding ---- */

static bool grow(catga_local_stream *stream)
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

static bool is_full(const catga_local_stream *stream, size_t size)
{
    size_t messages = (size_t)stream->settings.max_messages;
    size_t bytes = (size_t)stream->settings.max_bytes;

    return (messages != 0 && stream->kept >= messages) ||
           (bytes != 0 && (stream->kept_bytes >= bytes || size > bytes - stream->kept_bytes));
}

/* Removes old messages for a new one of that subject and size. Returns false if the stream refuses
 * it. */
static bool make_room(catga_local_stream *stream, const char *subject, size_t size)
{
    int64_t most = stream->settings.max_per_subject;
    size_t oldest = most == 0 ? 0 : nth_last(stream, subject, most - 1);

    if (oldest != 0)
        catga_local_stream_remove(stream, oldest - 1);
    while (stream->settings.drops_oldest && stream->kept > 0 && is_full(stream, size))
        catga_local_stream_remove(stream, stream->first);
    return !is_full(stream, size);
}

/* Returns CATGA_LOCAL_STORED if the message is to be added. */
static catga_local_added judge(catga_local_stream *stream, const catga_outgoing *outgoing,
                               const char *id, const char *rollup, int64_t now, uint64_t *number)
{
    size_t most = (size_t)stream->settings.max_message_bytes;

    *number = stream->sealed ? 0 : find_id(stream, id, now);
    if (stream->sealed)
        return CATGA_LOCAL_SEALED;
    if (most != 0 && catga_local_size(outgoing) > most)
        return CATGA_LOCAL_TOO_LARGE;
    if (*number != 0)
        return CATGA_LOCAL_KNOWN;
    if (!stream->settings.allow_rollup && *rollup != '\0')
        return CATGA_LOCAL_DENIED;
    if (outgoing->expects &&
        catga_local_stream_last(stream, outgoing->subject) != outgoing->expected)
        return CATGA_LOCAL_CONFLICT;
    return CATGA_LOCAL_STORED;
}

/* Adds an entry, which takes the message. */
static void append(catga_local_stream *stream, catga_local_message *message, size_t size,
                   int64_t now)
{
    catga_local_entry *added = &stream->entries[stream->count++];
    size_t *last = &stream->last[chain_of(message->subject)];

    *added = (catga_local_entry){.message = message,
                                 .subject = message->subject,
                                 .id = id_of(message),
                                 .older_subject = *last,
                                 .stored_ns = now,
                                 .size = size};
    *last = stream->count;
    stream->kept++;
    stream->kept_bytes += size;
    if (*added->id == '\0')
        return;
    size_t *chain = &stream->ids[chain_of(added->id)];
    added->older_id = *chain;
    *chain = stream->count;
}

/* Removes what the last message replaces: the earlier ones of its subject, or of all. */
static void roll_up(catga_local_stream *stream)
{
    const catga_local_message *message = stream->entries[stream->count - 1].message;
    const char *rollup = header_of(message, rollup_header);

    if (strcmp(rollup, "all") == 0)
        for (size_t i = stream->first; i + 1 < stream->count; i++)
            catga_local_stream_remove(stream, i);
    else if (*rollup != '\0')
        for (size_t older; (older = nth_last(stream, message->subject, 1)) != 0;)
            catga_local_stream_remove(stream, older - 1);
}

catga_local_added catga_local_stream_add(catga_local *broker, catga_local_stream *stream,
                                         const catga_outgoing *outgoing, uint64_t *number)
{
    int64_t now = catga_local_store_now(&broker->store);
    size_t size = catga_local_size(outgoing);

    catga_local_message *message = catga_local_message_make(broker, outgoing, NULL, 0);
    catga_local_added added = CATGA_LOCAL_FAILED;

    *number = 0;
    if (message == NULL)
        return added;
    catga_local_stream_expire(stream, now);
    added = judge(stream, outgoing, id_of(message), header_of(message, rollup_header), now, number);
    if (added == CATGA_LOCAL_STORED &&
        (!grow(stream) || !make_room(stream, message->subject, size)))
        added = CATGA_LOCAL_FAILED;
    if (added == CATGA_LOCAL_STORED) {
        append(stream, message, size, now);
        roll_up(stream);
        *number = stream->count;
    } else {
        catga_local_message_release(message);
    }
    return added;
}
