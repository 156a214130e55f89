/* Connections to the master. */
#ifndef CATGA_REDIS_CONNECT_H
#define CATGA_REDIS_CONNECT_H

#include "address.h"
#include "scripts.h"

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdatomic.h>

/* A connection of one thread, which another may interrupt. */
typedef struct catga_redis_link {
    redisContext *context; /* NULL: not connected */
    pthread_mutex_t lock;  /* guards `context` against an interruption */
    bool interrupted;
    char server[96]; /* address of the master */
    char sha[CATGA_REDIS_SCRIPTS][CATGA_REDIS_SHA];
} catga_redis_link;

typedef struct catga_redis_link_options {
    const catga_redis_addresses *addresses;
    const char *name;   /* of the connection */
    int64_t timeout_ns; /* of each step */
} catga_redis_link_options;

void catga_redis_link_init(catga_redis_link *link);
void catga_redis_link_end(catga_redis_link *link);

/* Connects to the first server of the list that is a master, as the user of its address, and loads
 * the scripts. CATGA_DISCONNECTED, CATGA_NOT_PERMITTED (login), CATGA_UNSUPPORTED (a cluster, or
 * before Redis 7.0): *problem has the reason for each address. */
CATGA_CHECKED catga_status catga_redis_link_open(catga_redis_link *link,
                                                 const catga_redis_link_options *options,
                                                 catga_problem *problem);

/* Closes the connection, if any. The thread of the link. */
void catga_redis_link_close(catga_redis_link *link);

/* Has calls on the connection fail, now and later. Any thread. */
void catga_redis_link_interrupt(catga_redis_link *link);

/* Sets the time limit for each reply. */
bool catga_redis_link_set_timeout(catga_redis_link *link, int64_t timeout_ns);

/* Loads the scripts again, after SCRIPT FLUSH. */
bool catga_redis_link_load(catga_redis_link *link, catga_problem *problem);

/* Sends a command and returns its reply, which the caller frees; NULL: the connection is lost. */
redisReply *catga_redis_link_call(catga_redis_link *link, unsigned count, const char *const *parts,
                                  const size_t *lengths);

/* Returns true if the server has changed so that the connection is of no use: it is a replica now,
 * or is being loaded. */
bool catga_redis_is_demoted(const redisReply *reply);

/* Returns true if a reply is an error that begins with this word. */
bool catga_redis_is_error(const redisReply *reply, const char *word);

#endif
