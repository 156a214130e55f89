/* The buckets that a bus uses: checked, created at the server, and known from then on. */
#ifndef CATGA_BUCKETS_H
#define CATGA_BUCKETS_H

#include "bus/bus_state.h"

#include <catga/kv.h>

/* The longest subject of a key: "$KV.", the bucket's name, a dot, and the key. */
enum {
    CATGA_BUCKET_SUBJECT = CATGA_BUCKET_NAME_MAX + CATGA_BUCKET_KEY_MAX + 8,
    CATGA_BUCKET_STREAM = CATGA_BUCKET_NAME_MAX + 4
};

/* A bucket that is used. It lives as long as the bus. */
typedef struct catga_used_bucket {
    struct catga_used_bucket *next;
    const catga_bucket *bucket;
    char stream[CATGA_BUCKET_STREAM]; /* KV_NAME */
    uint32_t hash;                    /* catga_stream_hash of it */
    atomic_bool ready;                /* it exists at the server */
    bool asks_leader;                 /* it does not allow direct reads */
} catga_used_bucket;

/* The buckets and watchers of a bus, allocated with the first. */
typedef struct catga_buckets {
    catga_bus_state *state;
    pthread_mutex_t preparing; /* held while a bucket is created at the server */
    pthread_mutex_t lock;      /* guards the list of watchers; held for a few instructions */
    pthread_mutex_t ending;    /* held while a watcher ends; taken before `lock` */
    _Atomic(catga_used_bucket *) used;
    struct catga_bucket_watcher *watchers;
    void (*free_watchers)(struct catga_buckets *buckets); /* NULL: there was none */
    atomic_bool marks_told; /* the log says that purges leave earlier values */
} catga_buckets;

/* Finds a bucket, and creates it at the server unless this bus has done that. Waits for the server
 * then. Logs why it fails. */
catga_status catga_buckets_use(catga_bus *bus, const catga_bucket *bucket,
                               const catga_used_bucket **used);

/* The same without waiting: CATGA_IN_PROGRESS if the server must be asked first. */
catga_status catga_buckets_find(catga_bus *bus, const catga_bucket *bucket,
                                const catga_used_bucket **used);

/* Has the next function that uses a bucket of this name create it. */
void catga_buckets_forget(catga_bus *bus, const catga_bucket *bucket);

/* Writes "KV_NAME" with the name at the server. False: the name is not valid, or too long with the
 * prefix of the bus. */
bool catga_buckets_stream(const catga_bus_state *state, const catga_bucket *bucket,
                          char stream[CATGA_BUCKET_STREAM]);

/* Returns the buckets of a bus that has used one. */
catga_buckets *catga_buckets_of(const catga_bus *bus);

/* Writes the subject of a key. False: the key is not valid; the log names it. */
bool catga_buckets_subject(catga_bus *bus, const catga_bucket *bucket, catga_string key,
                           char subject[CATGA_BUCKET_SUBJECT]);

/* The same for a pattern; NULL: all keys. */
bool catga_buckets_filter(catga_bus *bus, const catga_bucket *bucket, const char *pattern,
                          char filter[CATGA_BUCKET_SUBJECT]);

/* Logs why something cannot be done, unless the caller learns all from the status. */
void catga_buckets_report(catga_bus *bus, const catga_bucket *bucket, const char *verb,
                          catga_string key, catga_status status, const catga_problem *problem);

#endif
