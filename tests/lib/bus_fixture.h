/*
 * A local server with a bus, for tests of the runtime; and functions that wait for other threads.
 */
#ifndef BUS_FIXTURE_H
#define BUS_FIXTURE_H

#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/* transport of an optional library in place of NATS, set by fixture_choose; else NULL */
SAMPLE_MAYBE_UNUSED static const catga_transport_kind *other_transport;

typedef struct bus_fixture {
    catga_local *broker;
    catga_bus *bus;
} bus_fixture;

/* Discards the runtime's log, which would clutter the test's output. */
SAMPLE_MAYBE_UNUSED static void log_nothing(void *user, catga_log_level level, const char *text)
{
    (void)user;
    (void)level;
    (void)text;
}

SAMPLE_MAYBE_UNUSED static catga_bus *open_bus(catga_local *broker, catga_options options)
{
    catga_bus *bus;

    options.local = broker;
    options.transport = other_transport;
    if (options.log == NULL)
        options.log = log_nothing;
    assert_int_equal(catga_open(&bus, &options), CATGA_OK);
    return bus;
}

SAMPLE_MAYBE_UNUSED static int open_fixture(void **state)
{
    bus_fixture *fixture = malloc(sizeof *fixture);

    if (fixture == NULL || catga_local_open(&fixture->broker) != CATGA_OK)
        return -1;
    fixture->bus = open_bus(fixture->broker, (catga_options){0});
    *state = fixture;
    return 0;
}

SAMPLE_MAYBE_UNUSED static int close_fixture(void **state)
{
    bus_fixture *fixture = *state;

    catga_close(fixture->bus);
    catga_local_close(fixture->broker);
    free(fixture);
    return 0;
}

/* Waits at most ten seconds until the local server is idle, and fails if it is not. */
SAMPLE_MAYBE_UNUSED static void wait_idle(const bus_fixture *fixture)
{
    assert_int_equal(catga_local_wait_idle(fixture->broker, 10000), CATGA_OK);
}

/* Waits at most ten seconds until `condition` holds, and fails if it does not. */
#define wait_until(condition)                                                                      \
    do {                                                                                           \
        for (int tries = 0; !(condition) && tries < 10000; tries++)                                \
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);                               \
        assert_true(condition);                                                                    \
    } while (0)

#endif
