/*
 * kv.h: key-value buckets, which other NATS clients can use too (ADR-8). A bucket has values under
 * keys, and some earlier values of each key. Every write gets a revision: a number that grows over
 * the whole bucket.
 *
 *     static const catga_bucket settings = {.name = "app-config", .history = 5};
 *
 *     uint64_t revision;
 *     catga_bucket_put(bus, &settings, CATGA_STR("api.timeout"), value, &revision);
 *
 *     catga_bucket_entry entry;
 *     if (catga_bucket_get(bus, &settings, CATGA_STR("api.timeout"), &entry) == CATGA_OK)
 *         use(entry.value);
 *     catga_bucket_entry_free(&entry);
 *
 * The first function that uses a bucket creates it at the server, unless it exists. A bucket that
 * an operator deletes is created again within seconds. `bucket Settings -> Setting {...}` in a
 * schema generates the bucket, and functions with typed values: see kv_values.h.
 *
 * Keys: letters, digits, "-", "_", "/", "=" and ".", which separates tokens. No token is empty. At
 * most CATGA_BUCKET_KEY_MAX bytes. Patterns may have "*" for a token, and ">" for the rest.
 *
 * Threads: any thread, and every handler, may call every function that waits for the server. In a
 * callback of catga_bucket_put_async and catga_bucket_get_async they return CATGA_WOULD_DEADLOCK.
 *
 * A function waits for each answer of the server for at most five seconds: one answer for a read or
 * a write, two for catga_bucket_watch, up to three for catga_bucket_create. The first use of a
 * bucket waits for a few answers more, and for other threads that use a bucket for the first time.
 * catga_bucket_keys and catga_bucket_history wait as long as entries come: without one for ten
 * seconds they return CATGA_TIMEOUT. The time in which `visit` runs does not count.
 *
 * Every function may return, besides what it describes:
 *   CATGA_INVALID_ARGUMENT  the key, the pattern or the bucket's description is not valid; the log
 *                           names it
 *   CATGA_DISCONNECTED      no connection; nothing was changed
 *   CATGA_TIMEOUT           no answer; whether a write was stored is unknown
 *   CATGA_NOT_PERMITTED     the server refuses the subject that the log names
 *   CATGA_DRIFTED           the bucket exists with other settings; the log names the field, its
 *                           value, and the desired value
 *   CATGA_BAD_MESSAGE       the server's answer is damaged, or is about something else
 *   CATGA_REFUSED           the server reports another error, which the log names
 *   CATGA_NO_JETSTREAM, CATGA_UNSUPPORTED (the transport has no streams), CATGA_OVERLOADED (too
 *   many calls are pending, or the bucket is full), CATGA_TOO_LARGE, CATGA_NO_MEMORY,
 *   CATGA_CLOSED, CATGA_DRAINING
 *
 * Before nats-server 2.9.12, a purge at the server makes lagging consumers of the bucket skip other
 * keys (nats-server #3838). There catga_bucket_purge writes the marker of a purge, and leaves the
 * earlier values to `history` and `max_age_ns`; the log says so once.
 */
#ifndef CATGA_PUBLIC_KV_H
#define CATGA_PUBLIC_KV_H

#include <catga/catga.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The longest key in bytes, and the longest name of a bucket. */
#define CATGA_BUCKET_KEY_MAX  480
#define CATGA_BUCKET_NAME_MAX 128

/* The description of a bucket. It is valid and does not change until catga_close. */
typedef struct catga_bucket {
    const char *name;   /* letters, digits, "-" and "_" */
    uint32_t history;   /* values of a key that are kept, the latest included: 1 to 64; 0: 1 */
    int64_t max_age_ns; /* a value is removed after so long; 0: never */
    int64_t max_bytes;  /* of all values with their headers; 0: no limit */
    uint32_t max_value_bytes; /* of a value with its headers; 0: no limit but the server's */
    uint32_t replicas;        /* servers of a cluster that store it; 0: as the options say */
    bool in_memory;           /* of the servers; otherwise in files */
    bool only_existing; /* an absent bucket is CATGA_NOT_FOUND, and is not created; an existing
                           one may have any settings */
    bool prefixed;      /* the prefix of a bus, unless it is "catga", precedes the name at the
                           server, as it does for the names of streams */
} catga_bucket;

