/* Single stored messages are read to inspect dead letters. JetStream returns one as JSON:
 * {"message":{"subject":"...","seq":7,"hdrs":"BASE64","data":"BASE64"}}. */
#include "transport/nats/stream_get.h"

#include "transport/nats/api.h"
#include "transport/nats/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NO_MESSAGE = 10037, NO_STREAM = 10059, SUBJECT_SIZE = 512, BODY_SIZE = 64 };

/* ---- Base64 ---- */

static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)(at - digits);
}

/* Decodes a JSON string up to the first other character. Returns terminated bytes, which the caller
 * frees; NULL without memory. */
static char *decode(catga_nats_json text, size_t *length)
{
    char *bytes = malloc(text.length / 4 * 3 + 4);
    unsigned bits = 0;
    unsigned count = 0;

    *length = 0;
    if (bytes == NULL)
        return NULL;
    for (size_t i = 1; i < text.length && digit_of(text.data[i]) >= 0; i++) {
        bits = bits << 6 | (unsigned)digit_of(text.data[i]);
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        bytes[(*length)++] = (char)(bits >> count & 255);
    }
    bytes[*length] = '\0';
    return bytes;
}

/* ---- Headers ---- */

/* Reads "NATS/1.0\r\nName: value\r\n...\r\n\r\n". */
static natsStatus add_headers(natsMsg *message, char *lines)
{
    char *rest = lines;
    natsStatus status = NATS_OK;

    strsep(&rest, "\n");
    for (char *line; status == NATS_OK && (line = strsep(&rest, "\n")) != NULL;) {
        line[strcspn(line, "\r")] = '\0';
        char *value = strchr(line, ':');
        if (value == NULL)
            continue;
        *value++ = '\0';
        status = natsMsgHeader_Set(message, line, value + strspn(value, " "));
    }
    return status;
}

/* ---- A message ---- */

static catga_status read_message(catga_nats_json object, catga_incoming *message)
{
    char subject[SUBJECT_SIZE] = "";
    size_t data_length;
    size_t lines_length;
    natsMsg *native = NULL;
    catga_nats_json name = catga_nats_json_get(object, "subject");

    if (name.length < 3 || name.length - 2 >= sizeof subject)
        return CATGA_TRANSPORT_FAILED;
    memcpy(subject, name.data + 1, name.length - 2);
    char *data = decode(catga_nats_json_get(object, "data"), &data_length);
    char *lines = decode(catga_nats_json_get(object, "hdrs"), &lines_length);
    natsStatus status = data == NULL || lines == NULL ? NATS_NO_MEMORY : NATS_OK;
    if (status == NATS_OK)
        status = natsMsg_Create(&native, subject, NULL, data, (int)data_length);
    if (status == NATS_OK)
        status = add_headers(native, lines);
    free(data);
    free(lines);
    if (status != NATS_OK) {
        natsMsg_Destroy(native);
        return catga_nats_status(status);
    }
    int64_t number = catga_nats_json_number(catga_nats_json_get(object, "seq"), 0);
    *message = (catga_incoming){.subject = catga_str(natsMsg_GetSubject(native)),
                                .data = (const uint8_t *)natsMsg_GetData(native),
                                .length = data_length,
                                .sequence = (uint64_t)number,
                                .native = native};
    return CATGA_OK;
}

/* ---- The operations ---- */

static catga_status status_of(const catga_nats_api_answer *answer, catga_problem *problem,
                              const char *stream)
{
    if (answer->error == 0)
        return CATGA_OK;
    if (answer->error == NO_MESSAGE)
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
        status = read_message(catga_nats_json_get(answer.object, "message"), message);
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
