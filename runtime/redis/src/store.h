/* Stores messages in streams. Those of one stream that wait together share a call of the script
 * STORE. */
#ifndef CATGA_REDIS_STORE_H
#define CATGA_REDIS_STORE_H

#include "batch.h"
#include "message.h"

/* Returns what joins the messages of a stream, whose name outlives it. `name` NULL: messages of
 * streams that this process does not know, each on its own. NULL: no memory. */
catga_redis_batch *catga_redis_store_new(catga_redis_transport *redis, const char *name,
                                         int64_t max_age_ms, int64_t window_ms);

/* Stores a message; on_reply of the bus gets the answer. */
catga_status catga_redis_store(catga_redis_transport *redis, catga_redis_batch *stores,
                               const catga_outgoing *message, uint64_t token);

/* Operation of transport.h. */
catga_status catga_redis_stream_published(const catga_incoming *answer, catga_placed *stored,
                                          catga_problem *problem);

#endif
