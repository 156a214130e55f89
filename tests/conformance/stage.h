/*
 * What is the same on the stage of every case here, whichever transport its program is told to
 * take: conformance.c, stored.c, overload.c, and beside a peer claims.c and once.c. Each case has a
 * prefix of its own, so that no case hears another.
 */
#ifndef STAGE_H
#define STAGE_H

#include "bus_fixture.h"

#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

/* The first member of a program's own stage, so that a pointer to one is one to the other. */
typedef struct stage_base {
    catga_local *hub; /* NULL: NATS */
    char prefix[64];
    catga_bus *buses[8];
    size_t bus_count;
    sem_t started; /* of a handler that waits */
    sem_t may_end;
} stage_base;

static const char *stage_transport;

/* For main: takes the transport from the command line, or ends the program. */
static inline void stage_choose(int argc, char **argv)
{
    stage_transport = argc == 2 ? argv[1] : "";
    if (strcmp(stage_transport, "local") != 0 && strcmp(stage_transport, "nats") != 0) {
        fprintf(stderr, "usage: %s local | nats\n", argv[0]);
        exit(2);
    }
}

/* A stage of `size` bytes, with nothing on it yet; `name` begins its prefix. */
static inline void *stage_new(size_t size, const char *name)
{
    static unsigned number;
    stage_base *base = calloc(1, size);

    assert_non_null(base);
    if (strcmp(stage_transport, "local") == 0)
        assert_int_equal(catga_local_open(&base->hub), CATGA_OK);
    snprintf(base->prefix, sizeof base->prefix, "%s-%d-%u", name, (int)getpid(), number++);
    sem_init(&base->started, 0, 0);
    sem_init(&base->may_end, 0, 0);
    return base;
}

static inline catga_bus *stage_join(stage_base *base, catga_options options)
{
    options.prefix = base->prefix;
    catga_bus *bus = open_bus(base->hub, options);
    base->buses[base->bus_count++] = bus;
    return bus;
}

/* The last that joined leaves. */
static inline void stage_leave(stage_base *base)
{
    catga_close(base->buses[--base->bus_count]);
}

/* The teardown of a case, or the end of one that has more to clear. */
static inline int stage_clear(void **state)
{
    stage_base *base = *state;
    while (base->bus_count > 0)
        stage_leave(base);
    catga_local_close(base->hub);
    sem_destroy(&base->started);
    sem_destroy(&base->may_end);
    free(base);
    return 0;
}

#endif
