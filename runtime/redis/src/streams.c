#include "streams.h"

#include "base/text.h"
#include "entry_id.h"
#include "memory_policy.h"
#include "send.h"
#include "store.h"
#include "transport/validate.h"

#include <stdlib.h>

enum { SUBJECTS_MAX = 256, NUMBER = 24 };

/* ---- Known streams ---- */

bool catga_redis_subject_matches(const char *pattern, catga_string subject)
{
    const char *at = subject.data;
    const char *limit = at + subject.length;

    for (;;) {
        size_t length = strcspn(pattern, ".");
        const char *dot = memchr(at, '.', (size_t)(limit - at));
        size_t token = (size_t)((dot == NULL ? limit : dot) - at);
        if (length == 1 && *pattern == '>' && pattern[1] == '\0')
            return true;
        bool same = length == token && memcmp(pattern, at, token) == 0;
        if (!same && (length != 1 || *pattern != '*'))
            return false;
        if (pattern[length] == '\0' || dot == NULL)
            return pattern[length] == '\0' && dot == NULL;
        pattern += length + 1;
        at = dot + 1;
    }
}

static const catga_redis_stream *find_by_subject(const catga_redis_transport *redis,
                                                 const char *subject)
{
    const catga_string text = catga_str(subject);

    for (const catga_redis_stream *at = atomic_load(&redis->streams); at != NULL; at = at->next)
        for (size_t i = 0; i < at->subject_count && !atomic_load(&at->removed); i++)
            if (catga_redis_subject_matches(at->subjects[i], text))
                return at;
    return NULL;
}

bool catga_redis_stream_is_known(const catga_redis_transport *redis, const char *name)
{
    for (const catga_redis_stream *at = atomic_load(&redis->streams); at != NULL; at = at->next)
        if (!atomic_load(&at->removed) && strcmp(at->name, name) == 0)
            return true;
    return false;
}

static void stream_free(catga_redis_stream *stream)
{
    for (size_t i = 0; stream->subjects != NULL && i < stream->subject_count; i++)
        free(stream->subjects[i]);
    catga_redis_batch_end(stream->stores);
    free(stream->subjects);
    free(stream->name);
    free(stream);
}

void catga_redis_streams_free(catga_redis_transport *redis)
{
    catga_redis_stream *at = atomic_load(&redis->streams);

    while (at != NULL) {
        catga_redis_stream *next = at->next;
        stream_free(at);
        at = next;
    }
    atomic_store(&redis->streams, NULL);
}

static catga_redis_stream *stream_new(catga_redis_transport *redis,
                                      const catga_stream_settings *settings)
{
    catga_redis_stream *stream = calloc(1, sizeof *stream);

    if (stream == NULL)
        return NULL;
    stream->name = strdup(settings->name);
    stream->subjects = calloc(settings->subject_count, sizeof stream->subjects[0]);
    bool complete = stream->name != NULL && stream->subjects != NULL;
    for (size_t i = 0; complete && i < settings->subject_count; i++) {
        stream->subjects[stream->subject_count++] = strdup(settings->subjects[i]);
        complete = stream->subjects[i] != NULL;
    }
    if (complete)
        stream->stores =
            catga_redis_store_new(redis, stream->name, settings->max_age_ns / CATGA_MILLISECOND,
                                  settings->window_ns / CATGA_MILLISECOND);
    if (stream->stores != NULL)
        return stream;
    stream_free(stream);
    return NULL;
}

/* Notes a stream, also one that is known with other subjects. */
static catga_status note(catga_redis_transport *redis, const catga_stream_settings *settings)
{
    bool known = true;

    pthread_mutex_lock(&redis->lock);
    for (size_t i = 0; i < settings->subject_count; i++)
        known = known && find_by_subject(redis, settings->subjects[i]) != NULL;
    catga_redis_stream *made = known ? NULL : stream_new(redis, settings);
    if (made != NULL) {
        made->next = atomic_load(&redis->streams);
        atomic_store(&redis->streams, made);
    }
    pthread_mutex_unlock(&redis->lock);
    return known || made != NULL ? CATGA_OK : CATGA_NO_MEMORY;
}

