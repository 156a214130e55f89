/* A bucket is the stream KV_NAME with the subjects $KV.NAME.>; its settings are those of ADR-8. */
#include "kv/buckets.h"

#include "bus/status.h"
#include "kv/key.h"
#include "streams/stream_names.h"
#include "transport/capability.h"

#include <stdio.h>
#include <stdlib.h>

/* A stream has a duplicate window, although no value has an id. */
#define WINDOW (120 * CATGA_SECOND)

enum { HISTORY_MAX = 64, LOGGED = 64 };

void catga_buckets_report(catga_bus *bus, const catga_bucket *bucket, const char *verb,
                          catga_string key, catga_status status, const catga_problem *problem)
{
    if (status == CATGA_OK || status == CATGA_NOT_FOUND || status == CATGA_CONFLICT)
        return;
    int length = key.length < LOGGED ? (int)key.length : LOGGED;
    catga_log_limited(&bus->state->settings.logger, &bus->state->unpublished, CATGA_LOG_WARNING,
                      "buckets: cannot %s \"%.*s\" in bucket %.*s: " CATGA_REASON, verb, length,
                      key.data == NULL ? "" : key.data, CATGA_BUCKET_NAME_MAX,
                      bucket->name == NULL ? "" : bucket->name, CATGA_REASON_OF(status, *problem));
}

/* ---- The buckets of a bus ---- */

catga_buckets *catga_buckets_of(const catga_bus *bus)
{
    return atomic_load_explicit(&bus->state->buckets, memory_order_acquire);
}

static void free_buckets(catga_buckets *buckets)
{
    pthread_mutex_destroy(&buckets->ending);
    pthread_mutex_destroy(&buckets->lock);
    pthread_mutex_destroy(&buckets->preparing);
    free(buckets);
}

static void end(catga_buckets *buckets)
{
    catga_used_bucket *at = atomic_load(&buckets->used);

    if (buckets->free_watchers != NULL)
        buckets->free_watchers(buckets);
    while (at != NULL) {
        catga_used_bucket *next = at->next;
        free(at);
        at = next;
    }
    free_buckets(buckets);
}

/* Returns the buckets of the bus; NULL without memory. */
static catga_buckets *make(catga_bus_state *state)
{
    catga_buckets *made = calloc(1, sizeof *made);
    catga_buckets *none = NULL;

    if (made == NULL)
        return NULL;
    made->state = state;
    pthread_mutex_init(&made->preparing, NULL);
    pthread_mutex_init(&made->lock, NULL);
    pthread_mutex_init(&made->ending, NULL);
    if (!atomic_compare_exchange_strong(&state->buckets, &none, made)) {
        free_buckets(made);
        return none;
    }
    state->end_buckets = end;
    return made;
}

/* ---- Names ---- */

/* Returns the name at the server, perhaps in `prefixed`; NULL: it is too long. */
static const char *name_of(const catga_bus_state *state, const catga_bucket *bucket,
                           char prefixed[CATGA_STREAM_NAME])
{
    if (!bucket->prefixed || bucket->name == NULL)
        return bucket->name;
    return catga_names_prefixed(state, bucket->name, prefixed) ? prefixed : NULL;
}

bool catga_buckets_stream(const catga_bus_state *state, const catga_bucket *bucket,
                          char stream[CATGA_BUCKET_STREAM])
{
    char prefixed[CATGA_STREAM_NAME];
    const char *name = name_of(state, bucket, prefixed);

    if (!catga_bucket_name_valid(name))
        return false;
    snprintf(stream, CATGA_BUCKET_STREAM, "KV_%.*s", CATGA_BUCKET_NAME_MAX, name);
    return true;
}

/* Writes a subject of the bucket. An invalid name is found when the bucket is first used. */
static bool put_subject(const catga_bus_state *state, const catga_bucket *bucket, catga_string key,
                        char subject[CATGA_BUCKET_SUBJECT])
{
    char prefixed[CATGA_STREAM_NAME];
    const char *name = name_of(state, bucket, prefixed);
    int length = snprintf(subject, CATGA_BUCKET_SUBJECT, "$KV.%.*s.%.*s", CATGA_BUCKET_NAME_MAX,
                          name == NULL ? "" : name, CATGA_PRINT(key));

    return length > 0 && length < CATGA_BUCKET_SUBJECT;
}

