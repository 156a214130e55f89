#include "records.h"

#include "memory_policy.h"
#include "send.h"
#include "transport/validate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BUCKET_BEGIN "catga:bucket:"

enum { NUMBER = 24 };

/* A bucket that this process has ensured. */
struct catga_redis_bucket {
    catga_redis_bucket *next;
    int64_t max_age_ms;
    char name[];
};

/* ---- Buckets ---- */

static const catga_redis_bucket *find(const catga_redis_transport *redis, const char *name)
{
    const catga_redis_bucket *bucket = atomic_load(&redis->buckets);

    while (bucket != NULL && strcmp(bucket->name, name) != 0)
        bucket = bucket->next;
    return bucket;
}

static catga_status note(catga_redis_transport *redis, const catga_bucket_settings *settings)
{
    size_t length = strlen(settings->name);
    catga_status status = CATGA_OK;

    pthread_mutex_lock(&redis->lock);
    if (find(redis, settings->name) == NULL) {
        catga_redis_bucket *made = calloc(1, sizeof *made + length + 1);
        if (made != NULL) {
            memcpy(made->name, settings->name, length);
            made->max_age_ms = settings->max_age_ns / CATGA_MILLISECOND;
            made->next = atomic_load(&redis->buckets);
            atomic_store(&redis->buckets, made);
        }
        status = made == NULL ? CATGA_NO_MEMORY : CATGA_OK;
    }
    pthread_mutex_unlock(&redis->lock);
    return status;
}

void catga_redis_buckets_free(catga_redis_transport *redis)
{
    catga_redis_bucket *at = atomic_load(&redis->buckets);

    while (at != NULL) {
        catga_redis_bucket *next = at->next;
        free(at);
        at = next;
    }
    atomic_store(&redis->buckets, NULL);
}

catga_status catga_redis_ensure_bucket(catga_transport *transport,
                                       const catga_bucket_settings *bucket, catga_problem *problem)
{
    catga_redis_transport *redis = catga_redis_of(transport);
    char key[CATGA_REDIS_KEY];
    char max_age[NUMBER];
    const char *parts[] = {"HSETNX", key, "max_age", max_age};
    redisReply *reply;

    catga_status status = catga_redis_memory_may_store(&redis->control, problem);
    if (status != CATGA_OK)
        return status;
    snprintf(key, sizeof key, BUCKET_BEGIN "%s", bucket->name);
    snprintf(max_age, sizeof max_age, "%" PRId64, bucket->max_age_ns / CATGA_MILLISECOND);
    status = catga_redis_control_run(&redis->control, 4, parts, &reply, problem);
    freeReplyObject(reply);
    if (status != CATGA_OK)
        return status;
    const char *get[] = {"HGET", key, "max_age"};
    status = catga_redis_control_run(&redis->control, 3, get, &reply, problem);
    if (status != CATGA_OK)
        return status;
    int64_t seen = reply->type == REDIS_REPLY_STRING ? strtoll(reply->str, NULL, 10) : 0;
    freeReplyObject(reply);
    if (seen >= bucket->max_age_ns / CATGA_MILLISECOND)
        return note(redis, bucket);
    snprintf(problem->text, sizeof problem->text,
             "bucket %s: max_age is %" PRId64 " ms, and must be at least %s ms", bucket->name, seen,
             max_age);
    return CATGA_DRIFTED;
}

/* Redis limits the memory of the server, not that of a bucket. */
bool catga_redis_nearly_full(catga_transport *transport, const char *bucket)
{
    (void)bucket;
    return atomic_load_explicit(&catga_redis_of(transport)->nearly_full, memory_order_relaxed);
}

/* ---- Writing ---- */

/* Reads a revision in the server's text. Returns false if it is none. */
static bool revision_read(const redisReply *reply, uint64_t *revision)
{
    const char *error;

    if (reply->type != REDIS_REPLY_STRING)
        return false;
    *revision = (uint64_t)strtonum(reply->str, 1, INT64_MAX, &error);
    return error == NULL;
}

static catga_incoming wrong_reply(catga_redis_transport *redis)
{
    static const char text[] = "ERR a wrong reply";

    return catga_redis_message_error(redis, text, sizeof text - 1);
}

static void on_written(void *owner, const catga_redis_command *command, const redisReply *reply)
{
    catga_redis_transport *redis = owner;
    const catga_redis_bucket *bucket = command->user;
    catga_incoming answer = {.sequence = 0};

    if (reply == NULL)
        return;
    bool tried = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                 reply->element[0]->type == REDIS_REPLY_STRING;
    if (reply->type == REDIS_REPLY_ERROR)
        answer = catga_redis_message_error(redis, reply->str, reply->len);
    else if (reply->type == REDIS_REPLY_NIL)
        answer.no_responders = true;
    else if (!tried ||
             (reply->element[0]->len != 0 && !revision_read(reply->element[0], &answer.sequence)))
        answer = wrong_reply(redis);
    if (tried && bucket != NULL && reply->element[1]->type == REDIS_REPLY_INTEGER &&
        reply->element[1]->integer != 0)
        redis->listener.on_event(redis->listener.user, CATGA_STORAGE_RESTORED, bucket->name);
    redis->listener.on_reply(redis->listener.user, command->token, &answer);
}