/* ---- Ensuring ---- */

/* Refuses settings that a stream of Redis cannot have. */
static catga_status may_have(const catga_stream_settings *settings, catga_problem *problem)
{
    const char *field = settings->work_queue               ? "retention: work_queue"
                        : settings->max_bytes != 0         ? "max_bytes"
                        : settings->max_messages != 0      ? "max_messages"
                        : settings->max_per_subject != 0   ? "max_per_subject"
                        : settings->max_message_bytes != 0 ? "max_message_bytes"
                        : settings->in_memory              ? "storage: memory"
                        : settings->drops_oldest           ? "discard: old"
                        : settings->allow_rollup           ? "allow_rollup"
                        : settings->deny_delete            ? "deny_delete"
                        : settings->replicas > 1           ? "replicas"
                                                           : NULL;

    if (field == NULL)
        return CATGA_OK;
    (void)catga_text_format(problem->text, sizeof problem->text,
                            "the transport has no %s of a stream (stream %s)", field,
                            settings->name);
    return CATGA_UNSUPPORTED;
}

static bool is_ensured(const redisReply *seen)
{
    bool valid = seen->type == REDIS_REPLY_ARRAY && seen->elements == 3;

    for (size_t i = 0; valid && i < seen->elements; i++)
        valid = seen->element[i]->type == REDIS_REPLY_STRING;
    return valid;
}

static catga_status compare(const redisReply *seen, const catga_stream_settings *settings,
                            catga_problem *problem)
{
    int64_t wanted_window = settings->window_ns / CATGA_MILLISECOND;
    int64_t wanted_age = settings->max_age_ns / CATGA_MILLISECOND;

    if (seen->type == REDIS_REPLY_NIL)
        return CATGA_NOT_FOUND;
    if (!is_ensured(seen))
        return catga_redis_wrong_reply(problem);
    int64_t window = strtoll(seen->element[0]->str, NULL, 10);
    int64_t age = strtoll(seen->element[1]->str, NULL, 10);
    if (seen->element[2]->len != 0)
        (void)catga_text_format(problem->text, sizeof problem->text,
                                "stream %s: subjects must be with %s", settings->name,
                                seen->element[2]->str);
    else if (window < wanted_window)
        (void)catga_text_format(problem->text, sizeof problem->text,
                                "stream %s: duplicate_window is %" PRId64
                                " ms, and must be at least %" PRId64 " ms",
                                settings->name, window, wanted_window);
    else if ((settings->compared & CATGA_STREAM_MAX_AGE) != 0 && age != wanted_age)
        (void)catga_text_format(problem->text, sizeof problem->text,
                                "stream %s: max_age is %" PRId64 " ms, and must be %" PRId64 " ms",
                                settings->name, age, wanted_age);
    else
        return CATGA_OK;
    return CATGA_DRIFTED;
}

static catga_status ensure(catga_redis_transport *redis, const catga_stream_settings *settings,
                           catga_problem *problem)
{
    const char *parts[SUBJECTS_MAX + 8];
    char key[CATGA_REDIS_KEY];
    char max_age[NUMBER];
    char window[NUMBER];
    unsigned count = 0;
    redisReply *reply;

    (void)snprintf(key, sizeof key, CATGA_REDIS_STREAM_BEGIN "%s:settings", settings->name);
    (void)snprintf(max_age, sizeof max_age, "%" PRId64, settings->max_age_ns / CATGA_MILLISECOND);
    (void)snprintf(window, sizeof window, "%" PRId64, settings->window_ns / CATGA_MILLISECOND);
    parts[count++] = "2";
    parts[count++] = key;
    parts[count++] = CATGA_REDIS_SUBJECTS;
    parts[count++] = settings->name;
    parts[count++] = max_age;
    parts[count++] = window;
    parts[count++] = settings->only_existing ? "1" : "0";
    for (size_t i = 0; i < settings->subject_count; i++)
        parts[count++] = settings->subjects[i];
    catga_status status = catga_redis_control_script(&redis->control, CATGA_REDIS_ENSURE, count,
                                                     parts, &reply, problem);
    if (status == CATGA_OK)
        status = compare(reply, settings, problem);
    freeReplyObject(reply);
    return status;
}

