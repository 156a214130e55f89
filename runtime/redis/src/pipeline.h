/* The connection that sends all commands of a bus but blocking ones. Any thread sends; a thread of
 * the pipeline connects, reads the replies in order, and reconnects without end.
 *
 * A sender appends its command to a queue without a lock. One of the senders writes for all that
 * append meanwhile; when the socket takes no more, the thread of the pipeline goes on. Queue and
 * bytes have limits. Commands that have no
 * reply when the connection is lost are dropped.
 */
#ifndef CATGA_REDIS_PIPELINE_H
#define CATGA_REDIS_PIPELINE_H

#include "base/ring.h"
#include "command.h"
#include "connect.h"

#include <semaphore.h>
#include <sys/uio.h>

enum {
    CATGA_REDIS_QUEUED = 16384,     /* commands that wait to be written, besides shared ones */
    CATGA_REDIS_SHARED = 16384,     /* shared ones: at most eight of each stream and consumer */
    CATGA_REDIS_UNANSWERED = 65536, /* commands that wait for their reply */
    CATGA_REDIS_BATCH = 64          /* commands of one write */
};

/* Bytes of the commands that are queued or not answered; one is always accepted. */
#define CATGA_REDIS_BYTES ((size_t)64 * 1024 * 1024)

typedef struct catga_redis_pipeline_options {
    catga_redis_link_options link;
    int64_t silence_ns; /* without a reply for so long, the connection is lost */

    /* Called by the thread of the pipeline; `owner` is passed to them and to replies. */
    void (*connected)(void *owner, const char *server); /* may send */
    void (*failed)(void *owner, catga_status status, const char *reason);
    void (*lost)(void *owner, const char *reason);
    void (*refused)(void *owner, const redisReply *error); /* of a command without on_reply */
    int64_t (*tick)(void *owner, int64_t now); /* while connected; returns the time of the next */
    void *owner;
} catga_redis_pipeline_options;

typedef struct catga_redis_pipeline {
    catga_redis_pipeline_options options;
    catga_redis_link link;
    pthread_t thread;
    pthread_t reader; /* the same, set by itself */
    bool has_thread;
    int wake_fd;
    atomic_bool up;
    atomic_bool stopping;
    atomic_bool broken; /* a write has failed */

    catga_ring queue;
    atomic_size_t bytes;
    atomic_uint_fast64_t appended; /* commands */
    atomic_uint_fast64_t answered; /* or dropped */
    pthread_mutex_t flushing;
    atomic_uint turn;     /* of new items; the next flush begins another one */
    atomic_uint items[2]; /* that are not answered, of each turn */
    atomic_bool due;
    atomic_flag writing; /* guards the fields below */
    atomic_bool blocked; /* the socket takes no more */
    unsigned first;      /* of the batch: the first that is not written */
    unsigned count;
    size_t written; /* bytes of the first */
    struct iovec batch[CATGA_REDIS_BATCH];

    atomic_uint_fast64_t sent; /* whole commands */
    uint64_t replies;          /* of the thread */
    catga_ring unanswered;     /* written, or being written, in order */
} catga_redis_pipeline;

/* Starts the thread, which connects. CATGA_NO_MEMORY: also no thread. */
CATGA_CHECKED catga_status catga_redis_pipeline_start(catga_redis_pipeline *pipeline,
                                                      const catga_redis_pipeline_options *options);

/* Ends the thread and the connection; sending fails from now on. */
void catga_redis_pipeline_stop(catga_redis_pipeline *pipeline);

/* Frees the memory of a stopped pipeline. No thread sends any more. */
void catga_redis_pipeline_end(catga_redis_pipeline *pipeline);

/* Sends a command, which is NULL without memory, and takes ownership of it. When the queue is full
 * it waits for room, except in the thread of the pipeline. CATGA_DISCONNECTED, CATGA_NO_MEMORY. */
catga_status catga_redis_pipeline_send(catga_redis_pipeline *pipeline,
                                       catga_redis_command *command);

/* Does the same, but the command is written with the next one. */
catga_status catga_redis_pipeline_queue(catga_redis_pipeline *pipeline,
                                        catga_redis_command *command);

/* Begins EVALSHA of a script with `keys` keys and `arguments` arguments of at most `size` bytes;
 * the caller adds them. NULL: no memory. */
catga_redis_command *catga_redis_pipeline_script(catga_redis_pipeline *pipeline,
                                                 catga_redis_pools pools, catga_redis_script script,
                                                 unsigned keys, unsigned arguments, size_t size);

/* Begins EVALSHA of a script; the caller adds the number of keys, the keys and the arguments,
 * `parts` in all. NULL: no memory. */
catga_redis_command *catga_redis_pipeline_eval(catga_redis_pipeline *pipeline,
                                               catga_redis_pools pools, catga_redis_script script,
                                               unsigned parts, size_t size);

/* Counts the bytes of an item, which is NULL without memory, until catga_redis_pipeline_leave().
 * Otherwise as catga_redis_pipeline_send(), which later sends the item in another command. */
catga_status catga_redis_pipeline_enter(catga_redis_pipeline *pipeline, catga_redis_command *item);
void catga_redis_pipeline_leave(catga_redis_pipeline *pipeline, const catga_redis_command *item);

/* Waits until all commands and items of before the call are answered or dropped. Returns false at
 * `end`, and without a connection. */
bool catga_redis_pipeline_flush(catga_redis_pipeline *pipeline, int64_t end);

static inline bool catga_redis_pipeline_is_up(const catga_redis_pipeline *pipeline)
{
    return atomic_load_explicit(&pipeline->up, memory_order_acquire);
}

#endif
