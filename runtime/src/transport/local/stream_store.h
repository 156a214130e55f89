/* The messages of a stream, its limits, and the ids that it has stored. Guarded by the store's
 * lock. */
#ifndef CATGA_LOCAL_STREAM_STORE_H
#define CATGA_LOCAL_STREAM_STORE_H

#include "transport/local/message.h"

enum { CATGA_LOCAL_CHAINS = 4096 };

/* A stored message; its number in the stream is its index plus one. A removed message keeps its
 * entry, and its id as long as the window. */
typedef struct catga_local_entry {
    catga_local_message *message; /* bytes and headers; NULL: released */
    const char *subject;          /* of the message; NULL: removed */
    const char *id;               /* among the headers; "" if absent */
    size_t older_id;              /* number of an older message in the same chain of ids; 0: none */
    size_t older_subject;         /* the same for subjects */
    int64_t stored_ns;
    size_t size; /* bytes, headers included */
} catga_local_entry;

struct catga_local_stream {
    catga_local_stream *next;
    char *name;
    uint64_t incarnation; /* differs between two streams of one name */
    char **subjects;
    catga_stream_settings settings; /* with these name and subjects */
    catga_local_entry *entries;
    size_t count;
    size_t capacity;
    size_t first;    /* index of the first message that is not removed; at most `count` */
    size_t released; /* all entries before this index are older than the window */
    size_t kept;     /* messages that are not removed */
    size_t kept_bytes;
    size_t consumers;
    bool sealed;                    /* refuses messages and deletions */
    size_t ids[CATGA_LOCAL_CHAINS]; /* number of the latest message per hash */
    size_t last[CATGA_LOCAL_CHAINS];
};

/* The result of adding a message. */
typedef enum catga_local_added {
    CATGA_LOCAL_FAILED, /* no memory, or the stream is full */
    CATGA_LOCAL_STORED,
    CATGA_LOCAL_KNOWN,     /* an earlier message has this id */
    CATGA_LOCAL_CONFLICT,  /* the subject has another last message than expected */
    CATGA_LOCAL_TOO_LARGE, /* larger than the stream allows */
    CATGA_LOCAL_DENIED,    /* the stream does not allow Nats-Rollup */
    CATGA_LOCAL_SEALED,
} catga_local_added;

/* Returns a stream, which the caller adds to the store; NULL without memory. */
catga_local_stream *catga_local_stream_new(const catga_stream_settings *settings);
void catga_local_stream_free(catga_local_stream *stream);

/* Returns true if the stream stores messages of that subject. */
bool catga_local_stream_has(const catga_local_stream *stream, const char *subject);

/* Adds a message, and sets *number to that of the message or of the earlier one. */
catga_local_added catga_local_stream_add(catga_local *broker, catga_local_stream *stream,
                                         const catga_outgoing *outgoing, uint64_t *number);

/* Returns true if the stream has the message with that index. */
bool catga_local_stream_keeps(const catga_local_stream *stream, size_t index);

/* Removes a message, unless it is removed. */
void catga_local_stream_remove(catga_local_stream *stream, size_t index);

/* Removes the messages that are too old. */
void catga_local_stream_expire(catga_local_stream *stream, int64_t now);

/* Returns the number of the last message of a subject without wildcards; 0: there is none. */
uint64_t catga_local_stream_last(catga_local_stream *stream, const char *subject);

#endif
