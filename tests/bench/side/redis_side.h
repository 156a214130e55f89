/*
 * redis_side.h: the other side of benchmarks over Redis: bare hiredis at REDIS_CONNECTION. Parts of
 * commands are finished bytes.
 */
#ifndef SIDE_REDIS_SIDE_H
#define SIDE_REDIS_SIDE_H

#include <hiredis/hiredis.h>
#include <stddef.h>
#include <stdint.h>

typedef struct redis_bytes {
    const uint8_t *data;
    size_t length;
} redis_bytes;

/* Connects, or ends the program. */
redisContext *redis_side_connect(void);

/* Runs a command, and checks that its reply is no error. */
void redis_side_do(redisContext *context, const char *command);

/* Reads the next reply, which the caller frees, and checks that it is no error. */
redisReply *redis_side_reply(redisContext *context);

/* Sends XADD without reading its reply: an entry with the field `m`, and for a request `r`, the
 * list of its reply; NULL: none. */
void redis_side_add(redisContext *context, const char *stream, const char *reply_list,
                    redis_bytes bytes);

/* Sends XREADGROUP for entries that were never delivered, and returns the entries; the caller frees
 * *reply. It waits for the first one for at most 30 seconds. */
const redisReply *redis_side_read(redisContext *context, const char *stream, unsigned count,
                                  redisReply **reply);

/* Sends XACK of an entry without reading its reply. */
void redis_side_acknowledge(redisContext *context, const char *stream, const redisReply *entry);

#endif
