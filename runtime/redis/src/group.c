#include "group.h"

#include "consumer_state.h"
#include "entry_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Pause between two measurements of the backlog. */
#define MEASURE_INTERVAL CATGA_SECOND

/* ---- Creation ---- */

catga_status catga_redis_group_create(catga_redis_control *control, const char *key,
                                      const char *group, const char *begin, catga_problem *problem)
{
    const char *parts[] = {"XGROUP", "CREATE", key, group, begin, "MKSTREAM"};
    redisReply *reply;
    catga_status status = catga_redis_control_run(control, 6, parts, &reply, problem);

    freeReplyObject(reply);
    return status == CATGA_REFUSED && strstr(problem->text, "BUSYGROUP") != NULL ? CATGA_OK
                                                                                 : status;
}

/* Returns when the stream was created, on the server's clock; 0: it is missing; -1: the connection
 * is of no use. */
static int64_t created_at(catga_redis_consumer *consumer)
{
    char key[CATGA_REDIS_KEY + sizeof ":settings"];
    const char *parts[] = {"HGET", key, "created"};

    snprintf(key, sizeof key, "%s:settings", consumer->key);
    redisReply *reply = catga_redis_link_call(&consumer->link, 3, parts, NULL);
    int64_t created = reply == NULL ? -1 : 0;
    if (reply != NULL && reply->type == REDIS_REPLY_STRING)
        created = strtonum(reply->str, 0, INT64_MAX, NULL);
    freeReplyObject(reply);
    return created;
}

void catga_redis_group_note_creation(catga_redis_consumer *consumer)
{
    int64_t created = consumer->created == 0 ? created_at(consumer) : 0;

    if (created > 0)
        consumer->created = created;
}

bool catga_redis_group_recreate(catga_redis_consumer *consumer)
{
    catga_redis_transport *redis = consumer->owner;
    char begin[CATGA_REDIS_ID_SIZE] = "0";
    char text[CATGA_REDIS_KEY * 2];
    const char *parts[] = {"XGROUP", "CREATE", consumer->key, consumer->group, begin, "MKSTREAM"};
    int64_t created = created_at(consumer);

    if (created < 0)
        return false;
    if (created != 0 && created == consumer->created)
        catga_redis_id_write(begin, catga_redis_held_position(&consumer->held));
    else
        catga_redis_held_reset(&consumer->held);
    consumer->created = created;
    redisReply *reply = catga_redis_link_call(&consumer->link, 6, parts, NULL);
    bool made = reply != NULL && reply->type == REDIS_REPLY_STATUS;
    bool present = made || catga_redis_is_error(reply, "BUSYGROUP");
    freeReplyObject(reply);
    snprintf(text, sizeof text, "consumer %s of stream %s", consumer->group, consumer->stream);
    if (made)
        redis->listener.on_event(redis->listener.user, CATGA_STORAGE_RESTORED, text);
    return present;
}

bool catga_redis_group_is_missing(const redisReply *reply)
{
    return catga_redis_is_error(reply, "NOGROUP") || catga_redis_is_error(reply, "UNBLOCKED") ||
           (reply != NULL && reply->type == REDIS_REPLY_ERROR &&
            strstr(reply->str, "NOGROUP") != NULL);
}

/* ---- The backlog ---- */

/* Returns the value of a field of XINFO GROUPS; NULL: absent. */
static const redisReply *field_of(const redisReply *group, const char *name)
{
    for (size_t i = 0; group->type == REDIS_REPLY_ARRAY && i + 1 < group->elements; i += 2)
        if (group->element[i]->type == REDIS_REPLY_STRING &&
            strcmp(group->element[i]->str, name) == 0)
            return group->element[i + 1];
    return NULL;
}

static void note_group(catga_redis_consumer *consumer, const redisReply *group)
{
    const redisReply *name = field_of(group, "name");
    const redisReply *lag = field_of(group, "lag");

    if (name == NULL || name->type != REDIS_REPLY_STRING || strcmp(name->str, consumer->group) != 0)
        return;
    atomic_store(&consumer->lag,
                 lag != NULL && lag->type == REDIS_REPLY_INTEGER ? lag->integer : -1);
}

bool catga_redis_group_measure(catga_redis_consumer *consumer, int64_t now)
{
    const char *parts[] = {"XINFO", "GROUPS", consumer->key};
    int64_t server_ms = catga_redis_clock_server_ms(&consumer->owner->clock,
                                                    catga_clock_after(now, consumer->unused_ns));

    if (now - consumer->measured_ns < MEASURE_INTERVAL)
        return true;
    consumer->measured_ns = now;
    redisReply *reply = catga_redis_link_call(&consumer->link, 3, parts, NULL);
    bool good = reply != NULL;
    for (size_t i = 0; good && reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++)
        note_group(consumer, reply->element[i]);
    freeReplyObject(reply);
    if (!good || consumer->unused_ns == 0 || server_ms == 0)
        return good;
    char until[CATGA_REDIS_NUMBER];
    const char *use[] = {"ZADD", consumer->groups, until, consumer->group};
    snprintf(until, sizeof until, "%" PRId64, server_ms);
    reply = catga_redis_link_call(&consumer->link, 4, use, NULL);
    good = reply != NULL;
    freeReplyObject(reply);
    return good;
}
