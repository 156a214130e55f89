/* A stored event is a request: JetStream answers a message on a subject of a stream. nats.c's own
 * JetStream functions are not used: their subscriptions do not outlive a connection, and delete
 * their consumers. */
#include "transport/nats/stream_publish.h"

#include "transport/nats/json.h"
#include "transport/nats/send.h"
#include "transport/nats/status.h"

#include <inttypes.h>
#include <stdio.h>

/* headers of a message, with that of the expected number */
enum { CATGA_NATS_HEADERS = CATGA_HEADERS_MAX + 6 };

static catga_status publish(catga_transport *transport, const catga_outgoing *message,
                            uint64_t token)
{
    catga_nats *nats = catga_nats_of(transport);
    const catga_nats_source source = {
        message->stream != 0 ? CATGA_NATS_STREAM_ACK : CATGA_NATS_ANY_SOURCE, message->stream};

    return catga_nats_request_from(nats, message, token, source);
}

catga_status catga_nats_stream_publish(catga_transport *transport, const catga_outgoing *message,
                                       uint64_t token)
{
    catga_header headers[CATGA_NATS_HEADERS];
    catga_outgoing expecting = *message;
    char expected[24];

    if (!message->expects)
        return publish(transport, message, token);
    if (message->header_count >= CATGA_NATS_HEADERS)
        return CATGA_INVALID_ARGUMENT;
    for (size_t i = 0; i < message->header_count; i++)
        headers[i] = message->headers[i];
    snprintf(expected, sizeof expected, "%" PRIu64, message->expected);
    headers[expecting.header_count++] =
        (catga_header){"Nats-Expected-Last-Subject-Sequence", expected};
    expecting.headers = headers;
    return publish(transport, &expecting, token);
}

static void explain(catga_problem *problem, catga_nats_json error)
{
    catga_nats_json text = catga_nats_json_get(error, "description");

    snprintf(problem->text, sizeof problem->text, "the server says: %.*s", CATGA_PRINT(text));
}

/* Tells a stream whose files the server has lost, and which stores nothing, from a full stream. */
static bool has_lost_files(int64_t code, const catga_problem *problem)
{
    enum { STORE_FAILED = 10077 };
    return code == STORE_FAILED && strstr(problem->text, "msg block file") != NULL;
}

/* {"stream":"NAME","seq":12} or {"stream":"NAME","seq":12,"duplicate":true} or {"error":{...},...}.
 * Another answer comes from another sender, and means nothing for the message. */
catga_status catga_nats_stream_published(const catga_incoming *answer, catga_placed *stored,
                                         catga_problem *problem)
{
    *stored = (catga_placed){0};
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
        return has_lost_files(code, problem) ? CATGA_REFUSED : catga_nats_jetstream_status(code);
    }
    int64_t sequence = catga_nats_json_number(catga_nats_json_get(object, "seq"), 0);
    if (sequence > 0) {
        stored->sequence = (uint64_t)sequence;
        stored->duplicate = catga_nats_json_get(object, "duplicate").length == strlen("true");
        return CATGA_OK;
    }
    snprintf(problem->text, sizeof problem->text, "the answer is none of a stream's");
    return CATGA_BAD_MESSAGE;
}
