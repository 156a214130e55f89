/* Streams: they store messages of their subjects, and de-duplicate ids within a window. Guarded by
 * the store's lock. */
#ifndef CATGA_LOCAL_STREAMS_H
#define CATGA_LOCAL_STREAMS_H

#include "transport/local/message.h"

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

/* Returns the stream of that name, or NULL. Called under the lock. */
catga_local_stream *catga_local_find_stream(const catga_local_store *store, const char *name);

/* Operations of transport.h. */
catga_status catga_local_ensure_stream(catga_transport *transport,
                                       const catga_stream_settings *stream, catga_problem *problem);
catga_status catga_local_stream_publish(catga_transport *transport, const catga_outgoing *message,
                                        uint64_t token);
catga_status catga_local_stream_published(const catga_incoming *answer, catga_problem *problem);
catga_status catga_local_stream_get(catga_transport *transport, const char *stream, uint64_t number,
                                    catga_incoming *message, catga_problem *problem);
catga_status catga_local_stream_erase(catga_transport *transport, const char *stream,
                                      uint64_t number, catga_problem *problem);

/* Limits a stream. Returns false if it does not exist. Called under the lock. */
bool catga_local_limit_stream(catga_local_store *store, const char *name, size_t messages,
                              size_t bytes);

void catga_local_streams_end(catga_local_store *store);

#endif
