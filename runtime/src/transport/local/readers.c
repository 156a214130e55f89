/* Each reader has a thread, which waits for the store to change. The semantics are those of an
 * ordered consumer of JetStream. */
#include "transport/local/readers.h"

#include "base/pattern.h"
#include "base/signals.h"
#include "transport/local/limits.h"
#include "transport/local/store.h"
#include "transport/local/streams.h"

#include <stdlib.h>

/* Guarded by the store's lock. */
struct catga_reader {
    catga_reader *next;
    catga_local *broker;
    catga_reader_settings settings; /* with copies of the texts */
    pthread_t thread;
    bool stopped;
    bool running;    /* a function runs */
    uint64_t stream; /* the incarnation that it reads; 0: none yet */
    size_t position; /* index of the next message to look at */
    size_t awaited;  /* messages before this index were stored when reading began */
    bool is_caught_up;
    size_t counted;   /* messages before this index are in `pending` or received */
    uint64_t pending; /* matching messages from `position` to `counted` */
};

/* ---- Finding messages ---- */

static bool matches(const catga_reader *reader, const catga_local_stream *stream, size_t index)
{
    return catga_local_stream_keeps(stream, index) &&
           catga_pattern_matches(reader->settings.subject, stream->entries[index].subject);
}

/* Returns true if the reader gets the message: of the awaited ones perhaps only the last of each
 * subject. */
static bool wants(const catga_reader *reader, catga_local_stream *stream, size_t index)
{
    if (!matches(reader, stream, index))
        return false;
    if (reader->settings.start != CATGA_READ_LAST_PER_SUBJECT || index >= reader->awaited)
        return true;
    return catga_local_stream_last(stream, stream->entries[index].subject) == index + 1;
}

/* Advances the position to the next message of the reader, or to the end. */
static bool advance(catga_reader *reader, catga_local_stream *stream)
{
    for (; reader->counted < stream->count; reader->counted++)
        reader->pending += wants(reader, stream, reader->counted);
    while (reader->position < stream->count && !wants(reader, stream, reader->position))
        reader->position++;
    if (reader->position < stream->count)
        return true;
    reader->pending = 0; /* some may have been removed before they were read */
    return false;
}

/* Returns the index of the first message that is not older than a time. */
static size_t index_at(const catga_local_store *store, const catga_local_stream *stream,
                       int64_t time_ns)
{
    size_t index = 0;

    while (index < stream->count &&
           catga_local_store_date(store, stream->entries[index].stored_ns) < time_ns)
        index++;
    return index;
}

static size_t start_of(const catga_reader *reader, const catga_local_stream *stream)
{
    switch (reader->settings.start) {
    case CATGA_READ_NEW:
        return stream->count;
    case CATGA_READ_FROM_SEQUENCE:
        if (reader->settings.sequence > stream->count)
            return stream->count;
        return reader->settings.sequence == 0 ? 0 : (size_t)reader->settings.sequence - 1;
    case CATGA_READ_FROM_TIME:
        return index_at(&reader->broker->store, stream, reader->settings.time_ns);
    case CATGA_READ_FIRST:
    case CATGA_READ_LAST_PER_SUBJECT:
        break;
    }
    return 0;
}

/* Returns the reader's stream, or NULL. In a recreated stream the reader begins anew. */
static catga_local_stream *follow(catga_reader *reader)
{
    catga_local_store *store = &reader->broker->store;
    catga_local_stream *stream = catga_local_find_stream(store, reader->settings.stream);

    if (stream == NULL)
        return NULL;
    catga_local_stream_expire(stream, catga_local_store_now(store));
    if (stream->incarnation == reader->stream)
        return stream;
    reader->position = reader->stream == 0 ? start_of(reader, stream) : 0;
    reader->counted = reader->position;
    reader->awaited = stream->count;
    reader->pending = 0;
    reader->stream = stream->incarnation;
    return stream;
}

/* ---- The thread ---- */

/* The functions below are called under the lock, and release it while a function runs. */

static void hand_over(catga_reader *reader, const catga_local_stream *stream)
{
    pthread_mutex_t *lock = &reader->broker->store.lock;
    const catga_local_entry *entry = &stream->entries[reader->position];
    bool has_data = !reader->settings.headers_only;
    catga_incoming message = {.subject = catga_str(entry->subject),
                              .data = has_data ? entry->message->data : NULL,
                              .length = has_data ? entry->message->length : 0,
                              .sequence = reader->position + 1,
                              .deliveries = 1,
                              .stored_ns =
                                  catga_local_store_date(&reader->broker->store, entry->stored_ns),
                              .native = entry->message};

    atomic_fetch_add(&entry->message->references, 1);
    reader->position++;
    reader->pending -= reader->pending > 0;
    uint64_t pending = reader->pending;
    reader->running = true;
    pthread_mutex_unlock(lock);
    reader->settings.receive(reader->settings.user, &message, pending);
    pthread_mutex_lock(lock);
    reader->running = false;
}

