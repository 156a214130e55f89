/* The semantics are those of JetStream's key-value buckets as the NATS transport uses them. */
#include "transport/local/kv.h"

#include "transport/local/answer.h"
#include "transport/local/limits.h"
#include "transport/local/message.h"
#include "transport/local/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEY_BUCKETS = 4096 };

typedef struct record {
    struct record *next;
    char *key;
    uint64_t revision;
    int64_t written_ns;
    size_t size;                  /* bytes, headers included */
    catga_local_message *message; /* bytes and headers */
} record;

struct catga_local_bucket {
    catga_local_bucket *next;
    char *name;
    int64_t max_age_ns;
    uint64_t revisions;
    size_t kept;       /* latest records of all keys */
    size_t kept_bytes; /* their bytes, headers included */
    size_t max_kept;   /* 0: no limit */
    size_t max_bytes;  /* 0: no limit */
    bool drops_oldest; /* at a limit; otherwise new records are refused */
    record *records[KEY_BUCKETS];
};

static void free_record(record *at)
{
    if (at->message != NULL)
        catga_local_message_release(at->message);
    free(at->key);
    free(at);
}

static void free_bucket(catga_local_bucket *bucket)
{
    for (size_t i = 0; i < KEY_BUCKETS; i++) {
        while (bucket->records[i] != NULL) {
            record *next = bucket->records[i]->next;
            free_record(bucket->records[i]);
            bucket->records[i] = next;
        }
    }
    free(bucket->name);
    free(bucket);
}

void catga_local_buckets_end(catga_local_store *store)
{
    while (store->buckets != NULL) {
        catga_local_bucket *next = store->buckets->next;
        free_bucket(store->buckets);
        store->buckets = next;
    }
}

/* ---- Buckets ---- */

static catga_local_bucket *find_bucket(const catga_local_store *store, const char *name)
{
    catga_local_bucket *bucket = store->buckets;

    while (bucket != NULL && strcmp(bucket->name, name) != 0)
        bucket = bucket->next;
    return bucket;
}

static catga_status make_bucket(catga_local_store *store, const catga_bucket_settings *settings)
{
    catga_local_bucket *bucket = calloc(1, sizeof *bucket);

    if (bucket == NULL)
        return CATGA_NO_MEMORY;
    bucket->name = strdup(settings->name);
    if (bucket->name == NULL) {
        free_bucket(bucket);
        return CATGA_NO_MEMORY;
    }
    bucket->max_age_ns = settings->max_age_ns;
    bucket->max_bytes = (size_t)settings->max_bytes;
    bucket->drops_oldest = settings->drops_oldest;
    bucket->next = store->buckets;
    store->buckets = bucket;
    return CATGA_OK;
}

static catga_status compare(const catga_local_bucket *bucket, const catga_bucket_settings *settings,
                            catga_problem *problem)
{
    if (bucket->max_age_ns >= settings->max_age_ns)
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text,
             "bucket %s: max_age is %" PRId64 ", and must be at least %" PRId64, bucket->name,
             bucket->max_age_ns, settings->max_age_ns);
    return CATGA_DRIFTED;
}

catga_status catga_local_ensure_bucket(catga_transport *transport,
                                       const catga_bucket_settings *settings,
                                       catga_problem *problem)
{
    catga_local *broker = catga_local_of(transport)->broker;

    if (!atomic_load(&broker->connected))
        return CATGA_DISCONNECTED;
    if (catga_local_refuses(catga_local_of(transport), "$JS.API.STREAM.INFO.KV_%s", settings->name))
        return CATGA_NOT_PERMITTED;
    pthread_mutex_lock(&broker->store.lock);
    const catga_local_bucket *bucket = find_bucket(&broker->store, settings->name);
    catga_status status =
        bucket != NULL ? compare(bucket, settings, problem) : make_bucket(&broker->store, settings);
    pthread_mutex_unlock(&broker->store.lock);
    return status;
}

bool catga_local_limit_bucket(catga_local_store *store, const char *name, size_t records,
                              size_t bytes)
{
    catga_local_bucket *bucket = find_bucket(store, name);

    if (bucket == NULL)
        return false;
    bucket->max_kept = records;
    bucket->max_bytes = bytes;
    return true;
}