catga_status catga_redis_ensure_stream(catga_transport *transport,
                                       const catga_stream_settings *settings,
                                       catga_problem *problem)
{
    catga_redis_transport *redis = catga_redis_of(transport);

    if (settings->subject_count > SUBJECTS_MAX)
        return CATGA_TOO_LARGE;
    catga_status status = may_have(settings, problem);
    if (status == CATGA_OK)
        status = catga_redis_memory_may_store(&redis->control, problem);
    if (status == CATGA_OK)
        status = ensure(redis, settings, problem);
    return status == CATGA_OK ? note(redis, settings) : status;
}

/* ---- State and removal ---- */

/* Another program may have chosen the milliseconds. */
static int64_t nanoseconds_of(int64_t milliseconds)
{
    return milliseconds < CATGA_FOREVER / CATGA_MILLISECOND ? milliseconds * CATGA_MILLISECOND
                                                            : CATGA_FOREVER;
}

catga_status catga_redis_stream_state(catga_transport *transport, const char *stream,
                                      catga_stream_state *state, catga_problem *problem)
{
    catga_redis_transport *redis = catga_redis_of(transport);
    char key[CATGA_REDIS_KEY];
    char settings[CATGA_REDIS_KEY];
    const char *parts[] = {"2", key, settings};

    long long numbers[7];
    redisReply *reply;

    *state = (catga_stream_state){0};
    (void)snprintf(key, sizeof key, CATGA_REDIS_STREAM_BEGIN "%s", stream);
    (void)snprintf(settings, sizeof settings, CATGA_REDIS_STREAM_BEGIN "%s:settings", stream);
    catga_status status =
        catga_redis_control_script(&redis->control, CATGA_REDIS_STATE, 3, parts, &reply, problem);
    if (status != CATGA_OK)
        return status;
    bool absent = reply->type == REDIS_REPLY_NIL;
    bool valid = reply->type == REDIS_REPLY_ARRAY && reply->elements == 7;
    for (size_t i = 0; valid && i < reply->elements; i++) {
        valid = reply->element[i]->type == REDIS_REPLY_INTEGER && reply->element[i]->integer >= 0;
        numbers[i] = reply->element[i]->integer;
    }
    freeReplyObject(reply);
    if (!valid)
        return absent ? CATGA_NOT_FOUND : catga_redis_wrong_reply(problem);
    *state = (catga_stream_state){.messages = (uint64_t)numbers[0],
                                  .bytes = (uint64_t)numbers[1],
                                  .first_sequence = (uint64_t)numbers[2],
                                  .last_sequence = (uint64_t)numbers[3],
                                  .first_ns = nanoseconds_of(numbers[4]),
                                  .last_ns = nanoseconds_of(numbers[5]),
                                  .consumers = (uint64_t)numbers[6]};
    return CATGA_OK;
}

/* Forgets a stream: nothing is recreated any more. Its memory stays, since messages may be under
 * way. */
static void forget(catga_redis_transport *redis, const char *name)
{
    pthread_mutex_lock(&redis->lock);
    for (catga_redis_stream *at = atomic_load(&redis->streams); at != NULL; at = at->next)
        if (strcmp(at->name, name) == 0)
            atomic_store(&at->removed, true);
    pthread_mutex_unlock(&redis->lock);
}

