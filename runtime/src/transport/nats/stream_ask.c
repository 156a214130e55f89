/* A direct answer is the stored message itself, with headers that name its stream, subject, number
 * and time. The stream's leader answers with JSON: {"message":{...}} (ADR-31). */
#include "transport/nats/stream_ask.h"

#include "transport/nats/json.h"
#include "transport/nats/message.h"
#include "transport/nats/send.h"
#include "transport/nats/status.h"
#include "transport/nats/stored_message.h"
#include "transport/nats/timestamp.h"

#include <inttypes.h>
#include <stdio.h>

enum { SUBJECT_SIZE = 1024, BODY_SIZE = 1100, NO_MESSAGE = 10037, NO_STREAM = 10059 };

/* ---- Asking ---- */

static bool fits(int length, int size)
{
    return length > 0 && length < size;
}

/* Writes the API's subject and body for a query. Returns false if they are too long. */
static bool write_question(const catga_stored_query *query, char subject[SUBJECT_SIZE],
                           char body[BODY_SIZE])
{
    bool direct = !query->asks_leader;
    bool by_subject = query->subject != NULL;
    int length = snprintf(
        subject, SUBJECT_SIZE, "$JS.API.%s.GET.%s%s%s", direct ? "DIRECT" : "STREAM.MSG",
        query->stream, direct && by_subject ? "." : "", direct && by_subject ? query->subject : "");

    body[0] = '\0';
    if (!by_subject)
        snprintf(body, BODY_SIZE, "{\"seq\":%" PRIu64 "}", query->sequence);
    else if (!direct)
        return fits(length, SUBJECT_SIZE) &&
               fits(snprintf(body, BODY_SIZE, "{\"last_by_subj\":\"%s\"}", query->subject),
                    BODY_SIZE);
    return fits(length, SUBJECT_SIZE);
}

catga_status catga_nats_stream_ask(catga_transport *transport, const catga_stored_query *query,
                                   uint64_t token)
{
    char subject[SUBJECT_SIZE];
    char body[BODY_SIZE];

    if (!write_question(query, subject, body))
        return CATGA_INVALID_ARGUMENT;
    const catga_outgoing question = {.subject = subject,
                                     .data = (const uint8_t *)body,
                                     .length = strlen(body),
                                     .sender_waits = query->sender_waits};
    catga_nats_source source = {CATGA_NATS_ANY_SOURCE, 0};
    if (!query->asks_leader)
        source = (catga_nats_source){CATGA_NATS_STREAM_MESSAGE,
                                     catga_stream_hash(catga_str(query->stream))};
    return catga_nats_request_from(catga_nats_of(transport), &question, token, source);
}

/* ---- Answers ---- */

static catga_status refuse(catga_problem *problem)
{
    snprintf(problem->text, sizeof problem->text, "the answer is none of a stream's");
    return CATGA_BAD_MESSAGE;
}

static bool is_asked(const catga_stored_query *query, const catga_incoming *message)
{
    if (query->subject == NULL)
        return message->sequence == query->sequence;
    return message->sequence != 0 && message->subject.length == strlen(query->subject) &&
           memcmp(message->subject.data, query->subject, message->subject.length) == 0;
}

static catga_status accept(const catga_stored_query *query, const catga_incoming *message,
                           catga_problem *problem)
{
    if (is_asked(query, message))
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text, "the answer is not the message that was asked");
    return CATGA_BAD_MESSAGE;
}

/* Reads an answer of the stream's leader, which is replaced by the message. */
static catga_status read_json(const catga_stored_query *query, catga_incoming *answer,
                              catga_problem *problem)
{
    catga_nats_json object = {(const char *)answer->data, answer->length};
    catga_nats_json error = catga_nats_json_get(object, "error");
    int64_t code = catga_nats_json_number(catga_nats_json_get(error, "err_code"), 0);
    catga_incoming message;

    if (!catga_nats_json_is_object(object))
        return refuse(problem);
    if (code == NO_MESSAGE)
        return CATGA_NOT_FOUND;
    if (code == NO_STREAM)
        return CATGA_NO_RESPONDERS;
    if (error.data != NULL) {
        snprintf(problem->text, sizeof problem->text, "the server says: %.*s",
                 CATGA_PRINT(catga_nats_json_get(error, "description")));
        return catga_nats_jetstream_status(code);
    }
    catga_status status =
        catga_nats_stored_message(catga_nats_json_get(object, "message"), &message);
    if (status != CATGA_OK)
        return status == CATGA_BAD_MESSAGE ? refuse(problem) : status;
    catga_nats_release(answer);
    *answer = message;
    return accept(query, answer, problem);
}

/* Reads a direct answer. For an absent message it is a status without a body. */
static catga_status read_direct(const catga_stored_query *query, catga_incoming *answer,
                                catga_problem *problem)
{
    const char *sequence = catga_nats_header(answer, "Nats-Sequence");
    const char *subject = catga_nats_header(answer, "Nats-Subject");
    const char *time = catga_nats_header(answer, "Nats-Time-Stamp");
    const char *status = catga_nats_header(answer, "Status");

    if (sequence == NULL && status != NULL && strcmp(status, "404") == 0)
        return CATGA_NOT_FOUND;
    if (sequence == NULL || subject == NULL)
        return refuse(problem);
    int64_t number = catga_nats_json_number(catga_str(sequence), 0);
    answer->subject = catga_str(subject);
    answer->sequence = number > 0 ? (uint64_t)number : 0;
    answer->stored_ns = catga_nats_timestamp(catga_str(time == NULL ? "" : time));
    return accept(query, answer, problem);
}

catga_status catga_nats_stream_found(const catga_stored_query *query, catga_incoming *answer,
                                     catga_problem *problem)
{
    catga_status status;

    if (answer->no_responders)
        status = CATGA_NO_RESPONDERS;
    else if (query->asks_leader)
        status = read_json(query, answer, problem);
    else
        status = read_direct(query, answer, problem);
    if (status != CATGA_OK)
        catga_nats_release(answer);
    return status;
}
