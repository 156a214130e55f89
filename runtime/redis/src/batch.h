/* Joins many small operations of one kind into few commands, such as the acknowledgements of a
 * consumer into one XACK.
 *
 * An item is the parts that one operation adds to the command. Any thread adds items, without a
 * lock. While two commands wait for their replies, further items wait, and the next command has all
 * of them, up to a limit: an operation alone is sent at once, and those of a high rate share
 * commands. Items are sent in the order in which they were added.
 */
#ifndef CATGA_REDIS_BATCH_H
#define CATGA_REDIS_BATCH_H

#include "pipeline.h"

/* Receives the reply to a command with its items, a list; NULL: the connection was lost before the
 * reply. The items are freed after the call. */
typedef void catga_redis_batch_function(void *owner, void *user, const catga_redis_command *items,
                                        const redisReply *reply);

typedef struct catga_redis_batch_options {
    catga_redis_pipeline *pipeline;
    catga_redis_pools pools;
    const char *const *head; /* parts before those of the items, which are copied */
    unsigned head_count;
    bool is_alone; /* each item is a command, and none waits */
    catga_redis_batch_function
        *on_reply; /* gets the pipeline's `owner`; NULL: errors are reported */
    void *user;
} catga_redis_batch_options;

typedef struct catga_redis_batch catga_redis_batch;

/* Returns a batch, which catga_redis_batch_end frees. NULL: no memory. */
catga_redis_batch *catga_redis_batch_new(const catga_redis_batch_options *options);

/* Frees a batch (NULL: does nothing) when the last of its items is answered. No item is added from
 * now on. */
void catga_redis_batch_end(catga_redis_batch *batch);

/* How items become commands: those of one kind that follow each other share one. */
typedef struct catga_redis_batch_kind {
    catga_redis_script script; /* CATGA_REDIS_SCRIPTS: none, the command begins with `head` */
    unsigned parts;            /* of an item */
} catga_redis_batch_kind;

/* Sends an item, which is NULL without memory, and takes ownership of it. `kind` is a constant. An
 * item of a connection that is lost is dropped. When too many bytes wait, this waits for room,
 * except in the thread of the pipeline. CATGA_DISCONNECTED, CATGA_NO_MEMORY. */
catga_status catga_redis_batch_send(catga_redis_batch *batch, const catga_redis_batch_kind *kind,
                                    catga_redis_command *item);

#endif
