/* Deletes stored messages; operations of transport.h. */
#ifndef CATGA_NATS_STREAM_PURGE_H
#define CATGA_NATS_STREAM_PURGE_H

#include "transport/transport.h"

catga_status catga_nats_stream_purge(catga_transport *transport, const catga_purge *purge,
                                     uint64_t *purged, catga_problem *problem);
bool catga_nats_purge_skips(catga_transport *transport);

#endif
