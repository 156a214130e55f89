/* Streams of the broker, shared by streams.c, which stores messages, and consumers.c, which
 * delivers them. One lock, the store's, guards all of it. No function that may wait is called
 * under it. */
#ifndef CATGA_LOCAL_STORED_H
#define CATGA_LOCAL_STORED_H

#include "transport/local/broker.h"

enum { CATGA_LOCAL_ID_BUCKETS = 4096 };

/* A stored message; its number in the stream is its index plus one. */
typedef struct catga_local_entry {
    catga_local_message *message; /* bytes and headers */
    char *subject;
    const char *id;    /* among the headers; "" if absent */
    size_t older_same; /* number of an older message in the same hash bucket; 0: none */
    int64_t stored_ns;
    size_t size; /* bytes, headers included */
    bool erased;
} catga_local_entry;

struct catga_local_stream {
    catga_local_stream *next;
    char *name;
    char **subjects;
    size_t subject_count;
    int64_t window_ns;
    catga_local_entry *entries;
    size_t count;
    size_t capacity;
    size_t kept;                            /* messages that are not erased */
    size_t kept_bytes;                      /* their bytes, headers included */
    size_t max_kept;                        /* 0: no limit */
    size_t max_bytes;                       /* 0: no limit */
    size_t buckets[CATGA_LOCAL_ID_BUCKETS]; /* number of the latest message per hash */
};

/* Returns the stream of that name, or NULL. */
catga_local_stream *catga_local_find_stream(const catga_local_store *store, const char *name);

/* Under the lock: forgets consumers that had no members for long enough, and notes who has none. */
void catga_local_forget_unused(catga_local *broker, int64_t now);

void catga_local_streams_end(catga_local_store *store);
void catga_local_consumers_end(catga_local_store *store);

#endif
