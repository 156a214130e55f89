/* Messages as bytes:
 *
 *     SUBJECT " " REPLY " " DEADLINE CR LF { NAME ": " VALUE CR LF } CR LF PAYLOAD
 *
 * REPLY and DEADLINE are "-" without one. DEADLINE is a time of the server in milliseconds. */
#ifndef CATGA_REDIS_MESSAGE_H
#define CATGA_REDIS_MESSAGE_H

#include "command.h"
#include "redis_transport.h"

typedef struct catga_redis_consumer catga_redis_consumer;

/* headers of a received message; others are ignored */
enum { CATGA_REDIS_HEADERS = CATGA_HEADERS_MAX + 8, CATGA_REDIS_ID = 24 };

/* The native message of a catga_incoming. */
typedef struct catga_redis_message {
    catga_pool *pool;               /* NULL: of malloc */
    catga_redis_consumer *consumer; /* of a stored message; else NULL */
    char id[CATGA_REDIS_ID];        /* of a stored message in its stream */
    bool is_error;                  /* the data are an error of the server */
    int64_t deadline_ms;            /* of the server's clock; 0: none */
    size_t header_count;
    catga_header headers[CATGA_REDIS_HEADERS];
    char bytes[];
} catga_redis_message;

/* The first line of a message. */
typedef struct catga_redis_address_line {
    const char *subject;
    const char *reply; /* NULL: none */
    int64_t deadline_ms;
} catga_redis_address_line;

/* Returns the size of a message in a command, and appends it as one part. */
size_t catga_redis_message_size(const catga_outgoing *message, const catga_redis_address_line *to);
void catga_redis_message_append(catga_redis_command *command, const catga_outgoing *message,
                                const catga_redis_address_line *to);

/* Reads a message, which is copied. CATGA_BAD_MESSAGE: it has not this form. CATGA_NO_MEMORY: it
 * may have it. */
CATGA_CHECKED catga_status catga_redis_message_read(catga_redis_transport *redis, const char *bytes,
                                                    size_t length, catga_incoming *incoming);

/* Makes an answer from a text of the server. Without memory the answer has no native message. */
catga_incoming catga_redis_message_error(catga_redis_transport *redis, const char *text,
                                         size_t length);

/* Reports an error of the server for `what`, unless the connection is remade because of it. */
void catga_redis_report(catga_redis_transport *redis, const char *what, const redisReply *error);

/* Describes a reply that the server should not send. Returns CATGA_REFUSED. */
catga_status catga_redis_wrong_reply(catga_problem *problem);

/* Returns the text of an error answer, or NULL. */
const char *catga_redis_error_of(const catga_incoming *answer);

static inline catga_redis_pools catga_redis_pools_of(catga_redis_transport *redis)
{
    return (catga_redis_pools){&redis->small, &redis->medium};
}

/* Operations of transport.h. */
void catga_redis_release(catga_incoming *incoming);
const char *catga_redis_header(const catga_incoming *incoming, const char *name);

#endif
