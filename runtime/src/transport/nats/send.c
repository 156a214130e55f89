/* What goes out: events, requests with a place for their answers, answers. */
#include "base/clock.h"
#include "transport/nats/nats_transport.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* How long the first event may wait for its connection. */
#define BUFFERED_WAIT (3 * CATGA_SECOND)

/* ---- Sending over a connection ---- */

/*
 * nats.c copies the message, and allocates for each header: hence only for messages that have some.
 */
static natsStatus send_with_headers(natsConnection *connection, const catga_outgoing *message,
                                    const char *reply)
{
    natsMsg *native = NULL;
    natsStatus status = natsMsg_Create(&native, message->subject, reply,
                                       (const char *)message->data, (int)message->length);

    for (size_t i = 0; i < message->header_count && status == NATS_OK; i++)
        status = natsMsgHeader_Set(native, message->headers[i].name, message->headers[i].value);
    if (status == NATS_OK)
        status = natsConnection_PublishMsg(connection, native);
    natsMsg_Destroy(native);
    return status;
}

static natsStatus send_native(natsConnection *connection, const catga_outgoing *message,
                              const char *reply)
{
    if (message->header_count > 0)
        return send_with_headers(connection, message, reply);
    if (reply != NULL)
        return natsConnection_PublishRequest(connection, message->subject, reply, message->data,
                                             (int)message->length);
    return natsConnection_Publish(connection, message->subject, message->data,
                                  (int)message->length);
}

static bool headers_valid(const catga_outgoing *message)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (!catga_nats_header_valid(&message->headers[i]))
            return false;
    return true;
}

/* ---- The limit ---- */

/* The server says what it likes; nats.c takes an int. */
void catga_nats_note_max_payload(catga_nats *nats, natsConnection *connection)
{
    int64_t said = natsConnection_GetMaxPayload(connection);
    int64_t most = said < 0 ? 0 : said > INT_MAX ? INT_MAX : said;

    atomic_store(&nats->max_payload, (size_t)most);
}

size_t catga_nats_max_payload(catga_nats *nats)
{
    catga_nats_use use = catga_nats_link_enter(&nats->immediate);

    if (use.connection != NULL) {
        catga_nats_note_max_payload(nats, use.connection);
        catga_nats_link_leave(use, 0);
    }
    return atomic_load(&nats->max_payload);
}

/* What is larger than the limit was may be sent when the server has raised it. */
static bool is_too_large(catga_nats *nats, const catga_outgoing *message)
{
    return message->length > atomic_load_explicit(&nats->max_payload, memory_order_relaxed) &&
           message->length > catga_nats_max_payload(nats);
}

static catga_status send_over(catga_nats_link *link, const catga_outgoing *message,
                              const char *reply, bool is_event)
{
    if (is_too_large(link->owner, message))
        return CATGA_TOO_LARGE;
    if (catga_nats_is_denied(link->owner, message->subject))
        return CATGA_NOT_PERMITTED;
    catga_nats_use use = catga_nats_link_enter(link);
    if (use.connection == NULL)
        return CATGA_DISCONNECTED;
    natsStatus status = send_native(use.connection, message, reply);
    catga_nats_link_leave(use, is_event && status == NATS_OK);
    return catga_nats_status(status);
}

static catga_status send_batched(catga_nats *nats, catga_nats_rate *rate,
                                 const catga_outgoing *message, const char *reply)
{
    catga_nats_link *link = catga_nats_batching_link(nats, rate);
    catga_status status = send_over(link, message, reply, false);

    catga_nats_batching_sent(link);
    return status;
}

/* ---- The operations ---- */

/* An event waits while its connection is about to come; where there is no server it fails at once.
 */
static void open_buffered(catga_nats *nats)
{
    if (atomic_load(&nats->immediate.connection) != NULL)
        (void)catga_nats_link_request(&nats->buffered, catga_clock_now() + BUFFERED_WAIT, true);
}

static bool is_valid(const catga_outgoing *message)
{
    return (message->checked || catga_nats_subject_valid(message->subject)) &&
           headers_valid(message);
}

catga_status catga_nats_publish(catga_transport *transport, const catga_outgoing *message)
{
    catga_nats *nats = catga_nats_of(transport);

    if (!is_valid(message))
        return CATGA_INVALID_ARGUMENT;
    /* The connection for events may notice a little later that the server is gone. */
    if (atomic_load_explicit(&nats->immediate.connection, memory_order_relaxed) == NULL)
        return CATGA_DISCONNECTED;
    if (!atomic_load_explicit(&nats->buffered.settled, memory_order_relaxed))
        open_buffered(nats);
    return send_over(&nats->buffered, message, NULL, true);
}