static catga_status may_use(catga_kv_key key)
{
    bool valid = catga_subject_valid(key.bucket) && catga_subject_valid(key.key) &&
                 strlen(key.bucket) + strlen(key.key) < CATGA_REDIS_KEY - 32;

    return valid ? CATGA_OK : CATGA_INVALID_ARGUMENT;
}

catga_status catga_redis_record_write(catga_transport *transport, catga_kv_key key,
                                      const catga_outgoing *record, uint64_t revision,
                                      uint64_t token)
{
    catga_redis_transport *redis = catga_redis_of(transport);
    const catga_redis_address_line to = {.subject = "-"};
    const catga_redis_bucket *bucket = find(redis, key.bucket);
    char name[CATGA_REDIS_KEY];
    catga_status status = may_use(key);

    if (status == CATGA_OK)
        status = catga_redis_may_send(record);
    if (status != CATGA_OK)
        return status;
    catga_redis_command *command = catga_redis_pipeline_script(
        &redis->pipeline, catga_redis_pools_of(redis), CATGA_REDIS_WRITE, 2, 3,
        2 * catga_redis_part_size(strlen(key.bucket) + strlen(key.key) + NUMBER) +
            2 * catga_redis_part_size(NUMBER) + catga_redis_message_size(record, &to));
    if (command == NULL)
        return CATGA_NO_MEMORY;
    snprintf(name, sizeof name, BUCKET_BEGIN "%s:%s", key.bucket, key.key);
    catga_redis_command_text(command, name);
    snprintf(name, sizeof name, BUCKET_BEGIN "%s", key.bucket);
    catga_redis_command_text(command, name);
    catga_redis_command_number(command, (int64_t)revision);
    catga_redis_message_append(command, record, &to);
    if (bucket == NULL)
        catga_redis_command_text(command, "");
    else
        catga_redis_command_number(command, bucket->max_age_ms);
    command->on_reply = on_written;
    command->token = token;
    command->user = (void *)(uintptr_t)bucket;
    return catga_redis_pipeline_send(&redis->pipeline, command);
}

catga_status catga_redis_record_written(const catga_incoming *answer, uint64_t *revision,
                                        catga_problem *problem)
{
    const char *error = catga_redis_error_of(answer);

    *revision = answer->sequence;
    if (answer->no_responders)
        return CATGA_NO_RESPONDERS;
    if (error == NULL)
        return answer->sequence == 0 ? CATGA_REFUSED : CATGA_OK;
    snprintf(problem->text, sizeof problem->text, "the server says: %s", error);
    catga_status status = catga_redis_status_of(error);
    return status == CATGA_REFUSED ? CATGA_TRANSPORT_FAILED : status;
}

/* ---- Reading ---- */

/* Reads the reply of HMGET: a revision and a record, or nothing. Without memory, the answer has the
 * revision and no message. */
static catga_incoming record_of(catga_redis_transport *redis, const redisReply *reply)
{
    catga_incoming record;
    uint64_t revision;

    if (reply->type == REDIS_REPLY_ERROR)
        return catga_redis_message_error(redis, reply->str, reply->len);
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
        return wrong_reply(redis);
    const redisReply *bytes = reply->element[1];
    if (reply->element[0]->type == REDIS_REPLY_NIL && bytes->type == REDIS_REPLY_NIL)
        return (catga_incoming){.sequence = 0};
    if (!revision_read(reply->element[0], &revision) || bytes->type != REDIS_REPLY_STRING)
        return wrong_reply(redis);
    catga_status status = catga_redis_message_read(redis, bytes->str, bytes->len, &record);
    if (status == CATGA_NO_MEMORY)
        return (catga_incoming){.sequence = revision};
    if (status != CATGA_OK)
        return wrong_reply(redis);
    record.sequence = revision;
    return record;
}

static void on_read(void *owner, const catga_redis_command *command, const redisReply *reply)
{
    catga_redis_transport *redis = owner;

    if (reply == NULL)
        return;
    catga_incoming answer = record_of(redis, reply);
    redis->listener.on_reply(redis->listener.user, command->token, &answer);
}

catga_status catga_redis_record_read(catga_transport *transport, catga_kv_key key, uint64_t token)
{
    catga_redis_transport *redis = catga_redis_of(transport);
    char name[CATGA_REDIS_KEY];
    catga_status status = may_use(key);

    if (status != CATGA_OK)
        return status;
    snprintf(name, sizeof name, BUCKET_BEGIN "%s:%s", key.bucket, key.key);
    catga_redis_command *command = catga_redis_command_new(
        catga_redis_pools_of(redis), 4, strlen(name) + 4 * catga_redis_part_size(8));
    if (command == NULL)
        return CATGA_NO_MEMORY;
    catga_redis_command_text(command, "HMGET");
    catga_redis_command_text(command, name);
    catga_redis_command_text(command, "r");
    catga_redis_command_text(command, "m");
    command->on_reply = on_read;
    command->token = token;
    return catga_redis_pipeline_send(&redis->pipeline, command);
}

catga_status catga_redis_record_found(const catga_incoming *answer, uint64_t *revision,
                                      catga_problem *problem)
{
    const char *error = catga_redis_error_of(answer);

    *revision = answer->sequence;
    if (answer->no_responders)
        return CATGA_NO_RESPONDERS;
    if (error == NULL)
        return answer->sequence != 0 && answer->native == NULL ? CATGA_NO_MEMORY : CATGA_OK;
    snprintf(problem->text, sizeof problem->text, "the server says: %s", error);
    return CATGA_TRANSPORT_FAILED;
}
