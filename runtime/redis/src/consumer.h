/* A consumer: a group of a stream, and the thread that reads its messages for one subscription. */
#ifndef CATGA_REDIS_CONSUMER_H
#define CATGA_REDIS_CONSUMER_H

#include "redis_transport.h"

typedef struct catga_redis_consumer catga_redis_consumer;

/* Ends reading, and gives waiting messages back to the group. */
void catga_redis_consumer_stop(catga_redis_consumer *consumer);

/* Returns true when a stopped consumer reads no more. */
bool catga_redis_consumer_ended(const catga_redis_consumer *consumer);

/* Frees a consumer that has ended and holds no message. Its queue belongs to the subscription. */
void catga_redis_consumer_free(catga_redis_consumer *consumer);

/* Operations of transport.h. */
catga_status catga_redis_consume(catga_transport *transport,
                                 const catga_consumer_settings *settings,
                                 catga_subscription **subscription, catga_problem *problem);
void catga_redis_backlogs(catga_transport *transport, catga_backlog_function *show, void *user);

#endif
