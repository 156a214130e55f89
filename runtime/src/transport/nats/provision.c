/* Creates streams, buckets and consumers that are absent. Existing ones are compared field by field
 * and left alone: the server would take the creation of an existing consumer as a change. */
#include "transport/nats/provision.h"

#include "transport/nats/config_text.h"

#include <inttypes.h>
#include <stdio.h>

enum { NO_MESSAGE = 10037, NO_STORAGE = 10047 };

static bool is_nearly_full(const catga_nats_api_answer *info)
{
    catga_nats_json config = catga_nats_json_get(info->object, "config");
    catga_nats_json state = catga_nats_json_get(info->object, "state");
    int64_t most = catga_nats_json_number(catga_nats_json_get(config, "max_bytes"), -1);
    int64_t used = catga_nats_json_number(catga_nats_json_get(state, "bytes"), 0);

    return most > 0 && used >= most - most / 10;
}

/* Returns a count of an object; 0 if it is absent. */
static uint64_t count_of(catga_nats_json object, const char *name)
{
    int64_t count = catga_nats_json_number(catga_nats_json_get(object, name), 0);

    return count > 0 ? (uint64_t)count : 0;
}

static void observe(catga_nats_observed *observed, const catga_nats_api_answer *info)
{
    catga_nats_json state = catga_nats_json_get(info->object, "state");

    snprintf(observed->created, sizeof observed->created, "%.*s",
             CATGA_PRINT(catga_nats_json_get(info->object, "created")));
    observed->settled = count_of(catga_nats_json_get(info->object, "ack_floor"), "stream_seq");
    observed->pending = count_of(info->object, "num_pending");
    observed->ack_pending = count_of(info->object, "num_ack_pending");
    observed->ack_wait_ns =
        (int64_t)count_of(catga_nats_json_get(info->object, "config"), "ack_wait");
    observed->first = count_of(state, "messages") == 0 ? 0 : count_of(state, "first_seq");
    observed->nearly_full = is_nearly_full(info);
}

/* Observes the object; *exists is false if it is absent. */
static catga_status look(catga_nats *nats, const catga_nats_desired *desired, bool *exists,
                         catga_nats_observed *observed, catga_problem *problem)
{
    const catga_nats_kind *kind = desired->kind;
    catga_nats_api_answer info;

    catga_status status =
        catga_nats_api_request(nats, desired->info, "", desired->wait_ms, &info, problem);

    *exists = info.error != kind->absent;
    if (status == CATGA_OK && *exists && info.error != 0)
        status = catga_nats_api_error(&info, problem, kind->name, desired->name);
    else if (status == CATGA_OK && *exists && kind->drifted(&info, desired->settings, problem))
        status = CATGA_DRIFTED;
    if (status == CATGA_OK && *exists)
        observe(observed, &info);
    catga_nats_api_free(&info);
    return status;
}

static catga_status create(catga_nats *nats, const catga_nats_desired *desired,
                           catga_nats_observed *observed, catga_problem *problem)
{
    const catga_nats_kind *kind = desired->kind;
    catga_nats_api_answer answer;
    catga_nats_text description = {.length = 0};

    kind->put(&description, desired);
    if (description.full)
        return CATGA_TOO_LARGE;
    catga_status status = catga_nats_api_request(nats, desired->create, description.text,
                                                 desired->wait_ms, &answer, problem);
    if (status == CATGA_OK && answer.error != 0)
        status = catga_nats_api_error(&answer, problem, kind->name, desired->name);
    if (answer.error == NO_STORAGE && kind->reserves_bytes)
        status = CATGA_TOO_LARGE;
    observed->made = status == CATGA_OK;
    if (observed->made)
        observe(observed, &answer);
    catga_nats_api_free(&answer);
    return status;
}

/* Replicas that start together may all find the object absent. If another replica creates it first,
 * the server refuses the creation, with one of several errors: so this replica looks again. */
catga_status catga_nats_ensure(catga_nats *nats, const catga_nats_desired *desired,
                               catga_nats_observed *observed, catga_problem *problem)
{
    bool exists;
    catga_problem refusal = {""};

    *observed = (catga_nats_observed){0};
    catga_status status = look(nats, desired, &exists, observed, problem);
    if (status != CATGA_OK || exists)
        return status;
    if (desired->only_look)
        return CATGA_NOT_FOUND;
    catga_status created = create(nats, desired, observed, &refusal);
    if (created == CATGA_REFUSED) {
        status = look(nats, desired, &exists, observed, problem);
        if (status != CATGA_OK || exists)
            return status;
    }
    *problem = refusal;
    return created;
}

bool catga_nats_has_lost(catga_nats *nats, const catga_nats_desired *desired, uint64_t number)
{
    char subject[CATGA_NATS_API_SUBJECT];
    char body[40];
    catga_problem problem;
    catga_nats_api_answer answer;

    snprintf(subject, sizeof subject, "$JS.API.STREAM.MSG.GET.%s",
             desired->info + strlen(CATGA_NATS_STREAM_INFO));
    snprintf(body, sizeof body, "{\"seq\":%" PRIu64 "}", number);
    catga_status status =
        catga_nats_api_request(nats, subject, body, desired->wait_ms, &answer, &problem);
    bool lost = status == CATGA_OK && answer.error == NO_MESSAGE;
    catga_nats_api_free(&answer);
    return lost;
}
