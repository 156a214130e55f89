#include "store.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

#define SUBJECTS "catga:subjects"

/* How far two measurements of the server's clock may be apart without a jump. */
#define CLOCKS_APART (2 * CATGA_REDIS_CLOCK_JUMP)

enum { NUMBER = 24 };

static const char id_header[] = "Nats-Msg-Id";

/* A first copy, whose id nobody else has; any other message. */
static const catga_redis_batch_kind new_message = {.script = CATGA_REDIS_STORE_NEW, .parts = 3};
static const catga_redis_batch_kind any_message = {.script = CATGA_REDIS_STORE, .parts = 5};

/* ---- Replies ---- */

/* Returns whether a reply of STORE has a result for each item, or one for all of them, behind
 * whether the stream was missing. */
static bool is_complete(const redisReply *reply, const catga_redis_command *items)
{
    size_t count = 1;

    for (const catga_redis_command *at = items; at != NULL; at = at->next)
        count++;
    bool complete =
        reply->type == REDIS_REPLY_ARRAY && (reply->elements == count || reply->elements == 2);
    for (size_t i = 0; complete && i < reply->elements; i++)
        complete = reply->element[i]->type == REDIS_REPLY_INTEGER;
    return complete && (reply->elements == count ||
                        (reply->element[1]->integer > 0 &&
                         reply->element[1]->integer <= INT64_MAX - (long long)count));
}

/* Returns the result of an item. The numbers of items with one result follow each other. */
static long long result_of(const redisReply *reply, size_t index)
{
    return reply->elements == 2 ? reply->element[1]->integer + (long long)index
                                : reply->element[1 + index]->integer;
}

/* An answer has the number of the message as its sequence, 0 for a conflict, and `deliveries` is
 * not 0 for a duplicate. */
static catga_incoming answer_of(long long result)
{
    bool is_duplicate = result < 0 && result > -INT64_MAX;

    return (catga_incoming){.sequence = (uint64_t)(is_duplicate ? -result : result),
                            .deliveries = is_duplicate};
}

/* Makes the answer to every item of a command that stored none of them. */
static catga_incoming refusal_of(catga_redis_transport *redis, const redisReply *reply)
{
    static const char wrong[] = "ERR a wrong reply";

    if (reply->type == REDIS_REPLY_NIL)
        return (catga_incoming){.no_responders = true};
    return reply->type == REDIS_REPLY_ERROR
               ? catga_redis_message_error(redis, reply->str, reply->len)
               : catga_redis_message_error(redis, wrong, sizeof wrong - 1);
}

static void on_stored(void *owner, void *user, const catga_redis_command *items,
                      const redisReply *reply)
{
    catga_redis_transport *redis = owner;
    const char *stream = user;
    size_t index = 0;

    if (reply == NULL)
        return; /* the bus knows that the connection was lost */
    bool complete = is_complete(reply, items);
    if (complete && reply->element[0]->integer != 0 && stream != NULL)
        redis->listener.on_event(redis->listener.user, CATGA_STORAGE_RESTORED, stream);
    for (const catga_redis_command *at = items; at != NULL; at = at->next) {
        catga_incoming answer =
            complete ? answer_of(result_of(reply, index++)) : refusal_of(redis, reply);
        redis->listener.on_reply(redis->listener.user, at->token, &answer);
    }
}

catga_status catga_redis_stream_published(const catga_incoming *answer, catga_placed *stored,
                                          catga_problem *problem)
{
    const char *error = catga_redis_error_of(answer);

    *stored = (catga_placed){.sequence = answer->sequence, .duplicate = answer->deliveries != 0};
    if (answer->no_responders)
        return CATGA_NO_RESPONDERS;
    if (error == NULL)
        return answer->sequence != 0 ? CATGA_OK : CATGA_CONFLICT;
    (void)catga_text_format(problem->text, sizeof problem->text, "the server says: %s", error);
    return catga_redis_status_of(error);
}

/* ---- Items ---- */

static const char *id_of(const catga_outgoing *message)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (strcmp(message->headers[i].name, id_header) == 0)
            return message->headers[i].value;
    return "";
}

/* Appends a number, or an empty part. */
static void append_number(catga_redis_command *item, bool is_known, int64_t number)
{
    if (is_known)
        catga_redis_command_number(item, number);
    else
        catga_redis_command_text(item, "");
}

/* Returns a time of the server before the first copy of a message; 0: unknown, so that all ids of
 * the window are compared. */
static int64_t since_ms(catga_redis_clock *clock, const catga_outgoing *message)
{
    if (message->first_ns <= CLOCKS_APART)
        return 0;
    int64_t since = catga_redis_clock_server_ms(clock, message->first_ns - CLOCKS_APART);
    return message->first_ns <= atomic_load(&clock->jumped_ns) ? 0 : since;
}

/* Says what is expected of a message that may have been stored before. */
static void append_checks(catga_redis_transport *redis, catga_redis_command *item,
                          const catga_outgoing *message)
{
    int64_t first_ms = since_ms(&redis->clock, message);

    append_number(item, message->expects, (int64_t)message->expected);
    append_number(item, message->repeated && message->first_ns != 0, first_ms);
}

static catga_redis_command *make_item(catga_redis_transport *redis, const catga_outgoing *message,
                                      const char *id)
{
    const catga_redis_address_line to = {.subject = message->subject};
    size_t size = catga_redis_part_size(strlen(message->subject)) +
                  catga_redis_part_size(strlen(id)) + catga_redis_message_size(message, &to) +
                  2 * catga_redis_part_size(NUMBER);
    catga_redis_command *item = catga_redis_command_parts(catga_redis_pools_of(redis), size);

    if (item == NULL)
        return NULL;
    catga_redis_command_text(item, message->subject);
    catga_redis_command_text(item, id);
    catga_redis_message_append(item, message, &to);
    return item;
}

catga_status catga_redis_store(catga_redis_transport *redis, catga_redis_batch *stores,
                               const catga_outgoing *message, uint64_t token)
{
    const char *id = id_of(message);
    bool is_new = message->first_ns != 0 && !message->repeated && !message->expects && *id != '\0';
    catga_redis_command *item = make_item(redis, message, id);

    if (item == NULL)
        return CATGA_NO_MEMORY;
    item->token = token;
    if (!is_new)
        append_checks(redis, item, message);
    return catga_redis_batch_send(stores, is_new ? &new_message : &any_message, item);
}

catga_redis_batch *catga_redis_store_new(catga_redis_transport *redis, const char *name,
                                         int64_t max_age_ms, int64_t window_ms)
{
    char max_age[NUMBER] = "";
    char window[NUMBER] = "";
    const char *head[] = {"1", SUBJECTS, name == NULL ? "" : name, max_age, window};

    if (name != NULL) {
        snprintf(max_age, sizeof max_age, "%" PRId64, max_age_ms);
        snprintf(window, sizeof window, "%" PRId64, window_ms);
    }
    return catga_redis_batch_new(
        &(catga_redis_batch_options){.pipeline = &redis->pipeline,
                                     .pools = catga_redis_pools_of(redis),
                                     .head = head,
                                     .head_count = sizeof head / sizeof head[0],
                                     .is_alone = name == NULL,
                                     .on_reply = on_stored,
                                     .user = (void *)(uintptr_t)name});
}