catga_status catga_redis_remove_stream(catga_transport *transport, const char *stream,
                                       catga_problem *problem)
{
    static const char *const ends[] = {"", ":settings", ":groups", ":last"};
    catga_redis_transport *redis = catga_redis_of(transport);
    char keys[4][CATGA_REDIS_KEY];
    const char *parts[] = {"5", keys[0], keys[1], keys[2], keys[3], CATGA_REDIS_SUBJECTS, stream};
    redisReply *reply;

    for (size_t i = 0; i < 4; i++)
        (void)snprintf(keys[i], sizeof keys[i], CATGA_REDIS_STREAM_BEGIN "%s%s", stream, ends[i]);
    forget(redis, stream);
    catga_status status =
        catga_redis_control_script(&redis->control, CATGA_REDIS_REMOVE, 7, parts, &reply, problem);
    if (status == CATGA_OK && reply->integer == 0)
        status = CATGA_NOT_FOUND;
    freeReplyObject(reply);
    return status;
}

/* ---- Publishing ---- */

catga_status catga_redis_stream_publish(catga_transport *transport, const catga_outgoing *message,
                                        uint64_t token)
{
    catga_redis_transport *redis = catga_redis_of(transport);
    catga_status status = catga_redis_may_send(message);

    if (status == CATGA_OK && !message->checked && !catga_subject_valid(message->subject))
        status = CATGA_INVALID_ARGUMENT;
    if (status != CATGA_OK)
        return status;
    const catga_redis_stream *stream = find_by_subject(redis, message->subject);
    return catga_redis_store(redis, stream == NULL ? redis->stores : stream->stores, message,
                             token);
}

/* ---- Refused operations ---- */

static catga_status unsupported(const char *capability, catga_problem *problem)
{
    (void)catga_text_format(problem->text, sizeof problem->text, "the transport has no %s",
                            capability);
    return CATGA_UNSUPPORTED;
}

catga_status catga_redis_stored_ask(catga_transport *transport, const catga_stored_query *query,
                                    uint64_t token)
{
    (void)transport;
    (void)query;
    (void)token;
    return CATGA_UNSUPPORTED;
}

catga_status catga_redis_stored_found(const catga_stored_query *query, catga_incoming *answer,
                                      catga_problem *problem)
{
    (void)query;
    catga_redis_release(answer);
    return unsupported("last messages of subjects", problem);
}

catga_status catga_redis_read(catga_transport *transport, const catga_reader_settings *settings,
                              catga_reader **reader, catga_problem *problem)
{
    (void)transport;
    (void)settings;
    *reader = NULL;
    return unsupported("ordered readers of streams", problem);
}

/* There is no reader. */
void catga_redis_end_read(catga_transport *transport, catga_reader *reader)
{
    (void)transport;
    (void)reader;
}

catga_status catga_redis_purge(catga_transport *transport, const catga_purge *purge,
                               uint64_t *purged, catga_problem *problem)
{
    (void)transport;
    (void)purge;
    *purged = 0;
    return unsupported("purging of streams", problem);
}

catga_status catga_redis_seal(catga_transport *transport, const char *stream,
                              catga_problem *problem)
{
    (void)transport;
    (void)stream;
    return unsupported("sealing of streams", problem);
}

bool catga_redis_purge_skips(catga_transport *transport)
{
    (void)transport;
    return false;
}

/* ---- Stored messages by number ---- */

/* An entry has two fields: its time, and the message. */
catga_status catga_redis_stored_read(catga_redis_transport *redis, const redisReply *id,
                                     const redisReply *fields, catga_incoming *message)
{
    uint64_t number;

    if (id->type != REDIS_REPLY_STRING || !catga_redis_id_read(id->str, &number) ||
        fields->type != REDIS_REPLY_ARRAY || fields->elements != 4 ||
        fields->element[1]->type != REDIS_REPLY_STRING ||
        fields->element[3]->type != REDIS_REPLY_STRING)
        return CATGA_BAD_MESSAGE;
    catga_status status =
        catga_redis_message_read(redis, fields->element[3]->str, fields->element[3]->len, message);
    if (status != CATGA_OK)
        return status;
    catga_redis_message *native = message->native;
    (void)strlcpy(native->id, id->str, sizeof native->id);
    message->reply = NULL;
    message->deadline_ns = 0;
    message->sequence = number;
    message->stored_ns =
        strtonum(fields->element[1]->str, 0, CATGA_FOREVER / CATGA_MILLISECOND, NULL) *
        CATGA_MILLISECOND;
    return CATGA_OK;
}

