/* The group of a consumer in its stream. */
#ifndef CATGA_REDIS_GROUP_H
#define CATGA_REDIS_GROUP_H

#include "message.h"

/* Creates a group that begins after the message `begin`, and its stream, where they are missing. */
catga_status catga_redis_group_create(catga_redis_control *control, const char *key,
                                      const char *group, const char *begin, catga_problem *problem);

/* Notes when the stream was created, unless that is known. */
void catga_redis_group_note_creation(catga_redis_consumer *consumer);

/* Recreates a missing group: where this replica was, or at the beginning of a recreated stream.
 * Returns false if the connection is of no use. */
bool catga_redis_group_recreate(catga_redis_consumer *consumer);

/* Returns whether an error says that the group is missing. */
bool catga_redis_group_is_missing(const redisReply *reply);

/* Notes the backlog, and that the group is in use, once in a while. Returns false if the connection
 * is of no use. */
bool catga_redis_group_measure(catga_redis_consumer *consumer, int64_t now);

#endif
