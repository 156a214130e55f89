/* Single stored messages are read to inspect dead letters. JetStream returns one as JSON:
 * {"message":{...}}. */
#include "transport/nats/stream_get.h"

#include "transport/nats/api.h"
#include "transport/nats/stored_message.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    NO_MESSAGE = 10037,
    NO_SEQUENCE = 10043,
    NOT_DELETED = 10057,
    NO_STREAM = 10059,
    SUBJECT_SIZE = 512,
    BODY_SIZE = 64
};

/* ---- The operations ---- */

/* The server names a message that is gone in three ways, by its place in the files. */
static bool is_gone(const catga_nats_api_answer *answer)
{
    catga_nats_json error = catga_nats_json_get(answer->object, "error");
    catga_nats_json text = catga_nats_json_get(error, "description");

    return answer->error == NO_MESSAGE || answer->error == NO_SEQUENCE ||
           (answer->error == NOT_DELETED && text.data != NULL &&
            memmem(text.data, text.length, "no message found", strlen("no message found")) != NULL);
}

static catga_status status_of(const catga_nats_api_answer *answer, catga_problem *problem,
                              const char *stream)
{
    if (answer->error == 0)
        return CATGA_OK;
    if (is_gone(answer))
        return CATGA_NOT_FOUND;
    if (answer->error == NO_STREAM)
        return CATGA_NO_RESPONDERS;
    return catga_nats_api_error(answer, problem, "stream", stream);
}

/* Requests an operation on one message. */
static catga_status request(catga_transport *transport, const char *operation, const char *stream,
                            const char *body, catga_nats_api_answer *answer, catga_problem *problem)
{
    char subject[SUBJECT_SIZE];

    snprintf(subject, sizeof subject, "$JS.API.STREAM.MSG.%s.%s", operation, stream);
    catga_status status = catga_nats_api_request(catga_nats_of(transport), subject, body,
                                                 CATGA_NATS_API_WAIT_MS, answer, problem);
    return status == CATGA_OK ? status_of(answer, problem, stream) : status;
}

catga_status catga_nats_stream_get(catga_transport *transport, const char *stream, uint64_t number,
                                   catga_incoming *message, catga_problem *problem)
{
    char body[BODY_SIZE];
    catga_nats_api_answer answer;

    snprintf(body, sizeof body, "{\"seq\":%" PRIu64 ",\"next_by_subj\":\">\"}", number);
    catga_status status = request(transport, "GET", stream, body, &answer, problem);
    if (status == CATGA_OK)
        status = catga_nats_stored_message(catga_nats_json_get(answer.object, "message"), message);
    if (status == CATGA_BAD_MESSAGE)
        snprintf(problem->text, sizeof problem->text, "stream %s: the answer is no message",
                 stream);
    catga_nats_api_free(&answer);
    return status;
}

catga_status catga_nats_stream_erase(catga_transport *transport, const char *stream,
                                     uint64_t number, catga_problem *problem)
{
    char body[BODY_SIZE];
    catga_nats_api_answer answer;

    snprintf(body, sizeof body, "{\"seq\":%" PRIu64 ",\"no_erase\":true}", number);
    catga_status status = request(transport, "DELETE", stream, body, &answer, problem);
    catga_nats_api_free(&answer);
    return status;
}
