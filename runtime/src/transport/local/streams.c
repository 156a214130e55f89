/* The semantics are those of JetStream as the NATS transport uses it. */
#include "transport/local/streams.h"

#include "base/pattern.h"
#include "transport/local/answer.h"
#include "transport/local/limits.h"
#include "transport/local/routes.h"
#include "transport/local/send.h"
#include "transport/local/store.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- Streams ---- */

catga_local_stream *catga_local_find_stream(const catga_local_store *store, const char *name)
{
    catga_local_stream *stream = store->streams;

    while (stream != NULL && strcmp(stream->name, name) != 0)
        stream = stream->next;
    return stream;
}

static catga_local_stream *stream_of(const catga_local_store *store, const char *subject)
{
    catga_local_stream *stream = store->streams;

    while (stream != NULL && !catga_local_stream_has(stream, subject))
        stream = stream->next;
    return stream;
}

/* Returns the name of another stream with an overlapping subject, or NULL. */
static const char *overlapped_by(const catga_local_store *store,
                                 const catga_stream_settings *settings)
{
    for (const catga_local_stream *stream = store->streams; stream != NULL; stream = stream->next)
        for (size_t i = 0; i < stream->settings.subject_count; i++)
            for (size_t j = 0; j < settings->subject_count; j++)
                if (catga_pattern_overlap(stream->subjects[i], settings->subjects[j]))
                    return stream->name;
    return NULL;
}

static catga_status make_stream(catga_local_store *store, const catga_stream_settings *settings,
                                catga_problem *problem)
{
    const char *other = overlapped_by(store, settings);

    if (settings->only_existing)
        return CATGA_NOT_FOUND;
    if (other != NULL) {
        snprintf(problem->text, sizeof problem->text,
                 "stream %s: subjects overlap with the stream %s", settings->name, other);
        return CATGA_REFUSED;
    }
    catga_local_stream *stream = catga_local_stream_new(settings);
    if (stream == NULL)
        return CATGA_NO_MEMORY;
    stream->incarnation = ++store->incarnations;
    stream->next = store->streams;
    store->streams = stream;
    return CATGA_OK;
}

/* ---- Comparing ---- */

/* Describes a difference after those that *problem has. */
static void add_drift(catga_problem *problem, const char *name, const char *field,
                      const char *found, const char *desired)
{
    size_t length = strlen(problem->text);
    bool is_first = length == 0;

    snprintf(problem->text + length, sizeof problem->text - length,
             "%s%s%s%s is %s, and must be %s", is_first ? "stream " : "", is_first ? name : "",
             is_first ? ": " : "; ", field, found, desired);
}

static void same_number(catga_problem *problem, const char *name, const char *field, int64_t found,
                        int64_t desired)
{
    char numbers[2][24];

    snprintf(numbers[0], sizeof numbers[0], "%" PRId64, found);
    snprintf(numbers[1], sizeof numbers[1], "%" PRId64, desired);
    if (found != desired)
        add_drift(problem, name, field, numbers[0], numbers[1]);
}

static void same_word(catga_problem *problem, const char *name, const char *field,
                      const char *found, const char *desired)
{
    if (strcmp(found, desired) != 0)
        add_drift(problem, name, field, found, desired);
}

static void compare_subjects(const catga_local_stream *stream,
                             const catga_stream_settings *settings, catga_problem *problem)
{
    char desired[320];

    for (size_t i = 0; i < settings->subject_count; i++) {
        snprintf(desired, sizeof desired, "with %s", settings->subjects[i]);
        if (!catga_local_stream_has(stream, settings->subjects[i]))
            add_drift(problem, stream->name, "subjects", "without", desired);
    }
}

