/* The work of the pipeline's thread: it tells the bus about the connection, and renews presence. */
#ifndef CATGA_REDIS_UPKEEP_H
#define CATGA_REDIS_UPKEEP_H

#include "redis_transport.h"

/* Functions of catga_redis_pipeline_options; `owner` is the transport. */
void catga_redis_on_connected(void *owner, const char *server);
void catga_redis_on_failed(void *owner, catga_status status, const char *reason);
void catga_redis_on_lost(void *owner, const char *reason);
void catga_redis_on_refused(void *owner, const redisReply *error);
int64_t catga_redis_tick(void *owner, int64_t now);

#endif