bool catga_local_nearly_full(catga_transport *transport, const char *name)
{
    catga_local_store *store = &catga_local_of(transport)->broker->store;

    pthread_mutex_lock(&store->lock);
    const catga_local_bucket *bucket = find_bucket(store, name);
    bool full = bucket != NULL && bucket->max_bytes != 0 &&
                bucket->kept_bytes >= bucket->max_bytes - bucket->max_bytes / 10;
    pthread_mutex_unlock(&store->lock);
    return full;
}

/* ---- Records ---- */

static record **chain_of(catga_local_bucket *bucket, const char *key)
{
    uint32_t hash = 2166136261U;

    for (; *key != '\0'; key++)
        hash = (hash ^ (uint8_t)*key) * 16777619U;
    return &bucket->records[hash % KEY_BUCKETS];
}

static void remove_record(catga_local_bucket *bucket, record **at)
{
    record *removed = *at;

    *at = removed->next;
    bucket->kept--;
    bucket->kept_bytes -= removed->size;
    free_record(removed);
}

/* Returns the record of a key, or NULL. Removes expired records of its chain. */
static record *find_record(catga_local_bucket *bucket, const char *key, int64_t now)
{
    record **at = chain_of(bucket, key);
    record *found = NULL;

    while (*at != NULL) {
        record *here = *at;
        if (now - here->written_ns >= bucket->max_age_ns) {
            remove_record(bucket, at);
            continue;
        }
        if (strcmp(here->key, key) == 0)
            found = here;
        at = &here->next;
    }
    return found;
}

static record *add_record(catga_local_bucket *bucket, const char *key)
{
    record *added = calloc(1, sizeof *added);

    if (added == NULL)
        return NULL;
    added->key = strdup(key);
    if (added->key == NULL) {
        free_record(added);
        return NULL;
    }
    record **chain = chain_of(bucket, key);
    added->next = *chain;
    *chain = added;
    bucket->kept++;
    return added;
}

/* Returns true if a write would exceed the limit of the bucket. */
static bool is_full(const catga_local_bucket *bucket, const record *at, size_t size)
{
    size_t others = bucket->kept_bytes - (at == NULL ? 0 : at->size);

    return (bucket->max_kept != 0 && at == NULL && bucket->kept >= bucket->max_kept) ||
           (bucket->max_bytes != 0 &&
            (others >= bucket->max_bytes || size > bucket->max_bytes - others));
}

/* Returns the link to the oldest record except `spared`, or NULL. */
static record **find_oldest(catga_local_bucket *bucket, const record *spared)
{
    record **oldest = NULL;

    for (size_t i = 0; i < KEY_BUCKETS; i++)
        for (record **at = &bucket->records[i]; *at != NULL; at = &(*at)->next)
            if (*at != spared && (oldest == NULL || (*at)->revision < (*oldest)->revision))
                oldest = at;
    return oldest;
}

/* Makes room for `size` bytes that replace `at`, which may be NULL. Returns false if it cannot. */
static bool make_room(catga_local_bucket *bucket, const record *at, size_t size)
{
    record **oldest = NULL;

    while (is_full(bucket, at, size)) {
        oldest = bucket->drops_oldest ? find_oldest(bucket, at) : NULL;
        if (oldest == NULL)
            return false;
        remove_record(bucket, oldest);
    }
    return true;
}

/* Returns the answer: sequence 0 means another revision; a length means that there is no room. */
static catga_incoming write_record(catga_local *broker, catga_local_bucket *bucket, const char *key,
                                   const catga_outgoing *outgoing, uint64_t revision)
{
    const catga_incoming not_now = {.no_responders = true};
    int64_t now = catga_local_store_now(&broker->store);
    record *at = find_record(bucket, key, now);
    size_t size = catga_local_size(outgoing);

    if ((at == NULL ? 0 : at->revision) != revision)
        return (catga_incoming){.sequence = 0};
    if (!make_room(bucket, at, size))
        return (catga_incoming){.length = 1};
    catga_local_message *message = catga_local_message_make(broker, outgoing, NULL, 0);
    if (message != NULL && at == NULL)
        at = add_record(bucket, key);
    if (message == NULL || at == NULL) {
        if (message != NULL)
            catga_local_message_release(message);
        return not_now;
    }
    if (at->message != NULL)
        catga_local_message_release(at->message);
    at->message = message;
    bucket->kept_bytes = bucket->kept_bytes - at->size + size;
    at->size = size;
    at->written_ns = now;
    at->revision = ++bucket->revisions;
    return (catga_incoming){.sequence = at->revision};
}

