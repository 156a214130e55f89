/* Records in key-value buckets; operations of transport.h. */
#ifndef CATGA_NATS_KV_H
#define CATGA_NATS_KV_H

#include "transport/transport.h"

catga_status catga_nats_kv_write(catga_transport *transport, catga_kv_key key,
                                 const catga_outgoing *record, uint64_t revision, uint64_t token);
catga_status catga_nats_kv_written(const catga_incoming *answer, uint64_t *revision,
                                   catga_problem *problem);
catga_status catga_nats_kv_read(catga_transport *transport, catga_kv_key key, uint64_t token);
catga_status catga_nats_kv_found(const catga_incoming *answer, uint64_t *revision,
                                 catga_problem *problem);

#endif
