/* Describes and deletes streams; operations of transport.h. */
#ifndef CATGA_NATS_STREAM_STATE_H
#define CATGA_NATS_STREAM_STATE_H

#include "transport/transport.h"

catga_status catga_nats_stream_state(catga_transport *transport, const char *stream,
                                     catga_stream_state *state, catga_problem *problem);
catga_status catga_nats_stream_remove(catga_transport *transport, const char *stream,
                                      catga_problem *problem);
catga_status catga_nats_stream_seal(catga_transport *transport, const char *stream,
                                    catga_problem *problem);

#endif