/* ---- Creating a bucket ---- */

static bool is_valid(const catga_bus_state *state, const catga_bucket *bucket,
                     catga_problem *problem)
{
    char stream[CATGA_BUCKET_STREAM];

    if (!catga_buckets_stream(state, bucket, stream))
        snprintf(problem->text, sizeof problem->text,
                 "the name of a bucket has letters, digits, \"-\" and \"_\", at most %d%s",
                 CATGA_BUCKET_NAME_MAX, bucket->prefixed ? " with the prefix of the bus" : "");
    else if (bucket->history > HISTORY_MAX)
        snprintf(problem->text, sizeof problem->text, "history is %u, and must be 1 to %d",
                 bucket->history, HISTORY_MAX);
    else if (bucket->max_age_ns < 0 || bucket->max_bytes < 0)
        snprintf(problem->text, sizeof problem->text, "max_age_ns or max_bytes is negative");
    return problem->text[0] == '\0';
}

static int64_t window_of(const catga_bucket *bucket)
{
    return bucket->max_age_ns != 0 && bucket->max_age_ns < WINDOW ? bucket->max_age_ns : WINDOW;
}

/* Returns the settings that an existing bucket must have. */
static unsigned compared_of(const catga_bucket *bucket)
{
    unsigned fields = CATGA_STREAM_STORAGE | CATGA_STREAM_RETENTION | CATGA_STREAM_MAX_PER_SUBJECT |
                      CATGA_STREAM_MAX_AGE | CATGA_STREAM_MAX_BYTES | CATGA_STREAM_ROLLUP |
                      CATGA_STREAM_DIRECT;

    if (bucket->max_value_bytes != 0)
        fields |= CATGA_STREAM_MAX_MESSAGE_BYTES;
    if (bucket->replicas != 0)
        fields |= CATGA_STREAM_REPLICAS;
    return bucket->only_existing ? CATGA_STREAM_DIRECT : fields;
}

static catga_status ensure(catga_bus_state *state, const catga_used_bucket *used, unsigned compared,
                           catga_problem *problem)
{
    const catga_bucket *bucket = used->bucket;
    char pattern[CATGA_BUCKET_SUBJECT];
    const char *const subjects[] = {pattern};

    snprintf(pattern, sizeof pattern, "$KV.%s.>", used->stream + strlen("KV_"));
    const catga_stream_settings settings = {
        .name = used->stream,
        .subjects = subjects,
        .subject_count = 1,
        .window_ns = bucket->only_existing ? 0 : window_of(bucket),
        .max_age_ns = bucket->max_age_ns,
        .max_bytes = bucket->max_bytes,
        .max_per_subject = bucket->history == 0 ? 1 : bucket->history,
        .max_message_bytes = bucket->max_value_bytes,
        .replicas = bucket->replicas != 0 ? bucket->replicas : (unsigned)state->settings.replicas,
        .in_memory = bucket->in_memory,
        .allow_direct = true,
        .allow_rollup = true,
        .deny_delete = true,
        .only_existing = bucket->only_existing,
        .compared = compared};
    return catga_transport_ensure_stream(state->transport, &settings, problem);
}

static catga_used_bucket *find(catga_buckets *buckets, const catga_bucket *bucket)
{
    catga_used_bucket *at = atomic_load_explicit(&buckets->used, memory_order_acquire);

    while (at != NULL && at->bucket != bucket)
        at = at->next;
    return at;
}

/* Adds a valid bucket to the list. Called under `preparing`. Returns NULL without memory. */
static catga_used_bucket *add(catga_buckets *buckets, const catga_bucket *bucket)
{
    catga_used_bucket *added = calloc(1, sizeof *added);

    if (added == NULL)
        return NULL;
    added->bucket = bucket;
    (void)catga_buckets_stream(buckets->state, bucket, added->stream);
    added->hash = catga_stream_hash(catga_str(added->stream));
    added->next = atomic_load(&buckets->used);
    atomic_store_explicit(&buckets->used, added, memory_order_release);
    return added;
}

