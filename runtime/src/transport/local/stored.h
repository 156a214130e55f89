/*
 * What is stored in the hub, as the files know it that work on it: streams.c, which stores, and
 * consumers.c, which hands out. One lock, that of the store, guards it all; nothing is called under
 * it that may wait.
 */
#ifndef CATGA_LOCAL_STORED_H
#define CATGA_LOCAL_STORED_H

#include "transport/local/hub.h"

enum { CATGA_LOCAL_ID_BUCKETS = 4096 };

/* A message as it was stored; its number in the stream is its index, plus one. */
typedef struct catga_local_entry {
    catga_local_message *message; /* bytes and headers */
    char *subject;
    const char *id;    /* among the headers; "" for none */
    size_t older_same; /* the number of an older one with an id of the same bucket; 0: none */
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
    size_t kept;       /* messages that are not erased, */
    size_t kept_bytes; /* and their bytes, headers included */
    size_t max_kept;   /* 0: no limit */
    size_t max_bytes;  /* 0: no limit */
    size_t buckets[CATGA_LOCAL_ID_BUCKETS]; /* the number of the latest with such an id */
};

/* The stream of that name, or NULL. */
catga_local_stream *catga_local_find_stream(const catga_local_store *store, const char *name);

/* Under the lock: forgets consumers that had no members for long enough, and notes who has none. */
void catga_local_forget_unused(catga_local *hub, int64_t now);

void catga_local_streams_end(catga_local_store *store);
void catga_local_consumers_end(catga_local_store *store);

#endif