static catga_status exists(catga_redis_transport *redis, const char *stream, catga_problem *problem)
{
    char key[CATGA_REDIS_KEY];
    const char *parts[] = {"EXISTS", key};
    redisReply *reply;

    snprintf(key, sizeof key, CATGA_REDIS_STREAM_BEGIN "%s:settings", stream);
    catga_status status = catga_redis_control_run(&redis->control, 2, parts, &reply, problem);
    if (status == CATGA_OK)
        status = reply->integer == 0 ? CATGA_NO_RESPONDERS : CATGA_NOT_FOUND;
    freeReplyObject(reply);
    return status;
}

static catga_status entry_read(catga_redis_transport *redis, const redisReply *entry,
                               catga_incoming *message)
{
    return entry->type != REDIS_REPLY_ARRAY || entry->elements != 2
               ? CATGA_BAD_MESSAGE
               : catga_redis_stored_read(redis, entry->element[0], entry->element[1], message);
}

catga_status catga_redis_stream_get(catga_transport *transport, const char *stream, uint64_t number,
                                    catga_incoming *message, catga_problem *problem)
{
    catga_redis_transport *redis = catga_redis_of(transport);
    char key[CATGA_REDIS_KEY];
    char id[CATGA_REDIS_ID_SIZE]; /* ends with "-0", and is the first from there */
    const char *parts[] = {"XRANGE", key, id, "+", "COUNT", "1"};
    redisReply *reply;

    snprintf(key, sizeof key, CATGA_REDIS_STREAM_BEGIN "%s", stream);
    catga_redis_id_write(id, number);
    catga_status status = catga_redis_control_run(&redis->control, 6, parts, &reply, problem);
    if (status != CATGA_OK)
        return status;
    bool empty = reply->type != REDIS_REPLY_ARRAY || reply->elements == 0;
    if (!empty)
        status = entry_read(redis, reply->element[0], message);
    freeReplyObject(reply);
    if (status == CATGA_BAD_MESSAGE)
        snprintf(problem->text, sizeof problem->text, "the stream has an entry of another program");
    return empty ? exists(redis, stream, problem) : status;
}

catga_status catga_redis_stream_erase(catga_transport *transport, const char *stream,
                                      uint64_t number, catga_problem *problem)
{
    catga_redis_transport *redis = catga_redis_of(transport);
    char key[CATGA_REDIS_KEY];
    char id[CATGA_REDIS_ID_SIZE];
    const char *parts[] = {"XDEL", key, id};
    redisReply *reply;

    snprintf(key, sizeof key, CATGA_REDIS_STREAM_BEGIN "%s", stream);
    catga_redis_id_write(id, number);
    catga_status status = catga_redis_control_run(&redis->control, 3, parts, &reply, problem);
    if (status == CATGA_OK && reply->integer == 0)
        status = CATGA_NOT_FOUND;
    freeReplyObject(reply);
    return status;
}

/* ---- Upkeep ---- */

void catga_redis_trim(catga_redis_transport *redis)
{
    for (const catga_redis_stream *at = atomic_load(&redis->streams); at != NULL; at = at->next) {
        static const char *const ends[] = {"", ":settings", ":groups", ":last"};
        char key[CATGA_REDIS_KEY];
        if (atomic_load(&at->removed))
            continue;
        catga_redis_command *command = catga_redis_pipeline_script(
            &redis->pipeline, catga_redis_pools_of(redis), CATGA_REDIS_TRIM, 4, 0,
            4 * catga_redis_part_size(CATGA_REDIS_KEY));
        if (command == NULL)
            return;
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
            snprintf(key, sizeof key, CATGA_REDIS_STREAM_BEGIN "%s%s", at->name, ends[i]);
            catga_redis_command_text(command, key);
        }
        (void)catga_redis_pipeline_send(&redis->pipeline, command);
    }
}

/* The next message recreates a missing stream. */
bool catga_redis_usable(catga_transport *transport)
{
    (void)transport;
    return true;
}
