/* Requests and deletes stored messages; operations of transport.h. */
#ifndef CATGA_LOCAL_STREAM_QUERY_H
#define CATGA_LOCAL_STREAM_QUERY_H

#include "transport/transport.h"

catga_status catga_local_stream_ask(catga_transport *transport, const catga_stored_query *query,
                                    uint64_t token);
catga_status catga_local_stream_found(const catga_stored_query *query, catga_incoming *answer,
                                      catga_problem *problem);
catga_status catga_local_stream_purge(catga_transport *transport, const catga_purge *purge,
                                      uint64_t *purged, catga_problem *problem);
bool catga_local_purge_skips(catga_transport *transport);

#endif
