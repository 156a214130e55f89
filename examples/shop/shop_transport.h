/* The transport of the shop's programs: NATS. CMake builds each program once more with SHOP_REDIS,
 * for Redis; nothing else differs. */
#ifndef SHOP_TRANSPORT_H
#define SHOP_TRANSPORT_H

#ifdef SHOP_REDIS
#include <catga/redis.h>
#define SHOP_TRANSPORT catga_redis()
#else
#define SHOP_TRANSPORT NULL
#endif

#endif
