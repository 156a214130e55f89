/* Reads and deletes single stored messages; operations of transport.h. */
#ifndef CATGA_NATS_STREAM_GET_H
#define CATGA_NATS_STREAM_GET_H

#include "transport/transport.h"

catga_status catga_nats_stream_get(catga_transport *transport, const char *stream, uint64_t number,
                                   catga_incoming *message, catga_problem *problem);
catga_status catga_nats_stream_erase(catga_transport *transport, const char *stream,
                                     uint64_t number, catga_problem *problem);

#endif
