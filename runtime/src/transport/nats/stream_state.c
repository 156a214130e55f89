/* Describes and deletes streams. */
#include "transport/nats/stream_state.h"

#include "base/clock.h"
#include "transport/nats/api.h"
#include "transport/nats/reconcile.h"
#include "transport/nats/timestamp.h"

#include <stdio.h>
#include <stdlib.h>

enum { NO_STREAM = 10059 };

/* nats-server 2.9.10 answers before it has deleted the files of a stream, and would delete those of
 * a new stream of that name. Deletion took up to 230 ms under load. */
#define DELETION (500 * CATGA_MILLISECOND)

/* Requests an operation on a stream. */
static catga_status request(catga_nats *nats, const char *operation, const char *stream,
                            const char *body, catga_nats_api_answer *answer, catga_problem *problem)
{
    char subject[CATGA_NATS_API_SUBJECT];

    snprintf(subject, sizeof subject, "$JS.API.STREAM.%s.%s", operation, stream);
    catga_status status =
        catga_nats_api_request(nats, subject, body, CATGA_NATS_API_WAIT_MS, answer, problem);
    if (status != CATGA_OK || answer->error == 0)
        return status;
    return answer->error == NO_STREAM ? CATGA_NOT_FOUND
                                      : catga_nats_api_error(answer, problem, "stream", stream);
}

static uint64_t count_of(catga_nats_json object, const char *name)
{
    int64_t count = catga_nats_json_number(catga_nats_json_get(object, name), 0);

    return count > 0 ? (uint64_t)count : 0;
}

static catga_stream_state state_of(catga_nats_json found, catga_nats_json config)
{
    catga_stream_state state = {
        .messages = count_of(found, "messages"),
        .bytes = count_of(found, "bytes"),
        .first_sequence = count_of(found, "first_seq"),
        .last_sequence = count_of(found, "last_seq"),
        .first_ns = catga_nats_timestamp(catga_nats_json_get(found, "first_ts")),
        .last_ns = catga_nats_timestamp(catga_nats_json_get(found, "last_ts")),
        .consumers = count_of(found, "consumer_count"),
        .max_message_bytes = (int64_t)count_of(config, "max_msg_size")};

    if (state.messages == 0) /* the server says 0 of a stream that never stored a message */
        state.first_sequence = state.last_sequence + 1;
    return state;
}

catga_status catga_nats_stream_state(catga_transport *transport, const char *stream,
                                     catga_stream_state *state, catga_problem *problem)
{
    catga_nats_api_answer answer;

    *state = (catga_stream_state){0};
    catga_status status = request(catga_nats_of(transport), "INFO", stream, "", &answer, problem);
    catga_nats_json found = catga_nats_json_get(answer.object, "state");
    if (status == CATGA_OK && found.data == NULL) {
        snprintf(problem->text, sizeof problem->text, "stream %s: the server's answer has no state",
                 stream);
        status = CATGA_BAD_MESSAGE;
    }
    if (status == CATGA_OK)
        *state = state_of(found, catga_nats_json_get(answer.object, "config"));
    catga_nats_api_free(&answer);
    return status;
}

/* Returns whether the stream still exists, certainly. */
static bool is_kept(catga_status removal)
{
    return removal != CATGA_OK && removal != CATGA_NOT_FOUND && removal != CATGA_TIMEOUT;
}

/* The reconcile thread must not recreate the stream: it forgets the stream first. */
catga_status catga_nats_stream_remove(catga_transport *transport, const char *stream,
                                      catga_problem *problem)
{
    catga_nats *nats = catga_nats_of(transport);
    catga_nats_api_answer answer;

    catga_nats_reconcile_forget(nats, stream, true);
    catga_status status = request(nats, "DELETE", stream, "", &answer, problem);
    catga_nats_api_free(&answer);
    if (is_kept(status))
        catga_nats_reconcile_forget(nats, stream, false);
    if (status == CATGA_OK)
        nanosleep(&(struct timespec){.tv_nsec = DELETION}, NULL);
    return status;
}

/* Returns a configuration with "sealed":true, which the caller frees; NULL without memory. */
static char *sealed(catga_nats_json config)
{
    catga_nats_json before = catga_nats_json_get(config, "sealed");
    size_t begin = before.data == NULL ? 1 : (size_t)(before.data - config.data);
    const char *text = before.data == NULL ? "\"sealed\":true," : "true";
    char *body;

    if (config.length < 2)
        return strdup("{}"); /* the server refuses it */
    int length =
        asprintf(&body, "%.*s%s%.*s", (int)begin, config.data, text,
                 (int)(config.length - begin - before.length), config.data + begin + before.length);
    return length < 0 ? NULL : body;
}

catga_status catga_nats_stream_seal(catga_transport *transport, const char *stream,
                                    catga_problem *problem)
{
    catga_nats *nats = catga_nats_of(transport);
    catga_nats_api_answer answer;
    catga_status status = request(nats, "INFO", stream, "", &answer, problem);
    char *body = NULL;

    if (status == CATGA_OK) {
        body = sealed(catga_nats_json_get(answer.object, "config"));
        status = body == NULL ? CATGA_NO_MEMORY : CATGA_OK;
    }
    catga_nats_api_free(&answer);
    if (status != CATGA_OK)
        return status;
    status = request(nats, "UPDATE", stream, body, &answer, problem);
    catga_nats_api_free(&answer);
    free(body);
    return status;
}
