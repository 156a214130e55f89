/*
 * The common fixture of all cases, for any transport: used by conformance.c, stored.c, overload.c,
 * and with a peer by claims.c and once.c. Each case has its own prefix, so no case receives
 * messages of another.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "bus_fixture.h"

#ifdef CATGA_TEST_REDIS
#include <catga/redis.h>
#endif

#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

/*
 * Must be the first member of a program's fixture, so that a pointer to one is a pointer to the
 * other.
 */
typedef struct fixture_base {
    catga_local *broker; /* local server; NULL for NATS */
    char prefix[64];
    catga_bus *buses[8];
    size_t bus_count;
    sem_t started; /* posted by a handler that waits */
    sem_t may_end;
} fixture_base;

static const char *fixture_transport;

/* claims in Redis, for messages over another transport; else NULL */
SAMPLE_MAYBE_UNUSED static const catga_claim_store *fixture_claims;

#ifdef CATGA_TEST_REDIS
/* Opens the store of "nats+redis", at $REDIS_CONNECTION; the end of the program closes it. */
static inline void fixture_open_claims(void)
{
    const catga_redis_claims_options options = {.log = log_nothing};
    static catga_redis_claims *claims;

    if (catga_redis_claims_open(&claims, &options) != CATGA_OK)
        abort();
    fixture_claims = catga_redis_claims_store(claims);
}
#endif

/* Skips a case that looks at the records of the transport, where the claims are in Redis. */
SAMPLE_MAYBE_UNUSED static void fixture_needs_records(void)
{
    if (fixture_claims != NULL)
        skip();
}

/* Reads the transport from the command line in main, or ends the program. */
static inline void fixture_choose(int argc, char **argv)
{
    fixture_transport = argc == 2 ? argv[1] : "";
#ifdef CATGA_TEST_REDIS
    if (strcmp(fixture_transport, "redis") == 0) {
        other_transport = catga_redis();
        return;
    }
    if (strcmp(fixture_transport, "nats+redis") == 0) {
        fixture_transport = "nats";
        fixture_open_claims();
        return;
    }
#endif
    if (strcmp(fixture_transport, "local") != 0 && strcmp(fixture_transport, "nats") != 0) {
        fprintf(stderr, "usage: %s local | nats | redis | nats+redis\n", argv[0]);
        exit(2);
    }
}

/* Returns a fixture of `size` bytes without buses; `name` begins its prefix. */
static inline void *fixture_new(size_t size, const char *name)
{
    static unsigned number;
    fixture_base *base = calloc(1, size);

    assert_non_null(base);
    if (strcmp(fixture_transport, "local") == 0)
        assert_int_equal(catga_local_open(&base->broker), CATGA_OK);
    snprintf(base->prefix, sizeof base->prefix, "%s-%d-%u", name, (int)getpid(), number++);
    sem_init(&base->started, 0, 0);
    sem_init(&base->may_end, 0, 0);
    return base;
}

static inline catga_bus *fixture_join(fixture_base *base, catga_options options)
{
    options.prefix = base->prefix;
    catga_bus *bus = open_bus(base->broker, options);
    base->buses[base->bus_count++] = bus;
    return bus;
}

/* Removes the bus that joined last. */
static inline void fixture_leave(fixture_base *base)
{
    catga_close(base->buses[--base->bus_count]);
}

/* Tears down a case, or ends the teardown of a larger fixture. */
static inline int fixture_clear(void **state)
{
    fixture_base *base = *state;

    while (base->bus_count > 0)
        fixture_leave(base);
    catga_local_close(base->broker);
    sem_destroy(&base->started);
    sem_destroy(&base->may_end);
    free(base);
    return 0;
}

#endif
