#include "transport/capability.h"

#include <stdio.h>

static catga_status unsupported(const char *capability, catga_problem *problem)
{
    snprintf(problem->text, sizeof problem->text, "the transport has no %s", capability);
    return CATGA_UNSUPPORTED;
}

catga_status catga_transport_ensure_stream(catga_transport *transport,
                                           const catga_stream_settings *stream,
                                           catga_problem *problem)
{
    return transport->streams == NULL ? unsupported("streams", problem)
                                      : transport->streams->ensure(transport, stream, problem);
}

catga_status catga_transport_get_stored(catga_transport *transport, const char *stream,
                                        uint64_t number, catga_incoming *message,
                                        catga_problem *problem)
{
    return transport->streams == NULL
               ? unsupported("streams", problem)
               : transport->streams->get(transport, stream, number, message, problem);
}

catga_status catga_transport_ensure_bucket(catga_transport *transport,
                                           const catga_bucket_settings *bucket,
                                           catga_problem *problem)
{
    return transport->kv == NULL ? unsupported("records", problem)
                                 : transport->kv->ensure(transport, bucket, problem);
}

catga_status catga_transport_stream_state(catga_transport *transport, const char *stream,
                                          catga_stream_state *state, catga_problem *problem)
{
    return transport->streams == NULL
               ? unsupported("streams", problem)
               : transport->streams->state(transport, stream, state, problem);
}

catga_status catga_transport_remove_stream(catga_transport *transport, const char *stream,
                                           catga_problem *problem)
{
    return transport->streams == NULL ? unsupported("streams", problem)
                                      : transport->streams->remove(transport, stream, problem);
}
