/* Bare hiredis; see redis_side.h. */
#include "redis_side.h"

#include "../bench.h"

#include <string.h>

redisContext *redis_side_connect(void)
{
    const char *url = getenv("REDIS_CONNECTION");
    const char *port = url == NULL ? NULL : strrchr(url, ':');

    bench_need(port != NULL, "REDIS_CONNECTION names a port");
    redisContext *context = redisConnect("127.0.0.1", atoi(port + 1));
    bench_need(context != NULL && context->err == 0, "redisConnect");
    return context;
}

redisReply *redis_side_reply(redisContext *context)
{
    void *reply = NULL;

    bench_need(redisGetReply(context, &reply) == REDIS_OK, "redisGetReply");
    bench_need(((redisReply *)reply)->type != REDIS_REPLY_ERROR, ((redisReply *)reply)->str);
    return reply;
}

void redis_side_do(redisContext *context, const char *command)
{
    bench_need(redisAppendCommand(context, command) == REDIS_OK, "redisAppendCommand");
    freeReplyObject(redis_side_reply(context));
}

void redis_side_add(redisContext *context, const char *stream, const char *reply_list,
                    redis_bytes bytes)
{
    const char *parts[] = {"XADD", stream, "*", "m", (const char *)bytes.data, "r", reply_list};
    const size_t lengths[] = {
        4, strlen(stream), 1, 1, bytes.length, 1, reply_list == NULL ? 0 : strlen(reply_list)};
    int count = reply_list == NULL ? 5 : 7;

    bench_need(redisAppendCommandArgv(context, count, parts, lengths) == REDIS_OK, "XADD");
}

const redisReply *redis_side_read(redisContext *context, const char *stream, unsigned count,
                                  redisReply **reply)
{
    bench_need(redisAppendCommand(context, "XREADGROUP GROUP g c COUNT %u BLOCK 30000 STREAMS %s >",
                                  count, stream) == REDIS_OK,
               "XREADGROUP");
    *reply = redis_side_reply(context);
    bench_need((*reply)->type == REDIS_REPLY_ARRAY && (*reply)->elements == 1, "entries");
    return (*reply)->element[0]->element[1];
}

void redis_side_acknowledge(redisContext *context, const char *stream, const redisReply *entry)
{
    bench_need(redisAppendCommand(context, "XACK %s g %s", stream, entry->element[0]->str) ==
                   REDIS_OK,
               "XACK");
}
