/* Requests single stored messages; operations of transport.h. */
#ifndef CATGA_NATS_STREAM_ASK_H
#define CATGA_NATS_STREAM_ASK_H

#include "transport/transport.h"

catga_status catga_nats_stream_ask(catga_transport *transport, const catga_stored_query *query,
                                   uint64_t token);
catga_status catga_nats_stream_found(const catga_stored_query *query, catga_incoming *answer,
                                     catga_problem *problem);

#endif
