#include "transport/nats/api.h"

#include "base/clock.h"
#include "transport/nats/status.h"

#include <stdio.h>

/* milliseconds between two checks of whether the server has refused the request */
enum { SLICE_MS = 10 };

void catga_nats_api_free(catga_nats_api_answer *answer)
{
    natsMsg_Destroy(answer->message);
    answer->message = NULL;
    answer->object = (catga_nats_json){NULL, 0};
}

/* Waits in slices: the server reports a missing permission on the connection, not to the inbox. */
static catga_status await(catga_nats *nats, natsSubscription *inbox, const char *subject,
                          int wait_ms, natsMsg **answer)
{
    int64_t end = catga_clock_now() + wait_ms * CATGA_MILLISECOND;
    natsStatus status = NATS_TIMEOUT;

    while (status == NATS_TIMEOUT && catga_clock_now() < end) {
        status = natsSubscription_NextMsg(answer, inbox, SLICE_MS);
        if (status == NATS_TIMEOUT && catga_nats_is_denied(nats, subject))
            return CATGA_NOT_PERMITTED;
        if (status == NATS_TIMEOUT && !catga_nats_link_is_up(&nats->link))
            return CATGA_DISCONNECTED;
    }
    if (status == NATS_OK && natsMsg_IsNoResponders(*answer))
        status = NATS_NO_RESPONDERS;
    return catga_nats_status(status);
}

static catga_status exchange(catga_nats *nats, natsConnection *connection, const char *subject,
                             const char *body, int wait_ms, natsMsg **answer)
{
    natsSubscription *subscription = NULL;
    char inbox[CATGA_NATS_INBOX + 1];

    catga_nats_inbox_name(inbox);
    natsStatus status = natsConnection_SubscribeSync(&subscription, connection, inbox);
    if (status == NATS_OK)
        status = natsConnection_PublishRequestString(connection, subject, inbox, body);
    catga_status result = status == NATS_OK ? await(nats, subscription, subject, wait_ms, answer)
                                            : catga_nats_status(status);
    natsSubscription_Destroy(subscription);
    return result;
}

/* Each answer names its type. Another one comes from another program, or is damaged. */
static bool is_of_jetstream(catga_nats_json answer)
{
    static const char prefix[] = "\"io.nats.jetstream.api.";
    catga_nats_json type = catga_nats_json_get(answer, "type");

    return catga_nats_json_is_object(answer) && type.length > strlen(prefix) &&
           memcmp(type.data, prefix, strlen(prefix)) == 0;
}

static catga_status refuse(catga_nats_api_answer *answer, const char *subject,
                           catga_problem *problem)
{
    catga_nats_api_free(answer);
    snprintf(problem->text, sizeof problem->text, "the answer to \"%s\" is none of JetStream's",
             subject);
    return CATGA_BAD_MESSAGE;
}

/* Describes a failure. Without JetStream there is no responder. */
static catga_status explain(catga_status status, const char *subject, catga_problem *problem)
{
    if (status == CATGA_NO_RESPONDERS)
        status = CATGA_NO_JETSTREAM;
    if (status == CATGA_NOT_PERMITTED)
        snprintf(problem->text, sizeof problem->text, "no permission to publish to \"%s\"",
                 subject);
    else if (status == CATGA_TIMEOUT)
        snprintf(problem->text, sizeof problem->text, "the server does not answer \"%s\"", subject);
    return status;
}

catga_status catga_nats_api_request(catga_nats *nats, const char *subject, const char *body,
                                    int wait_ms, catga_nats_api_answer *answer,
                                    catga_problem *problem)
{
    catga_status status = CATGA_NOT_PERMITTED;

    *answer = (catga_nats_api_answer){0};
    if (!catga_nats_is_denied(nats, subject)) {
        catga_nats_use use = catga_nats_link_enter(&nats->link);
        if (use.connection == NULL)
            return CATGA_DISCONNECTED;
        status = exchange(nats, use.connection, subject, body, wait_ms, &answer->message);
        catga_nats_link_leave(use, 0);
    }
    if (status != CATGA_OK) {
        catga_nats_api_free(answer);
        return explain(status, subject, problem);
    }
    answer->object = (catga_nats_json){natsMsg_GetData(answer->message),
                                       (size_t)natsMsg_GetDataLength(answer->message)};
    if (!is_of_jetstream(answer->object))
        return refuse(answer, subject, problem);
    catga_nats_json error = catga_nats_json_get(answer->object, "error");
    if (error.data != NULL) {
        int64_t code = catga_nats_json_number(catga_nats_json_get(error, "err_code"), -1);
        answer->error = code != 0 ? code : -1; /* an error without a code is an error too */
    }
    return CATGA_OK;
}

catga_status catga_nats_api_error(const catga_nats_api_answer *answer, catga_problem *problem,
                                  const char *kind, const char *name)
{
    catga_nats_json error = catga_nats_json_get(answer->object, "error");
    catga_nats_json text = catga_nats_json_get(error, "description");

    snprintf(problem->text, sizeof problem->text, "%s %s: the server says: %.*s", kind, name,
             CATGA_PRINT(text));
    return catga_nats_jetstream_status(answer->error);
}
