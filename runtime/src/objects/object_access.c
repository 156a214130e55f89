/* Begins the use of a store; see object_access.h. */
#include "objects/object_access.h"

#include "base/clock.h"
#include "streams/stream_names.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

/* Pause between two tries while the server is absent. */
#define PAUSE (100 * CATGA_MILLISECOND)

catga_status catga_object_refuse(const catga_object_access *access, catga_status status,
                                 const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(access->problem->text, sizeof access->problem->text, format, arguments);
    va_end(arguments);
    return status;
}

int64_t catga_object_deadline(const catga_object_access *access)
{
    return catga_clock_after(catga_clock_now(), access->wait_ns);
}

bool catga_object_try_again(const catga_object_access *access, catga_status status, int64_t end_ns)
{
    if (status != CATGA_TIMEOUT && status != CATGA_DISCONNECTED)
        return false;
    if (catga_clock_now() + PAUSE >= end_ns) {
        (void)catga_object_refuse(access, status, "%s for %lld ms",
                                  status == CATGA_TIMEOUT ? "the server did not answer"
                                                          : "there was no connection",
                                  (long long)(access->wait_ns / CATGA_MILLISECOND));
        return false;
    }
    const struct timespec pause = catga_clock_timespec(PAUSE);
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    access->problem->text[0] = '\0';
    return true;
}

catga_status catga_object_begin_read(catga_object_access *access,
                                     const catga_reader_settings *settings, catga_reader **reader)
{
    int64_t end = catga_object_deadline(access);
    catga_status status;

    do
        status = access->streams->read(access->transport, settings, reader, access->problem);
    while (catga_object_try_again(access, status, end));
    return status;
}

catga_status catga_object_missing(const catga_object_access *access, catga_status status)
{
    if (status != CATGA_NOT_FOUND)
        return status;
    return catga_object_refuse(access, CATGA_NO_RESPONDERS, "there is no object store '%.100s'",
                               access->store);
}

catga_status catga_object_ask_state(catga_object_access *access, catga_stream_state *state)
{
    int64_t end = catga_object_deadline(access);
    catga_status status;

    do
        status = access->streams->state(access->transport, access->stream, state, access->problem);
    while (catga_object_try_again(access, status, end));
    return catga_object_missing(access, status);
}

static catga_status set_name(catga_object_access *access, const catga_object_store *store)
{
    char name[CATGA_STREAM_NAME];

    if (store->name == NULL || !catga_is_object_store(catga_str(store->name)))
        return catga_object_refuse(access, CATGA_INVALID_ARGUMENT,
                                   "the name of an object store is 1 to 200 of A-Z a-z 0-9 _ -, "
                                   "not '%.80s'",
                                   store->name == NULL ? "" : store->name);
    if (!store->prefixed)
        snprintf(name, sizeof name, "%s", store->name);
    else if (!catga_names_prefixed(access->state, store->name, name) ||
             !catga_is_object_store(catga_str(name)))
        return catga_object_refuse(access, CATGA_INVALID_ARGUMENT,
                                   "the name '%.80s' is too long with the prefix of the bus",
                                   store->name);
    snprintf(access->store, sizeof access->store, "%.*s", CATGA_OBJECT_STORE_NAME - 1, name);
    catga_object_stream(access->store, access->stream);
    return CATGA_OK;
}

catga_status catga_object_access_begin(catga_object_access *access, catga_bus *bus,
                                       const catga_object_store *store, catga_problem *problem)
{
    access->state = bus->state;
    access->problem = problem == NULL ? &access->unwanted : problem;
    access->problem->text[0] = '\0';
    catga_status status = catga_bus_may_wait(bus);
    if (status != CATGA_OK)
        return status;
    access->transport = access->state->transport;
    access->streams = access->transport->streams;
    if (access->streams == NULL)
        return catga_object_refuse(access, CATGA_UNSUPPORTED, "the transport has no streams");
    int wait_ms = store->wait_ms == 0 ? CATGA_OBJECT_WAIT_MS : store->wait_ms;
    if (wait_ms < 0)
        return catga_object_refuse(access, CATGA_INVALID_ARGUMENT,
                                   "wait_ms is 0 or more milliseconds, not %d", wait_ms);
    access->wait_ns = wait_ms * CATGA_MILLISECOND;
    return set_name(access, store);
}

void catga_object_access_linked(catga_object_access *access, const catga_object_access *from,
                                catga_string store)
{
    *access = *from;
    access->problem = from->problem;
    snprintf(access->store, sizeof access->store, "%.*s", CATGA_PRINT(store));
    catga_object_stream(access->store, access->stream);
}

catga_status catga_object_access_name(const catga_object_access *access, catga_string name)
{
    if (catga_is_object_name(name))
        return CATGA_OK;
    return catga_object_refuse(
        access, CATGA_INVALID_ARGUMENT,
        "the name of an object is 1 to %d bytes of UTF-8, not %zu bytes%s", CATGA_OBJECT_NAME_MAX,
        name.length,
        name.length > 0 && name.length <= CATGA_OBJECT_NAME_MAX ? " that are not UTF-8" : "");
}