void catga_nats_inbox_reply(char reply[CATGA_NATS_REPLY + 1], const char *inbox, uint64_t token)
{
    char *end = reply + CATGA_NATS_INBOX;

    memcpy(reply, inbox, CATGA_NATS_INBOX);
    *end++ = '.';
    for (int shift = 60; shift >= 0; shift -= 4)
        *end++ = "0123456789abcdef"[token >> shift & 15];
    *end = '\0';
}

static catga_status request(catga_nats *nats, catga_nats_rate *rate, const catga_outgoing *message,
                            uint64_t token, catga_nats_source source)
{
    if (!is_valid(message))
        return CATGA_INVALID_ARGUMENT;
    char reply[CATGA_NATS_REPLY + CATGA_NATS_SOURCE + 1];
    catga_nats_inbox_reply(reply, nats->inbox, token);
    catga_nats_source_write(reply + CATGA_NATS_REPLY, source);
    return send_batched(nats, rate, message, reply);
}

catga_status catga_nats_request(catga_transport *transport, const catga_outgoing *message,
                                uint64_t token)
{
    const catga_nats_source anybody = {CATGA_NATS_ANYBODY, 0};

    return catga_nats_request_from(catga_nats_of(transport), message, token, anybody);
}

catga_status catga_nats_request_from(catga_nats *nats, const catga_outgoing *message,
                                     uint64_t token, catga_nats_source source)
{
    return request(nats, &nats->batching.requests, message, token, source);
}

catga_status catga_nats_request_unawaited(catga_nats *nats, const catga_outgoing *message,
                                          uint64_t token, catga_nats_source source)
{
    return request(nats, &nats->batching.unawaited, message, token, source);
}

catga_status catga_nats_send_immediate(catga_nats *nats, const catga_outgoing *message)
{
    char reply[CATGA_NATS_REPLY + 1];

    snprintf(reply, sizeof(reply), "%s.unread", nats->inbox);
    return send_over(&nats->immediate, message, reply, false);
}

catga_status catga_nats_send_unawaited(catga_nats *nats, const catga_outgoing *message)
{
    catga_nats_link *link = catga_nats_batching_link(nats, &nats->batching.unawaited);
    catga_status status = send_over(link, message, NULL, false);

    catga_nats_batching_left(link);
    return status;
}

catga_status catga_nats_send_pull(catga_nats *nats, const catga_outgoing *message,
                                  const char *reply)
{
    return send_over(&nats->immediate, message, reply, false);
}

catga_status catga_nats_respond(catga_transport *transport, const catga_incoming *to,
                                const catga_outgoing *message)
{
    if (!catga_nats_reply_valid(to->reply) || !headers_valid(message))
        return CATGA_INVALID_ARGUMENT;
    catga_nats *nats = catga_nats_of(transport);
    catga_outgoing answer = *message;
    answer.subject = to->reply;
    return send_batched(nats, &nats->batching.answers, &answer, NULL);
}

/* ---- The inbox ---- */

/* Something may follow the token. */
static bool read_token(catga_string subject, uint64_t *token)
{
    if (subject.length < CATGA_NATS_REPLY)
        return false;
    *token = 0;
    for (const char *at = subject.data + CATGA_NATS_INBOX + 1;
         at != subject.data + CATGA_NATS_REPLY; at++) {
        bool digit = *at >= '0' && *at <= '9';
        if (!digit && (*at < 'a' || *at > 'f'))
            return false;
        *token = *token << 4 | (uint64_t)(digit ? *at - '0' : *at - 'a' + 10);
    }
    return true;
}

bool catga_nats_inbox_token(catga_string subject, uint64_t *token)
{
    return subject.length == CATGA_NATS_REPLY && read_token(subject, token);
}

static void on_inbox(void *user, catga_incoming *message)
{
    catga_nats *nats = user;
    uint64_t token;
    catga_nats_source source;

    if (read_token(message->subject, &token) &&
        catga_nats_source_read(&source, message->subject.data + CATGA_NATS_REPLY) &&
        catga_nats_source_is(source, message))
        nats->listener.on_reply(nats->listener.user, token, message);
    else
        catga_nats_release(message);
}

/* nats.c 3.4.1 would make up a name from rand(): who guesses it can answer in a server's place. */
void catga_nats_inbox_name(char inbox[CATGA_NATS_INBOX + 1])
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t length = strlcpy(inbox, "_INBOX.", CATGA_NATS_INBOX + 1);

    while (length < CATGA_NATS_INBOX)
        inbox[length++] = letters[arc4random_uniform(sizeof letters - 1)];
    inbox[length] = '\0';
}

catga_status catga_nats_inbox_open(catga_nats *nats)
{
    catga_nats_inbox_name(nats->inbox);
    char pattern[CATGA_NATS_INBOX + sizeof(".*")];
    strlcpy(pattern, nats->inbox, sizeof pattern);
    strlcat(pattern, ".*", sizeof pattern);
    catga_subscription_options options = {.subject = pattern, .receive = on_inbox, .user = nats};
    return catga_nats_subscribe(&nats->transport, &options, &nats->replies);
}
