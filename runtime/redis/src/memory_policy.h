/* The memory of the server: it must not drop stored messages to make room, and may be full. */
#ifndef CATGA_REDIS_MEMORY_POLICY_H
#define CATGA_REDIS_MEMORY_POLICY_H

#include "control.h"

/* Returns CATGA_REFUSED for a server that would drop keys when its memory is full. CATGA_OK also if
 * the server does not tell. */
CATGA_CHECKED catga_status catga_redis_memory_may_store(catga_redis_control *control,
                                                        catga_problem *problem);

/* Returns true if nine tenths of the memory are used, by a text of INFO memory. */
bool catga_redis_memory_nearly_full(const char *info);

#endif
