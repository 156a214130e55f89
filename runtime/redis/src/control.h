/* Commands that wait for their reply, on a connection that is made when it is needed. They are not
 * on the path of a message. */
#ifndef CATGA_REDIS_CONTROL_H
#define CATGA_REDIS_CONTROL_H

#include "connect.h"

#include <catga/catga.h>

typedef struct catga_redis_control {
    pthread_mutex_t lock; /* held during a command */
    catga_redis_link link;
    catga_redis_link_options options;
} catga_redis_control;

void catga_redis_control_init(catga_redis_control *control,
                              const catga_redis_link_options *options);
void catga_redis_control_end(catga_redis_control *control);

/* Runs a command, and again if the connection was lost. *reply is not NULL and not an error when
 * this returns CATGA_OK; the caller frees it. CATGA_DISCONNECTED, CATGA_OVERLOADED,
 * CATGA_NOT_PERMITTED, CATGA_REFUSED: *problem has the reason. */
CATGA_CHECKED catga_status catga_redis_control_run(catga_redis_control *control, unsigned count,
                                                   const char *const *parts, redisReply **reply,
                                                   catga_problem *problem);

/* The same for a script: `parts` begin with the number of keys. */
CATGA_CHECKED catga_status catga_redis_control_script(catga_redis_control *control,
                                                      catga_redis_script script, unsigned count,
                                                      const char *const *parts, redisReply **reply,
                                                      catga_problem *problem);

/* Returns the status of an error of the server: nothing was changed. */
catga_status catga_redis_status_of(const char *error);

#endif
