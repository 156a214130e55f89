/* Receives the entries of a stream, for a consumer. */
#ifndef CATGA_REDIS_ENTRIES_H
#define CATGA_REDIS_ENTRIES_H

#include "message.h"

/* Receives the reply of XREADGROUP, which was sent at `sent_ns` and may have waited for `block_ns`
 * at the server. Returns false if it is none. */
bool catga_redis_receive_new(catga_redis_consumer *consumer, const redisReply *reply,
                             int64_t sent_ns, int64_t block_ns);

/* Receives the reply of TAKE. Returns false if it is none. */
bool catga_redis_receive_taken(catga_redis_consumer *consumer, const redisReply *reply,
                               int64_t sent_ns);

#endif
