/* A command for the server in its protocol, in one block of pooled memory. */
#ifndef CATGA_REDIS_COMMAND_H
#define CATGA_REDIS_COMMAND_H

#include "base/pool.h"

#include <catga/catga.h>

struct redisReply;
typedef struct catga_redis_command catga_redis_command;

/* Receives the reply to a command: NULL when the connection was lost before it came. */
typedef void catga_redis_reply_function(void *owner, const catga_redis_command *command,
                                        const struct redisReply *reply);

struct catga_redis_command {
    catga_pool *pool;                     /* NULL: of malloc */
    catga_redis_reply_function *on_reply; /* NULL: errors are reported */
    uint64_t token;
    void *user;
    catga_redis_command *next;  /* in a list of its owner */
    const void *kind;           /* of an item */
    unsigned turn;              /* of an item, for a flush */
    catga_redis_command *items; /* that a batch has joined into this command */
    bool is_counted;            /* the bytes are counted as those of the items */
    bool is_shared;             /* several messages may share it: few are under way at once */
    int64_t sent_ns;
    size_t length;
    size_t capacity;
    char bytes[];
};

/* Blocks of two sizes. */
typedef struct catga_redis_pools {
    catga_pool *small;
    catga_pool *medium;
} catga_redis_pools;

/* Returns the bytes that a text of `length` takes as a part of a command. */
static inline size_t catga_redis_part_size(size_t length)
{
    return length + 32;
}

/* Begins a command of `parts` parts, for at most `size` bytes of them. NULL: no memory. */
catga_redis_command *catga_redis_command_new(catga_redis_pools pools, unsigned parts, size_t size);

/* Begins parts of a later command. NULL: no memory. */
catga_redis_command *catga_redis_command_parts(catga_redis_pools pools, size_t size);

void catga_redis_command_free(catga_redis_command *command);

void catga_redis_command_part(catga_redis_command *command, const char *data, size_t length);
void catga_redis_command_text(catga_redis_command *command, const char *text);
void catga_redis_command_number(catga_redis_command *command, int64_t number);

/* Begins a part of `length` bytes; the caller appends them, and then ends the part. */
void catga_redis_command_begin_part(catga_redis_command *command, size_t length);
void catga_redis_command_append(catga_redis_command *command, const void *data, size_t length);
void catga_redis_command_end_part(catga_redis_command *command);

#endif
