/*
 * What is stored. To store is to request: JetStream answers whoever publishes to a subject of a
 * stream with a reply subject. A consumer's messages arrive by an ordinary subscription, and are
 * settled by a message to their reply subject. So nothing of nats.c's own JetStream is used, whose
 * subscriptions do not outlive a connection, and delete what they have made.
 */
#include "transport/nats/nats_transport.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

catga_status catga_nats_stream_publish(catga_transport *transport, const catga_outgoing *message,
                                       uint64_t token)
{
    catga_nats *nats = catga_nats_of(transport);
    const catga_nats_source source = {
        message->stream != 0 ? CATGA_NATS_STREAM_ACK : CATGA_NATS_ANYBODY, message->stream};

    return message->sender_waits ? catga_nats_request_from(nats, message, token, source)
                                 : catga_nats_request_unawaited(nats, message, token, source);
}

/* ---- Answers ---- */

/* Of nats-server/server/errors.json. Some are worth another try; the others are not. */
catga_status catga_nats_store_error(int64_t code)
{
    switch (code) {
    case 10005: /* no suitable peers for placement: the cluster's servers have not found each other
                 */
    case 10008: /* JetStream system temporarily unavailable */
    case 10009: /* cluster not leader */
    case 10023: /* insufficient resources */
    case 10028: /* insufficient memory */
    case 10047: /* insufficient storage */
    case 10077: /* the stream is full */
        return CATGA_OVERLOADED;
    case 10054: /* larger than the stream allows */
    case 10097: /* headers too large */
        return CATGA_TOO_LARGE;
    case 10039: /* JetStream not enabled for the account */
    case 10076: /* JetStream not enabled */
        return CATGA_NO_JETSTREAM;
    default:
        return CATGA_REFUSED;
    }
}

static void explain(catga_problem *problem, catga_nats_json error)
{
    catga_nats_json text = catga_nats_json_get(error, "description");

    snprintf(problem->text, sizeof problem->text, "the server says: %.*s", CATGA_PRINT(text));
}

/* The server stores nothing in a stream whose files it has lost, which is not a full stream. */
static bool has_lost_files(int64_t code, const catga_problem *problem)
{
    enum { STORE_FAILED = 10077 };
    return code == STORE_FAILED && strstr(problem->text, "msg block file") != NULL;
}

/*
 * {"stream":"NAME","seq":12} or {"stream":"NAME","seq":12,"duplicate":true} or {"error":{...},...}.
 * What is none of them comes from someone else, and says nothing about the message.
 */
catga_status catga_nats_stream_published(const catga_incoming *answer, catga_problem *problem)
{
    if (answer->no_responders) {
        snprintf(problem->text, sizeof problem->text,
                 "no stream stores it: the stream is missing, and is recreated within seconds");
        return CATGA_NO_RESPONDERS;
    }
    catga_nats_json object = {(const char *)answer->data, answer->length};
    catga_nats_json error = catga_nats_json_get(object, "error");
    if (error.data != NULL) {
        explain(problem, error);
        int64_t code = catga_nats_json_number(catga_nats_json_get(error, "err_code"), 0);
        return has_lost_files(code, problem) ? CATGA_REFUSED : catga_nats_store_error(code);
    }
    if (catga_nats_json_number(catga_nats_json_get(object, "seq"), 0) > 0)
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text, "the answer is none of a stream's");
    return CATGA_BAD_MESSAGE;
}

/* ---- Messages of a consumer ---- */

static const char ACK[] = "$JS.ACK.";

static bool read_token(const char **at, uint64_t *number)
{
    char *end;

    if (**at < '0' || **at > '9')
        return false;
    *number = strtoull(*at, &end, 10);
    if (*end != '.')
        return false;
    *at = end + 1;
    return true;
}

/* Past a number of tokens and their dots; NULL when there are not so many. */
static const char *skip_tokens(const char *at, int count)
{
    for (; at != NULL && count > 0; count--) {
        at = strchr(at, '.');
        at = at == NULL ? NULL : at + 1;
    }
    return at;
}

bool catga_nats_read_ack(catga_incoming *message, const char *of, uint64_t *pending)
{
    size_t length = strlen(of);
    uint64_t deliveries;
    uint64_t of_consumer;
    uint64_t stored;

    if (message->reply == NULL || strncmp(message->reply, ACK, sizeof ACK - 1) != 0)
        return false;
    const char *at = message->reply + sizeof ACK - 1;
    if (strncmp(at, of, length) != 0)
        at = skip_tokens(at, 2);
    if (at == NULL || strncmp(at, of, length) != 0)
        return false;
    at += length;
    if (!read_token(&at, &deliveries) || !read_token(&at, &message->sequence))
        return false;
    message->deliveries = deliveries > UINT32_MAX ? UINT32_MAX : (uint32_t)deliveries;
    if (!read_token(&at, &of_consumer) || !read_token(&at, &stored))
        return false;
    message->stored_ns = (int64_t)stored;
    *pending = strtoull(at, NULL, 10);
    return deliveries != 0;
}

catga_status catga_nats_settle(catga_transport *transport, const catga_incoming *message,
                               catga_settlement settlement, int64_t delay_ns)
{
    catga_nats *nats = catga_nats_of(transport);
    const char *reply = message->reply;
    char text[64];
    const char *words[] = {"+ACK", "+WPI", text, "+TERM"};

    if (settlement == CATGA_SETTLE_RETRY)
        snprintf(text, sizeof text, "-NAK {\"delay\": %" PRId64 "}", delay_ns > 0 ? delay_ns : 1);
    catga_outgoing word = {.subject = reply,
                           .data = (const uint8_t *)words[settlement],
                           .length = strlen(words[settlement])};
    if (reply == NULL || strncmp(reply, ACK, sizeof ACK - 1) != 0)
        return CATGA_INVALID_ARGUMENT;
    if (message->slot != NULL && settlement != CATGA_SETTLE_PROGRESS)
        catga_admission_slot_settle(message->slot);
    return catga_nats_send_unawaited(nats, &word);
}
