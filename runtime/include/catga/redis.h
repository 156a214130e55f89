/*
 * redis.h: Redis Streams in place of NATS, in the optional library libcatga_redis.
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

#ifdef __cplusplus
extern "C" {
#endif

/* Returns the transport, for catga_options. Any thread. */
const catga_transport_kind *catga_redis(void);

#ifdef __cplusplus
}
#endif

#endif