static catga_status compare_stream(const catga_local_stream *stream,
                                   const catga_stream_settings *settings, catga_problem *problem)
{
    char desired[40];

    problem->text[0] = '\0';
    compare_subjects(stream, settings, problem);
    snprintf(desired, sizeof desired, "at least %" PRId64, settings->window_ns);
    if (stream->settings.window_ns < settings->window_ns)
        add_drift(problem, stream->name, "duplicate_window", "shorter", desired);
#define NUMBER(bit, member, key, none)                                                             \
    if (settings->compared & CATGA_STREAM_##bit)                                                   \
        same_number(problem, stream->name, key, (int64_t)stream->settings.member,                  \
                    (int64_t)settings->member);
#define CHOICE(bit, member, key, no, yes)                                                          \
    if (settings->compared & CATGA_STREAM_##bit)                                                   \
        same_word(problem, stream->name, key, stream->settings.member ? yes : no,                  \
                  settings->member ? yes : no);
#define FLAG(bit, member, key) CHOICE(bit, member, key, "false", "true")
#include "transport/stream_fields.def"
#undef NUMBER
#undef CHOICE
#undef FLAG
    return problem->text[0] == '\0' ? CATGA_OK : CATGA_DRIFTED;
}

/* Lets publishers find the subjects of a stream without a lock. */
static bool note_subjects(catga_local *broker, const catga_stream_settings *settings)
{
    bool noted = true;

    for (size_t i = 0; noted && i < settings->subject_count; i++)
        noted = catga_local_note_stored(broker, settings->subjects[i]);
    return noted;
}

catga_status catga_local_ensure_stream(catga_transport *transport,
                                       const catga_stream_settings *settings,
                                       catga_problem *problem)
{
    catga_local *broker = catga_local_of(transport)->broker;
    catga_local_store *store = &broker->store;

    if (!atomic_load(&broker->connected))
        return CATGA_DISCONNECTED;
    if (catga_local_refuses(catga_local_of(transport), "$JS.API.STREAM.INFO.%s", settings->name))
        return CATGA_NOT_PERMITTED;
    if (!note_subjects(broker, settings))
        return CATGA_NO_MEMORY;
    pthread_mutex_lock(&store->lock);
    const catga_local_stream *stream = catga_local_find_stream(store, settings->name);
    catga_status status = stream != NULL ? compare_stream(stream, settings, problem)
                                         : make_stream(store, settings, problem);
    pthread_mutex_unlock(&store->lock);
    return status;
}

/* ---- Storing ---- */

/* Returns the server's answer; *silent is set if there is none. `deliveries` says what happened. */
static catga_incoming put(catga_local *broker, const catga_outgoing *message, bool *silent)
{
    catga_local_store *store = &broker->store;
    catga_incoming answer = {.no_responders = false};
    catga_local_stream *stream = stream_of(store, message->subject);

    answer.no_responders = stream == NULL;
    *silent = stream != NULL && catga_local_store_fails(store, CATGA_LOCAL_LOSE_PUBLISH);
    if (stream == NULL || *silent || catga_local_store_fails(store, CATGA_LOCAL_REFUSE_PUBLISH))
        return answer;
    answer.deliveries = catga_local_stream_add(broker, stream, message, &answer.sequence);
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
    bool taken;

    if (status != CATGA_OK)
        return status;
    pthread_mutex_lock(&broker->store.lock);
    catga_incoming answer = put(broker, message, &silent);
    pthread_mutex_unlock(&broker->store.lock);
    if (answer.sequence != 0) {
        catga_local_store_wake(broker);
        (void)catga_local_broadcast(sender, message, 0, NULL, &taken); /* subscribers get it too */
    }
    if (!silent)
        catga_local_reply(sender, token, &answer);
    return CATGA_OK;
}

void catga_local_stream_keep(catga_local *broker, const catga_outgoing *message)
{
    pthread_mutex_lock(&broker->store.lock);
    catga_local_stream *stream = stream_of(&broker->store, message->subject);
    uint64_t number;
    if (stream != NULL)
        (void)catga_local_stream_add(broker, stream, message, &number);
    pthread_mutex_unlock(&broker->store.lock);
    catga_local_store_wake(broker);
}

catga_status catga_local_stream_published(const catga_incoming *answer, catga_placed *stored,
                                          catga_problem *problem)
{
    static const catga_status statuses[] = {[CATGA_LOCAL_FAILED] = CATGA_OVERLOADED,
                                            [CATGA_LOCAL_STORED] = CATGA_OK,
                                            [CATGA_LOCAL_KNOWN] = CATGA_OK,
                                            [CATGA_LOCAL_CONFLICT] = CATGA_CONFLICT,
                                            [CATGA_LOCAL_TOO_LARGE] = CATGA_TOO_LARGE,
                                            [CATGA_LOCAL_DENIED] = CATGA_REFUSED,
                                            [CATGA_LOCAL_SEALED] = CATGA_REFUSED};

    if (answer->deliveries == CATGA_LOCAL_SEALED)
        snprintf(problem->text, sizeof problem->text, "the stream is sealed");
    *stored = (catga_placed){answer->sequence, answer->deliveries == CATGA_LOCAL_KNOWN};
    return answer->no_responders ? CATGA_NO_RESPONDERS : statuses[answer->deliveries];
}

/* ---- Reading and deleting ---- */

/* Returns the first message from `number`, or NULL. */
static catga_local_entry *find_entry(catga_local_stream *stream, uint64_t number)
{
    for (uint64_t i = number - 1; i < stream->count; i++)
        if (catga_local_stream_keeps(stream, (size_t)i))
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
    catga_local_stream_expire(*stream, catga_local_store_now(&broker->store));
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
    if (status == CATGA_OK && stream->sealed)
        status = CATGA_REFUSED;
    if (status == CATGA_OK)
        catga_local_stream_remove(stream, (size_t)number - 1);
    pthread_mutex_unlock(&broker->store.lock);
    return status;
}

/* ---- State ---- */

static catga_stream_state state_of(const catga_local_store *store, const catga_local_stream *stream)
{
    catga_stream_state state = {.messages = stream->kept,
                                .bytes = stream->kept_bytes,
                                .first_sequence = stream->first + 1,
                                .last_sequence = stream->count,
                                .max_message_bytes = stream->settings.max_message_bytes};

    if (stream->kept > 0)
        state.first_ns = catga_local_store_date(store, stream->entries[stream->first].stored_ns);
    if (stream->count > 0)
        state.last_ns = catga_local_store_date(store, stream->entries[stream->count - 1].stored_ns);
    return state;
}

catga_status catga_local_stream_state(catga_transport *transport, const char *name,
                                      catga_stream_state *state, catga_problem *problem)
{
    catga_local *broker = catga_local_of(transport)->broker;
    catga_local_store *store = &broker->store;
    catga_status status = CATGA_NOT_FOUND;

    (void)problem;
    *state = (catga_stream_state){0};
    if (!atomic_load(&broker->connected))
        return CATGA_DISCONNECTED;
    if (catga_local_refuses(catga_local_of(transport), "$JS.API.STREAM.INFO.%s", name))
        return CATGA_NOT_PERMITTED;
    pthread_mutex_lock(&store->lock);
    catga_local_stream *stream = catga_local_find_stream(store, name);
    if (stream != NULL) {
        catga_local_stream_expire(stream, catga_local_store_now(store));
        *state = state_of(store, stream);
        state->consumers = stream->consumers;
        status = CATGA_OK;
    }
    pthread_mutex_unlock(&store->lock);
    return status;
}

catga_status catga_local_stream_seal(catga_transport *transport, const char *name,
                                     catga_problem *problem)
{
    catga_local *broker = catga_local_of(transport)->broker;

    (void)problem;
    if (!atomic_load(&broker->connected))
        return CATGA_DISCONNECTED;
    if (catga_local_refuses(catga_local_of(transport), "$JS.API.STREAM.UPDATE.%s", name))
        return CATGA_NOT_PERMITTED;
    pthread_mutex_lock(&broker->store.lock);
    catga_local_stream *stream = catga_local_find_stream(&broker->store, name);
    if (stream != NULL)
        stream->sealed = true;
    pthread_mutex_unlock(&broker->store.lock);
    return stream == NULL ? CATGA_NOT_FOUND : CATGA_OK;
}

/* ---- Limits ---- */

bool catga_local_limit_stream(catga_local_store *store, const char *name, size_t messages,
                              size_t bytes)
{
    catga_local_stream *stream = catga_local_find_stream(store, name);

    if (stream == NULL)
        return false;
    stream->settings.max_messages = (int64_t)messages;
    stream->settings.max_bytes = (int64_t)bytes;
    return true;
}

/* ---- The end ---- */

void catga_local_forget_stream(catga_local_store *store, catga_local_stream *stream)
{
    catga_local_stream **at = &store->streams;

    while (*at != stream)
        at = &(*at)->next;
    *at = stream->next;
    catga_local_stream_free(stream);
}

void catga_local_streams_end(catga_local_store *store)
{
    while (store->streams != NULL) {
        catga_local_stream *stream = store->streams;
        store->streams = stream->next;
        catga_local_stream_free(stream);
    }
}