catga_status catga_local_kv_write(catga_transport *transport, catga_kv_key key,
                                  const catga_outgoing *outgoing, uint64_t revision, uint64_t token)
{
    catga_local_transport *sender = catga_local_of(transport);
    catga_local_store *store = &sender->broker->store;
    catga_status status = catga_local_may_send(sender, outgoing);
    catga_incoming answer = {.no_responders = true};

    if (status == CATGA_OK && catga_local_refuses(sender, "$KV.%s.%s", key.bucket, key.key))
        status = CATGA_NOT_PERMITTED;
    if (status != CATGA_OK)
        return status;
    pthread_mutex_lock(&store->lock);
    catga_local_bucket *bucket = find_bucket(store, key.bucket);
    bool silent = catga_local_store_fails(store, CATGA_LOCAL_LOSE_WRITE);
    if (!silent && bucket != NULL)
        answer = write_record(sender->broker, bucket, key.key, outgoing, revision);
    silent |= catga_local_store_fails(store, CATGA_LOCAL_LOSE_WRITE_ACK);
    pthread_mutex_unlock(&store->lock);
    if (!silent)
        catga_local_reply(sender, token, &answer);
    return CATGA_OK;
}

catga_status catga_local_kv_written(const catga_incoming *answer, uint64_t *revision,
                                    catga_problem *problem)
{
    *revision = answer->sequence;
    if (answer->no_responders)
        return CATGA_NO_RESPONDERS;
    if (answer->length != 0) {
        snprintf(problem->text, sizeof problem->text, "the server says: maximum bytes exceeded");
        return CATGA_OVERLOADED;
    }
    return answer->sequence == 0 ? CATGA_REFUSED : CATGA_OK;
}

static catga_incoming copy_of(catga_local *broker, const record *at)
{
    const catga_outgoing copied = {.subject = "",
                                   .data = at->message->data,
                                   .length = at->message->length,
                                   .headers = at->message->headers,
                                   .header_count = at->message->header_count};
    catga_local_message *message = catga_local_message_make(broker, &copied, NULL, 0);

    if (message == NULL)
        return (catga_incoming){.no_responders = true};
    return (catga_incoming){.data = message->data,
                            .length = message->length,
                            .sequence = at->revision,
                            .native = message};
}

catga_status catga_local_kv_read(catga_transport *transport, catga_kv_key key, uint64_t token)
{
    catga_local_transport *sender = catga_local_of(transport);
    catga_local_store *store = &sender->broker->store;
    catga_incoming answer = {.no_responders = true};

    if (!atomic_load(&sender->broker->connected))
        return CATGA_DISCONNECTED;
    if (catga_local_refuses(sender, "$JS.API.DIRECT.GET.KV_%s.$KV.%s.%s", key.bucket, key.bucket,
                            key.key))
        return CATGA_NOT_PERMITTED;
    pthread_mutex_lock(&store->lock);
    catga_local_bucket *bucket = find_bucket(store, key.bucket);
    if (bucket != NULL) {
        const record *at = find_record(bucket, key.key, catga_local_store_now(store));
        answer = at == NULL ? (catga_incoming){.sequence = 0} : copy_of(sender->broker, at);
    }
    pthread_mutex_unlock(&store->lock);
    catga_local_reply(sender, token, &answer);
    return CATGA_OK;
}

catga_status catga_local_kv_found(const catga_incoming *answer, uint64_t *revision,
                                  catga_problem *problem)
{
    (void)problem;
    *revision = answer->sequence;
    return answer->no_responders ? CATGA_NO_RESPONDERS : CATGA_OK;
}
