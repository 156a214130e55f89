#include "transport/nats/send.h"

#include "transport/nats/max_payload.h"
#include "transport/nats/message.h"
#include "transport/nats/status.h"
#include "transport/nats/validate.h"
#include "transport/validate.h"

/* ---- Sending over a connection ---- */

/* nats.c copies the message, and allocates memory for each header: so only messages with headers
 * take this path. */
static natsStatus send_with_headers(catga_nats *nats, natsConnection *connection,
                                    const catga_outgoing *message, const char *reply)
{
    natsMsg *native = NULL;
    natsStatus status = natsMsg_Create(&native, message->subject, reply,
                                       (const char *)message->data, (int)message->length);

    for (size_t i = 0; i < message->header_count && status == NATS_OK; i++)
        status = natsMsgHeader_Set(native, message->headers[i].name, message->headers[i].value);
    if (status == NATS_OK)
        status = natsConnection_PublishMsg(connection, native);
    catga_nats_discard(&nats->discarded, native);
    return status;
}

static natsStatus send_native(catga_nats *nats, natsConnection *connection,
                              const catga_outgoing *message, const char *reply)
{
    if (message->header_count > 0)
        return send_with_headers(nats, connection, message, reply);
    if (reply != NULL)
        return natsConnection_PublishRequest(connection, message->subject, reply, message->data,
                                             (int)message->length);
    return natsConnection_Publish(connection, message->subject, message->data,
                                  (int)message->length);
}

/* The server may have raised the known limit. */
static bool is_too_large(catga_nats *nats, const catga_outgoing *message)
{
    return message->length > atomic_load_explicit(&nats->max_payload, memory_order_relaxed) &&
           message->length > catga_nats_max_payload(nats);
}

/* Returns about how many bytes a message has beside the protocol's own. */
static size_t size_of(const catga_outgoing *message)
{
    size_t size = message->length;

    for (size_t i = 0; i < message->header_count; i++)
        size += strlen(message->headers[i].name) + strlen(message->headers[i].value);
    return size;
}

/* How soon a message must be written. */
typedef enum urgency { AT_ONCE, SOON, WITH_OTHERS } urgency;

static void see_to_writing(catga_nats_event_loop *loop, catga_nats_socket *socket, size_t length,
                           urgency how_soon)
{
    if (how_soon == WITH_OTHERS) {
        catga_nats_event_loop_gathered(loop, socket, length);
        return;
    }
    catga_nats_event_loop_sent(loop, socket, length);
    if (how_soon == AT_ONCE)
        catga_nats_event_loop_wait(loop);
}

static catga_status send_over(catga_nats *nats, const catga_outgoing *message, const char *reply,
                              urgency how_soon, bool counted)
{
    if (is_too_large(nats, message))
        return CATGA_TOO_LARGE;
    if (catga_nats_is_denied(nats, message->subject))
        return CATGA_NOT_PERMITTED;
    catga_nats_use use = catga_nats_link_enter(&nats->link);
    if (use.connection == NULL)
        return CATGA_DISCONNECTED;
    catga_nats_socket_begin_sending();
    natsStatus status = send_native(nats, use.connection, message, reply);
    catga_nats_socket_end_sending();
    if (status == NATS_OK)
        see_to_writing(&nats->loop, use.socket, size_of(message), how_soon);
    catga_nats_link_leave(use, counted && status == NATS_OK);
    return catga_nats_status(status);
}

catga_status catga_nats_send(catga_nats *nats, const catga_outgoing *message, const char *reply)
{
    return send_over(nats, message, reply, SOON, false);
}

catga_status catga_nats_send_unawaited(catga_nats *nats, const catga_outgoing *message)
{
    return send_over(nats, message, NULL, WITH_OTHERS, false);
}

void catga_nats_gather_begin(void *owner)
{
    (void)owner;
    catga_nats_event_loop_gather_begin();
    catga_nats_keep_begin();
}

void catga_nats_gather_send(void *owner)
{
    catga_nats *nats = owner;

    catga_nats_event_loop_flush(&nats->loop);
}

void catga_nats_gather_end(void *owner)
{
    catga_nats_event_loop_gather_end();
    catga_nats_gather_send(owner);
    catga_nats_keep_end();
}

/* ---- Checking ---- */

static bool headers_valid(const catga_outgoing *message)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (!catga_header_valid(&message->headers[i]))
            return false;
    return true;
}

static bool is_valid(const catga_outgoing *message)
{
    return (message->checked || catga_subject_valid(message->subject)) && headers_valid(message);
}

/* ---- Events ---- */

catga_status catga_nats_publish(catga_transport *transport, const catga_outgoing *message)
{
    return is_valid(message) ? send_over(catga_nats_of(transport), message, NULL, WITH_OTHERS,
                                         !message->uncounted)
                             : CATGA_INVALID_ARGUMENT;
}

/* ---- Requests and answers ---- */

catga_status catga_nats_request_from(catga_nats *nats, const catga_outgoing *message,
                                     uint64_t token, catga_nats_source source)
{
    char reply[CATGA_NATS_REPLY + CATGA_NATS_SOURCE + 1];
    bool is_unawaited = source.kind != CATGA_NATS_ANY_SOURCE && !message->sender_waits;

    if (!is_valid(message))
        return CATGA_INVALID_ARGUMENT;
    catga_nats_inbox_reply(reply, nats->inbox, token);
    catga_nats_source_write(reply + CATGA_NATS_REPLY, source);
    return send_over(nats, message, reply,
                     message->sender_waits ? AT_ONCE
                     : is_unawaited        ? WITH_OTHERS
                                           : SOON,
                     false);
}

catga_status catga_nats_request(catga_transport *transport, const catga_outgoing *message,
                                uint64_t token)
{
    const catga_nats_source any = {CATGA_NATS_ANY_SOURCE, 0};

    return catga_nats_request_from(catga_nats_of(transport), message, token, any);
}

catga_status catga_nats_respond(catga_transport *transport, const catga_incoming *to,
                                const catga_outgoing *message)
{
    catga_outgoing answer = *message;

    if (!catga_nats_reply_valid(to->reply) || !headers_valid(message))
        return CATGA_INVALID_ARGUMENT;
    answer.subject = to->reply;
    return send_over(catga_nats_of(transport), &answer, NULL, SOON, false);
}
