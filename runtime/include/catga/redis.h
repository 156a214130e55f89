/*
 * redis.h: Redis Streams in place of NATS, and claims in Redis beside NATS, in the optional library
 * libcatga_redis.
 *
 *     catga_bus *bus;
 *     catga_status status = catga_open(&bus, &(catga_options){.transport = catga_redis()});
 *
 * Everything else of a program stays as it is. The addresses are `servers` of the options,
 * CATGA_SERVERS, REDIS_CONNECTION, or redis://127.0.0.1:6379:
 *
 *     redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]
 *     unix://[USER:PASSWORD@]/PATH[?db=DATABASE]
 *     sentinel://[USER:PASSWORD@]HOST[:PORT]/MASTER[/DATABASE]
 *
 * The first that is a master, or whose Sentinel knows the master, is used. rediss:// is refused,
 * since hiredis 0.14 has no TLS, and so are a Redis Cluster and a server before 7.0.
 * redis/README.md has the promises, which are weaker than those of NATS in some places.
 */
#ifndef CATGA_REDIS_H
#define CATGA_REDIS_H

#include <catga/catga.h>
#include <catga/metrics.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Returns the transport, for catga_options. Any thread. */
const catga_transport_kind *catga_redis(void);

/* ---- Claims in Redis ----
 *
 * A claim store for services whose messages are carried by NATS: idempotent commands and
 * exactly-once events are claimed in Redis.
 *
 *     catga_redis_claims *claims;
 *     catga_status status = catga_redis_claims_open(&claims, NULL);
 *     status = catga_open(&bus, &(catga_options){.claims = catga_redis_claims_store(claims)});
 *     ...
 *     catga_close(bus);
 *     catga_redis_claims_close(claims);
 *
 * All replicas of a service must use the same Redis. A replica renews the leases of its claims. One
 * that dies, or does not reach the server that others reach, loses them after lease_ms. Without a
 * server no message is claimed, so no handler begins: callers get CATGA_OVERLOADED and try again. A
 * handler that has succeeded meanwhile waits for the server, at most done_wait_ms.
 * redis/README.md says what a fail-over can lose.
 */
typedef struct catga_redis_claims catga_redis_claims;

/* The options of a store; all zero is all defaults. Texts are copied. Each comment ends with the
 * environment variable, if any, and the default. */
typedef struct catga_redis_claims_options {
    /* addresses as above; REDIS_CONNECTION, redis://127.0.0.1:6379 */
    const char *servers;
    /* name of the connection, for CLIENT LIST; "catga-claims" */
    const char *name;
    /* milliseconds until opening gives up; -1: never; 5000 */
    int connect_wait_ms;
    /* milliseconds after which a replica that does not renew its claims loses them, from 100 to
     * 60000; the same in all replicas; 2000 */
    int lease_ms;
    /* milliseconds for which the success of a handler waits for a server that does not answer;
     * 10000 */
    int done_wait_ms;
    /* receives log lines on any thread; NULL: standard error */
    catga_log_function *log;
    void *log_user;
} catga_redis_claims_options;

/* Connects, and returns the store in *claims; `options` may be NULL. Reconnects without end.
 * CATGA_INVALID_ARGUMENT (an option or an address), CATGA_DISCONNECTED (no master in time),
 * CATGA_NOT_PERMITTED (login), CATGA_UNSUPPORTED (a cluster, or before Redis 7.0), CATGA_REFUSED
 * (the server would drop claims when its memory is full), CATGA_NO_MEMORY: the log has the reason,
 * and *claims is NULL. */
CATGA_CHECKED catga_status catga_redis_claims_open(catga_redis_claims **claims,
                                                   const catga_redis_claims_options *options);

/* Returns the store, for catga_options; valid until catga_redis_claims_close. */
const catga_claim_store *catga_redis_claims_store(catga_redis_claims *claims);

/* Returns whether the store is connected to a master. Any thread. It is a check for /health
 * (http.h). */
bool catga_redis_claims_connected(void *claims);

/* Number of metrics of a store. */
#define CATGA_REDIS_CLAIMS_METRICS 7

/* Writes the metrics of the store, for http.h or metrics.h; they are valid until
 * catga_redis_claims_close. redis/README.md lists them. */
void catga_redis_claims_metrics(catga_redis_claims *claims,
                                catga_metrics_source sources[CATGA_REDIS_CLAIMS_METRICS]);

/* Disconnects and frees the store, after the buses that use it are closed. NULL is allowed. */
void catga_redis_claims_close(catga_redis_claims *claims);

#ifdef __cplusplus
}
#endif

#endif