/* Creates the bucket at the server. Called under `preparing`. */
static catga_status prepare(catga_buckets *buckets, const catga_bucket *bucket,
                            catga_used_bucket **used, catga_problem *problem)
{
    catga_used_bucket *at = find(buckets, bucket);

    if (at == NULL)
        at = add(buckets, bucket);
    if (at == NULL)
        return CATGA_NO_MEMORY;
    *used = at;
    if (atomic_load(&at->ready))
        return CATGA_OK;
    catga_status status = ensure(buckets->state, at, compared_of(bucket), problem);
    if (status == CATGA_DRIFTED && bucket->only_existing) { /* of a client before 2.9 */
        at->asks_leader = true;
        status = ensure(buckets->state, at, 0, problem);
    }
    atomic_store(&at->ready, status == CATGA_OK);
    return status;
}

catga_status catga_buckets_find(catga_bus *bus, const catga_bucket *bucket,
                                const catga_used_bucket **used)
{
    catga_buckets *buckets = catga_buckets_of(bus);
    const catga_used_bucket *at = buckets == NULL ? NULL : find(buckets, bucket);

    if (at == NULL || !atomic_load_explicit(&at->ready, memory_order_acquire))
        return CATGA_IN_PROGRESS;
    *used = at;
    return CATGA_OK;
}

/* Prepares the bucket. Logs why that fails. */
static catga_status use_first(catga_bus *bus, const catga_bucket *bucket,
                              const catga_used_bucket **used)
{
    catga_problem problem = {""};
    catga_buckets *buckets = catga_buckets_of(bus);
    catga_used_bucket *at = NULL;
    catga_status status = catga_bus_may_wait(bus);

    if (status != CATGA_OK)
        return status;
    if (!is_valid(bus->state, bucket, &problem))
        status = CATGA_INVALID_ARGUMENT;
    if (status == CATGA_OK && buckets == NULL && (buckets = make(bus->state)) == NULL)
        status = CATGA_NO_MEMORY;
    if (status == CATGA_OK) {
        pthread_mutex_lock(&buckets->preparing);
        status = prepare(buckets, bucket, &at, &problem);
        pthread_mutex_unlock(&buckets->preparing);
    }
    *used = at;
    catga_buckets_report(bus, bucket, "use", CATGA_STR(""), status, &problem);
    return status;
}

catga_status catga_buckets_use(catga_bus *bus, const catga_bucket *bucket,
                               const catga_used_bucket **used)
{
    catga_status status = catga_buckets_find(bus, bucket, used);

    return status == CATGA_IN_PROGRESS ? use_first(bus, bucket, used) : status;
}

catga_status catga_bucket_ensure(catga_bus *bus, const catga_bucket *bucket)
{
    const catga_used_bucket *used;

    return catga_buckets_use(bus, bucket, &used);
}

void catga_buckets_forget(catga_bus *bus, const catga_bucket *bucket)
{
    catga_buckets *buckets = catga_buckets_of(bus);
    char stream[CATGA_BUCKET_STREAM];

    if (buckets == NULL || !catga_buckets_stream(bus->state, bucket, stream))
        return;
    catga_used_bucket *at = atomic_load_explicit(&buckets->used, memory_order_acquire);
    for (; at != NULL; at = at->next)
        if (strcmp(at->stream, stream) == 0)
            atomic_store(&at->ready, false);
}

/* ---- Subjects ---- */

bool catga_buckets_subject(catga_bus *bus, const catga_bucket *bucket, catga_string key,
                           char subject[CATGA_BUCKET_SUBJECT])
{
    const catga_problem problem = {
        "a key has letters, digits, \"-\", \"_\", \"/\", \"=\", and \".\" between tokens"};

    if (!catga_bucket_key_valid(key)) {
        catga_buckets_report(bus, bucket, "use key", key, CATGA_INVALID_ARGUMENT, &problem);
        return false;
    }
    return put_subject(bus->state, bucket, key, subject);
}

bool catga_buckets_filter(catga_bus *bus, const catga_bucket *bucket, const char *pattern,
                          char filter[CATGA_BUCKET_SUBJECT])
{
    const catga_problem problem = {
        "a pattern is a key, with \"*\" for a token or \">\" for the rest"};
    catga_string text = pattern == NULL ? CATGA_STR(">") : catga_str(pattern);

    if (!catga_bucket_pattern_valid(text)) {
        catga_buckets_report(bus, bucket, "use pattern", text, CATGA_INVALID_ARGUMENT, &problem);
        return false;
    }
    return put_subject(bus->state, bucket, text, filter);
}