/* The kind of an entry. */
typedef enum catga_bucket_change {
    CATGA_BUCKET_PUT,
    CATGA_BUCKET_DELETED, /* its earlier values remain in its history */
    CATGA_BUCKET_PURGED   /* with its earlier values, or because max_age_ns has passed */
} catga_bucket_change;

/* A value, or the marker of a deletion. */
typedef struct catga_bucket_entry {
    catga_string key;
    catga_bytes value; /* empty for a marker */
    uint64_t revision;
    int64_t time_ns; /* when it was stored: nanoseconds since 1970, by the server's clock */
    catga_bucket_change change;

    /* Of the runtime. */
    const catga_bus *bus;
    void *native;
} catga_bucket_entry;

/* Frees an entry that catga_bucket_get or catga_bucket_get_revision returned, before catga_close.
 * Also allowed after a failure, and a second time. */
void catga_bucket_entry_free(catga_bucket_entry *entry);

/* ---- Writing ---- */

/* Each sets *revision, which may be NULL, after success. */

/* Stores a value, whatever the key has. */
CATGA_CHECKED catga_status catga_bucket_put(catga_bus *bus, const catga_bucket *bucket,
                                            catga_string key, catga_bytes value,
                                            uint64_t *revision);

/* Stores a value if the key has none: it never had one, or it was deleted. CATGA_CONFLICT: it has
 * one. */
CATGA_CHECKED catga_status catga_bucket_create(catga_bus *bus, const catga_bucket *bucket,
                                               catga_string key, catga_bytes value,
                                               uint64_t *revision);

/* Stores a value if the latest revision of the key, perhaps that of a marker, is `expected`; 0: if
 * the key never had one. CATGA_CONFLICT: it is another; get the value, and decide again. */
CATGA_CHECKED catga_status catga_bucket_update(catga_bus *bus, const catga_bucket *bucket,
                                               catga_string key, catga_bytes value,
                                               uint64_t expected, uint64_t *revision);

/* Deletes the value of a key; also if it has none. */
CATGA_CHECKED catga_status catga_bucket_delete(catga_bus *bus, const catga_bucket *bucket,
                                               catga_string key, uint64_t *revision);

/* Deletes it if the latest revision of the key is `expected`. CATGA_CONFLICT: it is another. */
CATGA_CHECKED catga_status catga_bucket_delete_revision(catga_bus *bus, const catga_bucket *bucket,
                                                        catga_string key, uint64_t expected,
                                                        uint64_t *revision);

/* Deletes the value of a key and all its earlier values. */
CATGA_CHECKED catga_status catga_bucket_purge(catga_bus *bus, const catga_bucket *bucket,
                                              catga_string key, uint64_t *revision);

/* ---- Reading ---- */

/* Gets the value of a key. CATGA_NOT_FOUND: the key has none. In a cluster, the answer may lack the
 * latest writes; an update by revision is compared with the latest. */
CATGA_CHECKED catga_status catga_bucket_get(catga_bus *bus, const catga_bucket *bucket,
                                            catga_string key, catga_bucket_entry *entry);

/* Gets an earlier value, or a marker. CATGA_NOT_FOUND: the revision is gone, or is of another key.
 */
CATGA_CHECKED catga_status catga_bucket_get_revision(catga_bus *bus, const catga_bucket *bucket,
                                                     catga_string key, uint64_t revision,
                                                     catga_bucket_entry *entry);

/* Receives an entry, which is valid until it returns; false ends the walk. */
typedef bool catga_bucket_visit(const catga_bucket_entry *entry, void *user);

/* Visits the keys with a value, in the order of their revisions. `pattern` NULL: all keys. The
 * entries have no values. A key that is written meanwhile may be visited again. The calling thread
 * waits; another thread calls `visit`. */
CATGA_CHECKED catga_status catga_bucket_keys(catga_bus *bus, const catga_bucket *bucket,
                                             const char *pattern, catga_bucket_visit *visit,
                                             void *user);

/* Visits the kept entries of the keys of a pattern, markers included, the oldest first. */
CATGA_CHECKED catga_status catga_bucket_history(catga_bus *bus, const catga_bucket *bucket,
                                                const char *pattern, catga_bucket_visit *visit,
                                                void *user);

