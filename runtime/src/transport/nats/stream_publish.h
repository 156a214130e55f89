/* Publishes events to streams; operations of transport.h. */
#ifndef CATGA_NATS_STREAM_PUBLISH_H
#define CATGA_NATS_STREAM_PUBLISH_H

#include "transport/transport.h"

catga_status catga_nats_stream_publish(catga_transport *transport, const catga_outgoing *message,
                                       uint64_t token);
catga_status catga_nats_stream_published(const catga_incoming *answer, catga_placed *stored,
                                         catga_problem *problem);

#endif
