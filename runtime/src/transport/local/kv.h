/* Key-value buckets, guarded by the store's lock. */
#ifndef CATGA_LOCAL_KV_H
#define CATGA_LOCAL_KV_H

#include "transport/local/local_transport.h"

/* Operations of transport.h. */
catga_status catga_local_ensure_bucket(catga_transport *transport,
                                       const catga_bucket_settings *bucket, catga_problem *problem);
bool catga_local_nearly_full(catga_transport *transport, const char *name);
catga_status catga_local_kv_write(catga_transport *transport, catga_kv_key key,
                                  const catga_outgoing *record, uint64_t revision, uint64_t token);
catga_status catga_local_kv_written(const catga_incoming *answer, uint64_t *revision,
                                    catga_problem *problem);
catga_status catga_local_kv_read(catga_transport *transport, catga_kv_key key, uint64_t token);
catga_status catga_local_kv_found(const catga_incoming *answer, uint64_t *revision,
                                  catga_problem *problem);

/* Limits a bucket. Returns false if it does not exist. Called under the lock. */
bool catga_local_limit_bucket(catga_local_store *store, const char *name, size_t records,
                              size_t bytes);

void catga_local_buckets_end(catga_local_store *store);

#endif
