#include "transport/nats/send.h"

#include "base/clock.h"
#include "transport/nats/max_payload.h"
#include "transport/nats/status.h"
#include "transport/nats/validate.h"

/* time that the first event may wait for the buffered connection */
#define BUFFERED_WAIT (3 * CATGA_SECOND)

/* ---- Sending over a connection ---- */

/* nats.c copies the message, and allocates memory for each header: so only messages with headers
 * take this path. */
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

/* The server may have raised the known limit. */
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

catga_status catga_nats_send_immediate(catga_nats *nats, const catga_outgoing *message,
                                       const char *reply)
{
    return send_over(&nats->immediate, message, reply, false);
}

catga_status catga_nats_send_unawaited(catga_nats *nats, const catga_outgoing *message)
{
    catga_nats_link *link = catga_nats_batching_link(nats, &nats->batching.unawaited);
    catga_status status = send_over(link, message, NULL, false);

    catga_nats_batching_left(link);
    return status;
}

/* ---- Checking ---- */

static bool headers_valid(const catga_outgoing *message)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (!catga_nats_header_valid(&message->headers[i]))
            return false;
    return true;
}

static bool is_valid(const catga_outgoing *message)
{
    return (message->checked || catga_nats_subject_valid(message->subject)) &&
           headers_valid(message);
}

/* ---- Events ---- */

/* Waits for the buffered connection if there is a server; otherwise the event fails at once. */
static void open_buffered(catga_nats *nats)
{
    if (atomic_load(&nats->immediate.connection) != NULL)
        (void)catga_nats_link_request(&nats->buffered, catga_clock_now() + BUFFERED_WAIT, true);
}

/* The buffered connection may notice the loss of the server a little later than the immediate
 * one. */
catga_status catga_nats_publish(catga_transport *transport, const catga_outgoing *message)
{
    catga_nats *nats = catga_nats_of(transport);

    if (!is_valid(message))
        return CATGA_INVALID_ARGUMENT;
    if (atomic_load_explicit(&nats->immediate.connection, memory_order_relaxed) == NULL)
        return CATGA_DISCONNECTED;
    if (!atomic_load_explicit(&nats->buffered.settled, memory_order_relaxed))
        open_buffered(nats);
    return send_over(&nats->buffered, message, NULL, true);
}

/* ---- Requests and answers ---- */

static catga_status request(catga_nats *nats, catga_nats_rate *rate, const catga_outgoing *message,
                            uint64_t token, catga_nats_source source)
{
    char reply[CATGA_NATS_REPLY + CATGA_NATS_SOURCE + 1];

    if (!is_valid(message))
        return CATGA_INVALID_ARGUMENT;
    catga_nats_inbox_reply(reply, nats->inbox, token);
    catga_nats_source_write(reply + CATGA_NATS_REPLY, source);
    return send_batched(nats, rate, message, reply);
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

catga_status catga_nats_request(catga_transport *transport, const catga_outgoing *message,
                                uint64_t token)
{
    const catga_nats_source any = {CATGA_NATS_ANY_SOURCE, 0};

    return catga_nats_request_from(catga_nats_of(transport), message, token, any);
}

catga_status catga_nats_respond(catga_transport *transport, const catga_incoming *to,
                                const catga_outgoing *message)
{
    catga_nats *nats = catga_nats_of(transport);
    catga_outgoing answer = *message;

    if (!catga_nats_reply_valid(to->reply) || !headers_valid(message))
        return CATGA_INVALID_ARGUMENT;
    answer.subject = to->reply;
    return send_batched(nats, &nats->batching.answers, &answer, NULL);
}
