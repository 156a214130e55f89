/* Compare-and-set records in hashes that expire. */
#ifndef CATGA_REDIS_RECORDS_H
#define CATGA_REDIS_RECORDS_H

#include "message.h"

void catga_redis_buckets_free(catga_redis_transport *redis);

/* Operations of transport.h. */
catga_status catga_redis_ensure_bucket(catga_transport *transport,
                                       const catga_bucket_settings *bucket, catga_problem *problem);
bool catga_redis_nearly_full(catga_transport *transport, const char *bucket);
catga_status catga_redis_record_write(catga_transport *transport, catga_kv_key key,
                                      const catga_outgoing *record, uint64_t revision,
                                      uint64_t token);
catga_status catga_redis_record_written(const catga_incoming *answer, uint64_t *revision,
                                        catga_problem *problem);
catga_status catga_redis_record_read(catga_transport *transport, catga_kv_key key, uint64_t token);
catga_status catga_redis_record_found(const catga_incoming *answer, uint64_t *revision,
                                      catga_problem *problem);

#endif
