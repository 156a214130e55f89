/* Addresses of Redis servers and Sentinels. */
#ifndef CATGA_REDIS_ADDRESS_H
#define CATGA_REDIS_ADDRESS_H

#include <catga/catga.h>

#define CATGA_REDIS_PORT          6379
#define CATGA_REDIS_SENTINEL_PORT 26379

enum { CATGA_REDIS_ADDRESSES = 16 };

typedef enum catga_redis_address_kind {
    CATGA_REDIS_TCP,     /* redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE] */
    CATGA_REDIS_UNIX,    /* unix://[USER[:PASSWORD]@]/PATH[?db=DATABASE] */
    CATGA_REDIS_SENTINEL /* sentinel://[USER[:PASSWORD]@]HOST[:PORT]/MASTER[/DATABASE] */
} catga_redis_address_kind;

/* All texts are decoded, and part of the list. */
typedef struct catga_redis_address {
    catga_redis_address_kind kind;
    const char *user;     /* "": the default user */
    const char *password; /* "": none; with a user or without */
    const char *host;     /* name, address or path of a socket; never a secret */
    const char *master;   /* of a Sentinel: the name of the master; else "" */
    int port;
    int database;
} catga_redis_address;

typedef struct catga_redis_addresses {
    char *text; /* holds the decoded texts */
    int count;
    catga_redis_address list[CATGA_REDIS_ADDRESSES];
} catga_redis_addresses;

/* Reads a list of addresses with commas between them. CATGA_INVALID_ARGUMENT: *problem says which
 * address is wrong and what would be right, without a password; rediss:// is refused, since hiredis
 * 0.14 has no TLS. CATGA_NO_MEMORY. After a failure the list is empty. */
CATGA_CHECKED catga_status catga_redis_addresses_read(catga_redis_addresses *addresses,
                                                      const char *list, catga_problem *problem);

void catga_redis_addresses_clear(catga_redis_addresses *addresses);

/* Writes "HOST:PORT", or the path of a socket. */
void catga_redis_address_show(const catga_redis_address *address, char *text, size_t size);

#endif
