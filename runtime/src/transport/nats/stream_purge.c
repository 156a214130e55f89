#include "transport/nats/stream_purge.h"

#include "transport/nats/api.h"
#include "transport/nats/config_text.h"
#include "transport/nats/server_version.h"

#include <inttypes.h>
#include <stdio.h>

enum { NO_STREAM = 10059 };

/* Subjects are tokens with dots between them: nothing needs an escape. */
static bool write_body(catga_nats_text *body, const catga_purge *purge)
{
    const char *separator = "";

    catga_nats_text_put(body, "{");
    if (purge->subject != NULL) {
        catga_nats_text_put(body, "\"filter\":\"%s\"", purge->subject);
        separator = ",";
    }
    if (purge->before != 0)
        catga_nats_text_put(body, "%s\"seq\":%" PRIu64, separator, purge->before);
    else if (purge->keep != 0)
        catga_nats_text_put(body, "%s\"keep\":%" PRIu64, separator, purge->keep);
    catga_nats_text_put(body, "}");
    return !body->full;
}

catga_status catga_nats_stream_purge(catga_transport *transport, const catga_purge *purge,
                                     uint64_t *purged, catga_problem *problem)
{
    char subject[CATGA_NATS_API_SUBJECT];
    catga_nats_text body = {.length = 0};
    catga_nats_api_answer answer;

    *purged = 0;
    if ((purge->before != 0 && purge->keep != 0) || !write_body(&body, purge))
        return CATGA_INVALID_ARGUMENT;
    snprintf(subject, sizeof subject, "$JS.API.STREAM.PURGE.%s", purge->stream);
    catga_status status = catga_nats_api_request(catga_nats_of(transport), subject, body.text,
                                                 CATGA_NATS_API_WAIT_MS, &answer, problem);
    if (status == CATGA_OK && answer.error == NO_STREAM)
        status = CATGA_NO_RESPONDERS;
    else if (status == CATGA_OK && answer.error != 0)
        status = catga_nats_api_error(&answer, problem, "stream", purge->stream);
    else if (status == CATGA_OK)
        *purged = (uint64_t)catga_nats_json_number(catga_nats_json_get(answer.object, "purged"), 0);
    catga_nats_api_free(&answer);
    return status;
}

/* nats-server/pull/3838: a purge moved every consumer whose filter overlaps the purged subject. */
bool catga_nats_purge_skips(catga_transport *transport)
{
    return !catga_nats_server_is_at_least(catga_nats_of(transport), 2, 9, 12);
}
