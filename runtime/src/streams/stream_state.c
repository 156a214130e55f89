/* Describes and deletes streams. */
#include "bus/status.h"
#include "streams/stream_names.h"
#include "streams/streams.h"
#include "transport/capability.h"

/* Checks the bus and the name, and adds the prefix. */
static catga_status find_name(catga_bus *bus, const char *stream, char name[CATGA_STREAM_NAME])
{
    catga_status status = catga_bus_may_use(bus);

    if (status != CATGA_OK)
        return status;
    bool is_name = catga_names_is_stream(stream) && catga_names_prefixed(bus->state, stream, name);
    return is_name ? CATGA_OK : CATGA_INVALID_ARGUMENT;
}

static void report(const catga_bus *bus, const char *verb, const char *name, catga_status status,
                   const catga_problem *problem)
{
    if (problem->text[0] != '\0')
        catga_log(&bus->state->settings.logger, CATGA_LOG_WARNING,
                  "streams: cannot %s stream %s: " CATGA_REASON, verb, name,
                  CATGA_REASON_OF(status, *problem));
}

catga_status catga_stream_get_state(catga_bus *bus, const char *stream, catga_stream_state *state)
{
    char name[CATGA_STREAM_NAME];
    catga_problem problem = {""};
    catga_status status = find_name(bus, stream, name);

    *state = (catga_stream_state){0};
    if (status != CATGA_OK)
        return status;
    status = catga_transport_stream_state(bus->state->transport, name, state, &problem);
    if (status != CATGA_OK)
        report(bus, "describe", name, status, &problem);
    return status;
}

catga_status catga_stream_delete(catga_bus *bus, const char *stream)
{
    char name[CATGA_STREAM_NAME];
    catga_problem problem = {""};
    catga_status status = find_name(bus, stream, name);

    if (status != CATGA_OK)
        return status;
    status = catga_transport_remove_stream(bus->state->transport, name, &problem);
    catga_streams_forget(bus->state, stream);
    if (status != CATGA_OK)
        report(bus, "delete", name, status, &problem);
    return status;
}
