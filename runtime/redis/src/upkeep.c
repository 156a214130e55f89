#include "upkeep.h"

#include "base/clock.h"
#include "memory_policy.h"
#include "message.h"
#include "streams.h"
#include "subscription.h"

#include <stdlib.h>

/* Intervals. The presence of a subscriber ends CATGA_REDIS_PRESENCE_MS after its last renewal. */
#define PRESENCE CATGA_SECOND
#define MEMORY   (2 * CATGA_SECOND)
#define TRIM     (30 * CATGA_SECOND)
#define FAILURE  (5 * CATGA_SECOND)

/* ---- The connection ---- */

static void tell(catga_redis_transport *redis, catga_connection_event event, const char *text)
{
    redis->listener.on_event(redis->listener.user, event, text);
}

void catga_redis_on_connected(void *owner, const char *server)
{
    catga_redis_transport *redis = owner;
    int64_t now = catga_clock_now();

    redis->upkeep.ping_ns = now;
    redis->upkeep.presence_ns = now;
    redis->upkeep.memory_ns = now;
    redis->upkeep.trim_ns = now + (int64_t)arc4random_uniform((uint32_t)(TRIM / 1000)) * 1000;
    tell(redis, redis->upkeep.was_up ? CATGA_CONNECTION_FOUND : CATGA_CONNECTION_OPENED, server);
    redis->upkeep.was_up = true;
    pthread_mutex_lock(&redis->lock);
    atomic_store(&redis->opening, CATGA_OK);
    pthread_cond_broadcast(&redis->changed);
    pthread_mutex_unlock(&redis->lock);
}

void catga_redis_on_failed(void *owner, catga_status status, const char *reason)
{
    catga_redis_transport *redis = owner;
    int64_t now = catga_clock_now();

    pthread_mutex_lock(&redis->lock);
    atomic_store(&redis->opening, (int)status);
    pthread_cond_broadcast(&redis->changed);
    pthread_mutex_unlock(&redis->lock);
    if (now < redis->upkeep.failure_ns)
        return;
    redis->upkeep.failure_ns = now + FAILURE;
    tell(redis, CATGA_CONNECTION_FAILED, reason);
}

void catga_redis_on_lost(void *owner, const char *reason)
{
    catga_redis_transport *redis = owner;

    tell(redis, CATGA_CONNECTION_LOST, reason);
    redis->upkeep.failure_ns = catga_clock_now() + FAILURE;
    catga_redis_wake(redis);
}

void catga_redis_on_refused(void *owner, const redisReply *error)
{
    catga_redis_report(owner, "a command", error);
}

/* ---- Periodic work ---- */

/* Its reply has the server's time, and shows how long the server takes. */
static void on_time(void *owner, const catga_redis_command *command, const redisReply *reply)
{
    catga_redis_transport *redis = owner;
    int64_t now = catga_clock_now();

    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING ||
        reply->element[1]->type != REDIS_REPLY_STRING)
        return;
    int64_t seconds = strtonum(reply->element[0]->str, 0, UINT32_MAX, NULL);
    int64_t rest_us = strtonum(reply->element[1]->str, 0, 999999, NULL);
    catga_redis_clock_set(&redis->clock, seconds * 1000000 + rest_us, command->sent_ns, now);
    atomic_store(&redis->round_trip_ns, now - command->sent_ns);
}

static void on_info(void *owner, const catga_redis_command *command, const redisReply *reply)
{
    catga_redis_transport *redis = owner;

    (void)command;
    if (reply != NULL && reply->type == REDIS_REPLY_STRING)
        atomic_store(&redis->nearly_full, catga_redis_memory_nearly_full(reply->str));
}

static void send(catga_redis_transport *redis, const char *word, const char *second,
                 catga_redis_reply_function *on_reply)
{
    catga_redis_command *command = catga_redis_command_new(
        catga_redis_pools_of(redis), second == NULL ? 1 : 2, 2 * catga_redis_part_size(16));

    if (command == NULL)
        return;
    catga_redis_command_text(command, word);
    if (second != NULL)
        catga_redis_command_text(command, second);
    command->on_reply = on_reply;
    command->sent_ns = catga_clock_now();
    (void)catga_redis_pipeline_send(&redis->pipeline, command);
}

/* Returns true at *next_ns, which is then moved on. */
static bool is_due(int64_t *next_ns, int64_t now, int64_t interval_ns)
{
    if (now < *next_ns)
        return false;
    *next_ns = now + interval_ns;
    return true;
}

int64_t catga_redis_tick(void *owner, int64_t now)
{
    catga_redis_transport *redis = owner;
    catga_redis_upkeep *upkeep = &redis->upkeep;

    if (is_due(&upkeep->ping_ns, now, redis->ping_interval_ns))
        send(redis, "TIME", NULL, on_time);
    if (is_due(&upkeep->presence_ns, now, PRESENCE))
        catga_redis_join_all(redis);
    if (is_due(&upkeep->memory_ns, now, MEMORY))
        send(redis, "INFO", "memory", on_info);
    if (is_due(&upkeep->trim_ns, now, TRIM))
        catga_redis_trim(redis);
    return upkeep->ping_ns < upkeep->presence_ns ? upkeep->ping_ns : upkeep->presence_ns;
}
