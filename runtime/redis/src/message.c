#include "message.h"

#include "transport/admission_queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char separator[] = ": ";
static const char line_end[] = "\r\n";

/* ---- Writing ---- */

/* digits of a time, blanks, and the end of the line */
enum { LINE_REST = 28 };

static const char *reply_of(const catga_redis_address_line *to)
{
    return to->reply == NULL ? "-" : to->reply;
}

/* Returns the size of the first line, at most. */
static size_t line_size(const catga_redis_address_line *to)
{
    return strlen(to->subject) + strlen(reply_of(to)) + LINE_REST;
}

/* Writes the first line, and returns its length. */
static size_t write_line(char *text, size_t size, const catga_redis_address_line *to)
{
    size_t length = strlcpy(text, to->subject, size);

    text[length++] = ' ';
    length += strlcpy(text + length, reply_of(to), size - length);
    text[length++] = ' ';
    if (to->deadline_ms == 0)
        return length + strlcpy(text + length, "-\r\n", size - length);
    return length +
           (size_t)snprintf(text + length, size - length, "%" PRId64 "\r\n", to->deadline_ms);
}

static size_t payload_size(const catga_outgoing *message)
{
    size_t size = message->length + 2;

    for (size_t i = 0; i < message->header_count; i++)
        size += strlen(message->headers[i].name) + strlen(message->headers[i].value) + 4;
    return size;
}

size_t catga_redis_message_size(const catga_outgoing *message, const catga_redis_address_line *to)
{
    return catga_redis_part_size(line_size(to) + payload_size(message));
}

static void append_text(catga_redis_command *command, const char *text)
{
    catga_redis_command_append(command, text, strlen(text));
}

void catga_redis_message_append(catga_redis_command *command, const catga_outgoing *message,
                                const catga_redis_address_line *to)
{
    char line[2048];
    size_t length = write_line(line, sizeof line, to);

    catga_redis_command_begin_part(command, length + payload_size(message));
    catga_redis_command_append(command, line, length);
    for (size_t i = 0; i < message->header_count; i++) {
        append_text(command, message->headers[i].name);
        append_text(command, separator);
        append_text(command, message->headers[i].value);
        append_text(command, line_end);
    }
    append_text(command, line_end);
    catga_redis_command_append(command, message->data, message->length);
    catga_redis_command_end_part(command);
}

/* ---- Reading ---- */

static catga_redis_message *allocate(catga_redis_transport *redis, size_t length)
{
    size_t size = sizeof(catga_redis_message) + length + 1;
    catga_pool *pool = size <= CATGA_REDIS_SMALL    ? &redis->small
                       : size <= CATGA_REDIS_MEDIUM ? &redis->medium
                                                    : NULL;
    catga_redis_message *message = pool != NULL ? catga_pool_take(pool) : malloc(size);

    if (message == NULL)
        return NULL;
    message->pool = pool;
    message->consumer = NULL;
    message->id[0] = '\0';
    message->is_error = false;
    message->deadline_ms = 0;
    message->header_count = 0;
    return message;
}

static void message_free(catga_redis_message *message)
{
    if (message->pool != NULL)
        catga_pool_give(message->pool, message);
    else
        free(message);
}

/* Returns the text up to `end`, which becomes a terminator, and advances *at behind it. NULL: the
 * text does not contain it before `limit`, or contains a NUL. */
static char *take(char **at, char *limit, const char *end)
{
    char *text = *at;
    size_t length = strlen(end);
    char *found = memmem(text, (size_t)(limit - text), end, length);

    if (found == NULL || memchr(text, '\0', (size_t)(found - text)) != NULL)
        return NULL;
    *found = '\0';
    *at = found + length;
    return text;
}

/* Reads the first line and the headers. Returns the payload, or NULL. */
static char *read_head(catga_redis_message *message, size_t length, catga_incoming *incoming)
{
    char *at = message->bytes;
    char *limit = at + length;
    char *subject = take(&at, limit, " ");
    char *reply = subject == NULL ? NULL : take(&at, limit, " ");
    char *deadline = reply == NULL ? NULL : take(&at, limit, line_end);

    if (deadline == NULL)
        return NULL;
    incoming->subject = catga_str(subject);
    incoming->reply = strcmp(reply, "-") == 0 ? NULL : reply;
    message->deadline_ms = strtonum(deadline, 0, INT64_MAX, NULL);
    for (;;) {
        char *line = take(&at, limit, line_end);
        if (line == NULL || *line == '\0')
            return line == NULL ? NULL : at;
        char *value = strstr(line, separator);
        if (value == NULL)
            return NULL;
        *value = '\0';
        if (message->header_count < CATGA_REDIS_HEADERS)
            message->headers[message->header_count++] =
                (catga_header){line, value + sizeof separator - 1};
    }
}

catga_status catga_redis_message_read(catga_redis_transport *redis, const char *bytes,
                                      size_t length, catga_incoming *incoming)
{
    catga_redis_message *message = allocate(redis, length);

    if (message == NULL)
        return CATGA_NO_MEMORY;
    memcpy(message->bytes, bytes, length);
    message->bytes[length] = '\0';
    *incoming = (catga_incoming){.native = message};
    char *payload = read_head(message, length, incoming);
    if (payload == NULL) {
        message_free(message);
        return CATGA_BAD_MESSAGE;
    }
    incoming->data = (uint8_t *)payload;
    incoming->length = length - (size_t)(payload - message->bytes);
    incoming->deadline_ns = catga_redis_clock_local_ns(&redis->clock, message->deadline_ms);
    return CATGA_OK;
}

catga_incoming catga_redis_message_error(catga_redis_transport *redis, const char *text,
                                         size_t length)
{
    catga_redis_message *message = allocate(redis, length);

    if (message == NULL)
        return (catga_incoming){.no_responders = true};
    memcpy(message->bytes, text, length);
    message->bytes[length] = '\0';
    message->is_error = true;
    return (catga_incoming){.data = (uint8_t *)message->bytes, .length = length, .native = message};
}

void catga_redis_report(catga_redis_transport *redis, const char *what, const redisReply *error)
{
    char text[CATGA_REDIS_KEY + 160];

    if (catga_redis_is_demoted(error) || catga_redis_is_error(error, "NOSCRIPT"))
        return;
    snprintf(text, sizeof text, "%s: %.140s", what, error->str);
    redis->listener.on_event(redis->listener.user, CATGA_CONNECTION_REFUSED, text);
}

catga_status catga_redis_wrong_reply(catga_problem *problem)
{
    snprintf(problem->text, sizeof problem->text, "the server sent a wrong reply");
    return CATGA_REFUSED;
}

const char *catga_redis_error_of(const catga_incoming *answer)
{
    const catga_redis_message *message = answer->native;

    return message != NULL && message->is_error ? message->bytes : NULL;
}

void catga_redis_release(catga_incoming *incoming)
{
    catga_admission_slot *slot = incoming->slot;

    if (slot != NULL)
        catga_admission_slot_settle(slot);
    if (incoming->native != NULL)
        message_free(incoming->native);
    if (slot != NULL)
        catga_admission_slot_release(slot);
}

const char *catga_redis_header(const catga_incoming *incoming, const char *name)
{
    const catga_redis_message *message = incoming->native;

    for (size_t i = 0; message != NULL && i < message->header_count; i++)
        if (strcmp(message->headers[i].name, name) == 0)
            return message->headers[i].value;
    return NULL;
}