/* ---- Without waiting ---- */

/* "$KV.", the names of bucket and key, and the dot between them have at most 255 bytes here:
 * otherwise these functions return CATGA_INVALID_ARGUMENT. If the bucket is used for the first
 * time, they wait for the server. */

/* Gets the outcome of catga_bucket_put_async, exactly once, in a thread that receives answers. */
typedef void catga_bucket_stored(catga_status status, uint64_t revision, const catga_error *error,
                                 void *user);

/* Stores a value without waiting. After CATGA_OK the callback gets the outcome; after another
 * status it is not called. `value` is read during the call. */
CATGA_CHECKED catga_status catga_bucket_put_async(catga_bus *bus, const catga_bucket *bucket,
                                                  catga_string key, catga_bytes value,
                                                  catga_bucket_stored *stored, void *user);

/* The same for catga_bucket_update. */
CATGA_CHECKED catga_status catga_bucket_update_async(catga_bus *bus, const catga_bucket *bucket,
                                                     catga_string key, catga_bytes value,
                                                     uint64_t expected, catga_bucket_stored *stored,
                                                     void *user);

/* Gets the outcome of catga_bucket_get_async; `entry` is valid until it returns, and NULL unless
 * `status` is CATGA_OK. */
typedef void catga_bucket_got(catga_status status, const catga_bucket_entry *entry,
                              const catga_error *error, void *user);

/* Gets a value without waiting. */
CATGA_CHECKED catga_status catga_bucket_get_async(catga_bus *bus, const catga_bucket *bucket,
                                                  catga_string key, catga_bucket_got *got,
                                                  void *user);

/* ---- Watching ---- */

typedef struct catga_bucket_watcher catga_bucket_watcher;

/* The first entries of a watcher. */
typedef enum catga_watch_start {
    CATGA_WATCH_VALUES,  /* the present value of each key, then changes */
    CATGA_WATCH_HISTORY, /* all kept entries, then changes */
    CATGA_WATCH_CHANGES  /* changes only */
} catga_watch_start;

typedef struct catga_watch {
    const char *pattern; /* NULL: all keys */
    catga_watch_start start;
    bool ignores_deletions; /* gets no markers */
    bool keys_only;         /* the entries have no values */

    /* Called in the order of revisions, by one thread at a time. An entry is valid until it
     * returns. */
    void (*changed)(const catga_bucket_entry *entry, void *user);

    /* Called once, after the present entries; at once if there are none. NULL: not called. */
    void (*caught_up)(void *user);
    void *user;
} catga_watch;

/* Begins to watch; *watcher is valid until catga_bucket_unwatch or catga_close. A watcher survives
 * lost connections and restarts of the server, and then gets what it has missed: at least the last
 * entry of each key. While `changed` runs, the server holds further entries back. It ends when the
 * bus drains, which waits for a running function without a limit. */
CATGA_CHECKED catga_status catga_bucket_watch(catga_bus *bus, const catga_bucket *bucket,
                                              const catga_watch *watch,
                                              catga_bucket_watcher **watcher);

/* Ends a watcher: its functions do not run any more. No function of a watcher may call this: it
 * logs an error and does nothing then. NULL: no effect. */
void catga_bucket_unwatch(catga_bucket_watcher *watcher);

/* ---- The bucket ---- */

/* Creates a bucket at the server unless it exists, as the first function that uses it does. */
CATGA_CHECKED catga_status catga_bucket_ensure(catga_bus *bus, const catga_bucket *bucket);

/* Describes the stream of a bucket: `messages` counts entries with history and markers. Returns
 * CATGA_NOT_FOUND without the bucket. */
CATGA_CHECKED catga_status catga_bucket_get_state(catga_bus *bus, const catga_bucket *bucket,
                                                  catga_stream_state *state);

/* Deletes a bucket with all its values. The next function of this bus that uses the bucket creates
 * it again. Returns CATGA_NOT_FOUND without the bucket. */
CATGA_CHECKED catga_status catga_bucket_remove(catga_bus *bus, const catga_bucket *bucket);

#ifdef __cplusplus
}
#endif

#endif
