/* Creates, describes, seals and deletes object stores. */
#include "base/monotime.h"
#include "objects/object_access.h"

#include <stdio.h>

/* Default window of the server, in which a message id is stored once. */
#define WINDOW (120 * CATGA_SECOND)

static catga_status check(const catga_object_access *access, const catga_object_store *store)
{
    if (store->max_age_ms < 0 || store->max_age_ms > INT64_MAX / CATGA_MILLISECOND)
        return catga_object_refuse(access, CATGA_INVALID_ARGUMENT,
                                   "max_age_ms is 0 or more milliseconds, at most 292 years");
    if (store->max_bytes < 0)
        return catga_object_refuse(access, CATGA_INVALID_ARGUMENT, "max_bytes is 0 or more");
    return CATGA_OK;
}

static catga_status ensure(catga_object_access *access, const catga_object_store *store)
{
    char chunks[CATGA_OBJECT_SUBJECT];
    char infos[CATGA_OBJECT_SUBJECT];
    const char *const subjects[] = {chunks, infos};
    int64_t age = store->max_age_ms * CATGA_MILLISECOND;

    const unsigned compared = CATGA_STREAM_MAX_AGE | CATGA_STREAM_MAX_BYTES | CATGA_STREAM_STORAGE |
                              CATGA_STREAM_MAX_PER_SUBJECT | CATGA_STREAM_DISCARD |
                              (store->replicas == 0 ? 0 : CATGA_STREAM_REPLICAS);
    const catga_stream_settings settings = {
        .name = access->stream,
        .subjects = subjects,
        .subject_count = 2,
        .max_age_ns = age,
        .window_ns = age != 0 && age < WINDOW ? age : WINDOW,
        .max_bytes = store->max_bytes,
        .replicas =
            store->replicas == 0 ? (unsigned)access->state->settings.replicas : store->replicas,
        .in_memory = store->in_memory,
        .allow_direct = true,
        .allow_rollup = true,
        .only_existing = store->existing,
        .compared = store->existing ? 0 : compared};

    snprintf(chunks, sizeof chunks, "$O.%s.C.>", access->store);
    catga_object_info_filter(access->store, infos);
    int64_t end = catga_object_deadline(access);
    catga_status status;
    do
        status = access->streams->ensure(access->transport, &settings, access->problem);
    while (catga_object_try_again(access, status, end));
    return catga_object_missing(access, status);
}

catga_status catga_objects_ensure(catga_bus *bus, const catga_object_store *store,
                                  catga_problem *problem)
{
    catga_object_access access;
    catga_status status = catga_object_access_begin(&access, bus, store, problem);

    if (status == CATGA_OK)
        status = check(&access, store);
    return status == CATGA_OK ? ensure(&access, store) : status;
}

catga_status catga_objects_state(catga_bus *bus, const catga_object_store *store,
                                 catga_stream_state *state, catga_problem *problem)
{
    catga_object_access access;
    catga_status status = catga_object_access_begin(&access, bus, store, problem);

    return status == CATGA_OK ? catga_object_ask_state(&access, state) : status;
}

catga_status catga_objects_seal(catga_bus *bus, const catga_object_store *store,
                                catga_problem *problem)
{
    catga_object_access access;
    catga_status status = catga_object_access_begin(&access, bus, store, problem);

    if (status != CATGA_OK)
        return status;
    int64_t end = catga_object_deadline(&access);
    do
        status = access.streams->seal(access.transport, access.stream, access.problem);
    while (catga_object_try_again(&access, status, end));
    return catga_object_missing(&access, status);
}

/* An absent store was removed by an earlier try, if the answer to that was lost. */
static catga_status remove_stream(catga_object_access *access)
{
    int64_t end = catga_object_deadline(access);
    bool was_tried = false;

    for (;;) {
        catga_status status =
            access->streams->remove(access->transport, access->stream, access->problem);
        if (!catga_object_try_again(access, status, end))
            return was_tried && status == CATGA_NOT_FOUND ? CATGA_OK
                                                          : catga_object_missing(access, status);
        was_tried = true;
    }
}

catga_status catga_objects_remove(catga_bus *bus, const catga_object_store *store,
                                  catga_problem *problem)
{
    catga_object_access access;
    catga_status status = catga_object_access_begin(&access, bus, store, problem);

    return status == CATGA_OK ? remove_stream(&access) : status;
}