static void tell_caught_up(catga_reader *reader)
{
    pthread_mutex_t *lock = &reader->broker->store.lock;

    reader->is_caught_up = true;
    if (reader->settings.caught_up == NULL)
        return;
    reader->running = true;
    pthread_mutex_unlock(lock);
    reader->settings.caught_up(reader->settings.user);
    pthread_mutex_lock(lock);
    reader->running = false;
}

/* Returns false if there is nothing to do now. */
static bool step(catga_reader *reader)
{
    catga_local_stream *stream = atomic_load(&reader->broker->connected) ? follow(reader) : NULL;

    if (stream == NULL)
        return false;
    bool found = advance(reader, stream);
    if (!reader->is_caught_up && (!found || reader->position >= reader->awaited)) {
        tell_caught_up(reader);
        return true;
    }
    if (found)
        hand_over(reader, stream);
    return found;
}

static void *run(void *argument)
{
    catga_reader *reader = argument;
    catga_local_store *store = &reader->broker->store;

    pthread_mutex_lock(&store->lock);
    while (!reader->stopped)
        if (!step(reader))
            pthread_cond_wait(&store->changed, &store->lock);
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

/* ---- Begin and end ---- */

static void reader_free(catga_reader *reader)
{
    free((void *)(uintptr_t)reader->settings.stream);
    free((void *)(uintptr_t)reader->settings.subject);
    free(reader);
}

static catga_reader *reader_new(catga_local *broker, const catga_reader_settings *settings)
{
    catga_reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL)
        return NULL;
    reader->broker = broker;
    reader->settings = *settings;
    reader->settings.stream = strdup(settings->stream);
    reader->settings.subject = strdup(settings->subject);
    if (reader->settings.stream != NULL && reader->settings.subject != NULL)
        return reader;
    reader_free(reader);
    return NULL;
}

/* Adds the reader to the store, and starts its thread. Called under the lock. */
static catga_status begin(catga_local_store *store, catga_reader *reader)
{
    const catga_local_stream *stream = follow(reader);

    if (stream == NULL)
        return CATGA_NO_RESPONDERS;
    if (stream->settings.work_queue)
        return CATGA_REFUSED; /* as a server refuses a consumer without acknowledgements */
    if (!catga_thread_start(&reader->thread, run, reader))
        return CATGA_NO_MEMORY;
    reader->next = store->readers;
    store->readers = reader;
    return CATGA_OK;
}

catga_status catga_local_read(catga_transport *transport, const catga_reader_settings *settings,
                              catga_reader **reader, catga_problem *problem)
{
    catga_local *broker = catga_local_of(transport)->broker;

    (void)problem;
    *reader = NULL;
    if (!atomic_load(&broker->connected))
        return CATGA_DISCONNECTED;
    if (catga_local_refuses(catga_local_of(transport), "$JS.API.CONSUMER.CREATE.%s.%s",
                            settings->stream, settings->subject))
        return CATGA_NOT_PERMITTED;
    catga_reader *begun = reader_new(broker, settings);
    if (begun == NULL)
        return CATGA_NO_MEMORY;
    pthread_mutex_lock(&broker->store.lock);
    catga_status status = begin(&broker->store, begun);
    pthread_mutex_unlock(&broker->store.lock);
    if (status == CATGA_OK)
        *reader = begun;
    else
        reader_free(begun);
    return status;
}

void catga_local_end_read(catga_transport *transport, catga_reader *reader)
{
    catga_local_store *store = &catga_local_of(transport)->broker->store;

    pthread_mutex_lock(&store->lock);
    reader->stopped = true;
    for (catga_reader **at = &store->readers; *at != NULL; at = &(*at)->next) {
        if (*at == reader) {
            *at = reader->next;
            break;
        }
    }
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->lock);
    pthread_join(reader->thread, NULL);
    reader_free(reader);
}

/* ---- Idleness ---- */

static bool is_idle(catga_reader *reader)
{
    catga_local_stream *stream = reader->running ? NULL : follow(reader);

    return !reader->running &&
           (stream == NULL || (!advance(reader, stream) && reader->is_caught_up));
}

bool catga_local_readers_idle(catga_local *broker)
{
    catga_local_store *store = &broker->store;
    bool idle = true;

    pthread_mutex_lock(&store->lock);
    for (catga_reader *reader = store->readers; reader != NULL && idle; reader = reader->next)
        idle = is_idle(reader);
    pthread_mutex_unlock(&store->lock);
    return idle;
}
