#include "send.h"

#include "base/clock.h"
#include "transport/validate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Limit of a list: a receiver reads ahead, so only one that is stopped reaches it. */
#define LIST_LIMIT "65536"

enum { HEX_DIGITS = 16 };

/* ---- Inboxes ---- */

void catga_redis_inbox_name(char inbox[CATGA_REDIS_INBOX + 1])
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t length = strlcpy(inbox, CATGA_REDIS_INBOX_BEGIN, CATGA_REDIS_INBOX + 1);

    while (length < CATGA_REDIS_INBOX)
        inbox[length++] = letters[arc4random_uniform(sizeof letters - 1)];
    inbox[length] = '\0';
}

bool catga_redis_inbox_token(const catga_redis_transport *redis, catga_string subject,
                             uint64_t *token)
{
    char digits[HEX_DIGITS + 1];
    char *end;

    if (subject.length != CATGA_REDIS_REPLY ||
        memcmp(subject.data, redis->inbox, CATGA_REDIS_INBOX) != 0 ||
        subject.data[CATGA_REDIS_INBOX] != '.')
        return false;
    memcpy(digits, subject.data + CATGA_REDIS_INBOX + 1, HEX_DIGITS);
    digits[HEX_DIGITS] = '\0';
    if (strspn(digits, "0123456789abcdef") != HEX_DIGITS)
        return false;
    *token = strtoull(digits, &end, 16);
    return true;
}

/* Returns true if `reply` is an inbox and a token: a requester must not choose another key. */
static bool is_reply(const char *reply)
{
    size_t begin = sizeof CATGA_REDIS_INBOX_BEGIN - 1;

    return reply != NULL && strlen(reply) == CATGA_REDIS_REPLY &&
           memcmp(reply, CATGA_REDIS_INBOX_BEGIN, begin) == 0 && reply[CATGA_REDIS_INBOX] == '.' &&
           strchr(reply + begin, ':') == NULL && strchr(reply + begin, ' ') == NULL;
}

/* ---- Checks ---- */

static size_t size_of(const catga_outgoing *message)
{
    size_t size = message->length;

    for (size_t i = 0; i < message->header_count; i++)
        size += strlen(message->headers[i].name) + strlen(message->headers[i].value) + 4;
    return size;
}

catga_status catga_redis_may_send(const catga_outgoing *message)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (!catga_header_valid(&message->headers[i]))
            return CATGA_INVALID_ARGUMENT;
    return size_of(message) > CATGA_REDIS_MAX_PAYLOAD ? CATGA_TOO_LARGE : CATGA_OK;
}

static catga_status may_send_to(const catga_outgoing *message)
{
    if (!message->checked && !catga_subject_valid(message->subject))
        return CATGA_INVALID_ARGUMENT;
    return catga_redis_may_send(message);
}

/* ---- Events and requests ---- */

static catga_redis_command *make_send(catga_redis_transport *redis, const catga_outgoing *message,
                                      const catga_redis_address_line *to)
{
    char routes[CATGA_REDIS_KEY];
    int length = snprintf(routes, sizeof routes, CATGA_REDIS_ROUTES "%s", message->subject);
    size_t size = catga_redis_part_size((size_t)length) + catga_redis_message_size(message, to) +
                  catga_redis_part_size(16) * 3;
    catga_redis_command *command = catga_redis_pipeline_script(
        &redis->pipeline, catga_redis_pools_of(redis), CATGA_REDIS_SEND, 2, 3, size);

    if (command == NULL)
        return NULL;
    catga_redis_command_text(command, routes);
    catga_redis_command_text(command, CATGA_REDIS_HEADS);
    catga_redis_message_append(command, message, to);
    catga_redis_command_text(command, LIST_LIMIT);
    catga_redis_command_text(command, CATGA_REDIS_LIFETIME_MS);
    return command;
}

catga_status catga_redis_publish(catga_transport *transport, const catga_outgoing *message)
{
    catga_redis_transport *redis = catga_redis_of(transport);
    const catga_redis_address_line to = {.subject = message->subject};
    catga_status status = may_send_to(message);

    if (status == CATGA_OK)
        status = catga_redis_pipeline_send(&redis->pipeline, make_send(redis, message, &to));
    if (status == CATGA_OK && !message->uncounted)
        atomic_fetch_add_explicit(&redis->published, 1, memory_order_relaxed);
    return status;
}

/* Nobody was present, or the server has not taken the request: the bus tries again. */
static void on_requested(void *owner, const catga_redis_command *command, const redisReply *reply)
{
    catga_redis_transport *redis = owner;

    if (reply == NULL || (reply->type == REDIS_REPLY_INTEGER && reply->integer > 0))
        return;
    redis->listener.on_reply(redis->listener.user, command->token,
                             &(catga_incoming){.no_responders = true});
}

catga_status catga_redis_request(catga_transport *transport, const catga_outgoing *message,
                                 uint64_t token)
{
    catga_redis_transport *redis = catga_redis_of(transport);
    char reply[CATGA_REDIS_REPLY + 1];
    catga_status status = may_send_to(message);

    if (status != CATGA_OK)
        return status;
    snprintf(reply, sizeof reply, "%s.%016" PRIx64, redis->inbox, token);
    const catga_redis_address_line to = {
        .subject = message->subject,
        .reply = reply,
        .deadline_ms = catga_redis_clock_server_ms(&redis->clock, message->deadline_ns)};
    catga_redis_command *command = make_send(redis, message, &to);
    if (command != NULL) {
        command->on_reply = on_requested;
        command->token = token;
    }
    return catga_redis_pipeline_send(&redis->pipeline, command);
}

/* ---- Answers ---- */

/* The list of answers ends with its process: its lifetime is set in the same write. */
catga_status catga_redis_respond(catga_transport *transport, const catga_incoming *to,
                                 const catga_outgoing *message)
{
    catga_redis_transport *redis = catga_redis_of(transport);
    catga_status status = catga_redis_may_send(message);

    if (status != CATGA_OK)
        return status;
    if (!is_reply(to->reply))
        return CATGA_INVALID_ARGUMENT;
    const catga_redis_address_line line = {.subject = to->reply};
    size_t key = catga_redis_part_size(CATGA_REDIS_INBOX);
    catga_redis_pools pools = catga_redis_pools_of(redis);
    catga_redis_command *push =
        catga_redis_command_new(pools, 3, 2 * key + catga_redis_message_size(message, &line));
    catga_redis_command *expire = catga_redis_command_new(pools, 3, 3 * key);
    if (push == NULL || expire == NULL) {
        catga_redis_command_free(push);
        catga_redis_command_free(expire);
        return CATGA_NO_MEMORY;
    }
    catga_redis_command_text(push, "RPUSH");
    catga_redis_command_part(push, to->reply, CATGA_REDIS_INBOX);
    catga_redis_message_append(push, message, &line);
    catga_redis_command_text(expire, "PEXPIRE");
    catga_redis_command_part(expire, to->reply, CATGA_REDIS_INBOX);
    catga_redis_command_text(expire, CATGA_REDIS_LIFETIME_MS);
    status = catga_redis_pipeline_queue(&redis->pipeline, push);
    catga_status expired = catga_redis_pipeline_send(&redis->pipeline, expire);
    return status != CATGA_OK ? status : expired;
}
