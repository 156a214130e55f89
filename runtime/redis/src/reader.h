/* The thread of a consumer. It takes as many messages as the workers finish soon: new ones with a
 * blocking command, and in between, with a script, delayed ones and those of replicas that have
 * died. */
#ifndef CATGA_REDIS_READER_H
#define CATGA_REDIS_READER_H

#include "message.h"

/* Reads until the consumer stops. The function of its thread. */
void *catga_redis_reader_run(void *consumer);

/* Has the thread read more, if it waits for room. The queue calls it for each released message. */
void catga_redis_note_room(void *consumer);

#endif
