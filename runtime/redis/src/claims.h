/* The claim store over Redis: its connection, and what its parts share. Threads of handlers take
 * and end claims, and wait for the server. The thread of the pipeline renews them. */
#ifndef CATGA_REDIS_CLAIMS_H
#define CATGA_REDIS_CLAIMS_H

#include "observe/log.h"
#include "pipeline.h"

#include <catga/redis.h>

/* key of the last sign of life of any program with claims */
#define CATGA_REDIS_PULSE "catga:claims"

/* the name of an attempt: 22 random letters and digits */
enum { CATGA_REDIS_ATTEMPT = 22 };

/* A claim that this process has, from claim to done or release. */
typedef struct catga_redis_held_claim {
    struct catga_redis_held_claim *next;
    struct catga_redis_held_claim *previous;
    const catga_claim *claim;
    char attempt[CATGA_REDIS_ATTEMPT + 1];
} catga_redis_held_claim;

struct catga_redis_claims {
    catga_claim_store store;
    catga_redis_addresses addresses;
    catga_logger logger;
    char *name;
    int lease_ms;
    int done_wait_ms;
    catga_pool small; /* of commands */
    catga_pool medium;
    catga_pool claims; /* of catga_redis_held_claim */
    catga_redis_pipeline pipeline;
    pthread_key_t answers; /* the answer that a thread has read last */
    atomic_bool nearly_full;

    /* Of the thread of the pipeline. */
    int64_t renewal_ns; /* times of the next */
    int64_t pulse_ns;
    int64_t memory_ns;
    int64_t failure_ns; /* of a log line */

    catga_log_limit errors;
    atomic_int opening; /* catga_status of the last attempt to connect */
#define METRIC(count, name, kind, help) atomic_uint_fast64_t count;
#include "claim_metrics.def"
#undef METRIC

    pthread_mutex_t lock;
    pthread_cond_t opened;
    catga_redis_held_claim own; /* under the lock: the ends of a ring */
};

static inline catga_redis_pools catga_redis_claim_pools(catga_redis_claims *claims)
{
    return (catga_redis_pools){&claims->small, &claims->medium};
}

/* Begins the command that takes a claim, or renews that of the same attempt. NULL: no memory. */
catga_redis_command *catga_redis_claim_command(catga_redis_claims *claims, const char *attempt,
                                               const catga_claim *claim, bool renews);

/* Functions of catga_claim_store. */
catga_claim_result catga_redis_claim(void *user, catga_claim *claim);
bool catga_redis_claim_done(void *user, catga_claim *claim);
void catga_redis_claim_release(void *user, catga_claim *claim);

#endif
