/* An exporter of a bus: what the bus gets, and what its log says. The linker replaces
 * catga_trace_open by a function of this file. */
#include "exporter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct fixture {
    catga_local *local;
    catga_bus *bus;
    char log[512]; /* the last line */
} fixture;

static catga_status result; /* of the next catga_trace_open */
static unsigned calls;
static catga_trace_options given;

catga_status __wrap_catga_trace_open(catga_bus *bus, const catga_trace_options *options);
catga_status __wrap_catga_trace_open(catga_bus *bus, const catga_trace_options *options)
{
    assert_non_null(bus);
    given = *options;
    calls++;
    return result;
}

static void keep_line(void *user, catga_log_level level, const char *text)
{
    fixture *own = user;

    (void)level;
    snprintf(own->log, sizeof own->log, "%s", text);
}

static int set_up(void **state)
{
    fixture *own = calloc(1, sizeof *own);

    assert_non_null(own);
    assert_int_equal(catga_local_open(&own->local), CATGA_OK);
    const catga_options options = {
        .local = own->local, .instance = "replica-1", .log = keep_line, .log_user = own};
    assert_int_equal(catga_open(&own->bus, &options), CATGA_OK);
    unsetenv("CATGA_NAME");
    unsetenv("OTEL_TRACES_EXPORTER");
    unsetenv("OTEL_EXPORTER_OTLP_PROTOCOL");
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", 1);
    result = CATGA_OK;
    calls = 0;
    *state = own;
    return 0;
}

static int tear_down(void **state)
{
    fixture *own = *state;

    catga_close(own->bus);
    catga_local_close(own->local);
    free(own);
    return 0;
}

static void nothing_is_traced_without_a_wish(void **state)
{
    fixture *own = *state;
    catga_otlp *exporter = (catga_otlp *)own;

    unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
    assert_int_equal(catga_otlp_open(&exporter, own->bus, NULL), CATGA_OK);
    assert_null(exporter);
    assert_int_equal(calls, 0);
    catga_otlp_close(exporter);
}

static void the_bus_gets_the_sampler_and_the_sink(void **state)
{
    fixture *own = *state;
    catga_otlp *exporter;

    setenv("OTEL_TRACES_SAMPLER", "traceidratio", 1);
    setenv("OTEL_TRACES_SAMPLER_ARG", "0.5", 1);
    assert_int_equal(catga_otlp_open(&exporter, own->bus, NULL), CATGA_OK);
    unsetenv("OTEL_TRACES_SAMPLER");
    assert_non_null(exporter);
    assert_int_equal(calls, 1);
    assert_true(given.ratio > 0.49 && given.ratio < 0.51);
    assert_true(given.ignores_parent);
    assert_ptr_equal(given.user, exporter);
    assert_true(given.sink == catga_otlp_trace_options(exporter).sink);
    catga_otlp_close(exporter);
}

static void the_log_of_the_bus_names_a_wrong_variable(void **state)
{
    fixture *own = *state;
    catga_otlp *exporter = (catga_otlp *)own;

    setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", 1);
    assert_int_equal(catga_otlp_open(&exporter, own->bus, NULL), CATGA_INVALID_ARGUMENT);
    assert_null(exporter);
    assert_int_equal(calls, 0);
    assert_string_equal(own->log, "otlp: OTEL_EXPORTER_OTLP_PROTOCOL: accepted is: "
                                  "http/protobuf, http/json (value=\"grpc\")");
}

static void a_bus_is_traced_once(void **state)
{
    fixture *own = *state;
    catga_otlp *exporter = (catga_otlp *)own;

    result = CATGA_INVALID_ARGUMENT;
    assert_int_equal(catga_otlp_open(&exporter, own->bus, NULL), CATGA_INVALID_ARGUMENT);
    assert_null(exporter);
    assert_string_equal(own->log, "otlp: trace bus: the bus is traced already");
}

/* Opens an exporter with options, and compares an attribute of its resource. */
static void assert_attribute(const fixture *own, const catga_otlp_options *options,
                             const char *name, const char *expected)
{
    catga_otlp *exporter;
    const char *found = NULL;

    assert_int_equal(catga_otlp_open(&exporter, own->bus, options), CATGA_OK);
    const otlp_resource *resource = &exporter->settings.resource;
    for (size_t i = 0; i < resource->count; i++)
        if (strcmp(resource->attributes[i].name, name) == 0)
            found = resource->attributes[i].text.data;
    assert_non_null(found);
    assert_string_equal(found, expected);
    catga_otlp_close(exporter);
}

static void names_come_from_the_options_or_the_bus(void **state)
{
    const catga_otlp_options options = {.service = "billing", .instance = "7"};

    assert_attribute(*state, NULL, "service.name", "replica-1");
    assert_attribute(*state, NULL, "service.instance.id", "replica-1");
    setenv("CATGA_NAME", "orders", 1);
    assert_attribute(*state, NULL, "service.name", "orders");
    assert_attribute(*state, NULL, "service.instance.id", "replica-1");
    assert_attribute(*state, &options, "service.name", "billing");
    assert_attribute(*state, &options, "service.instance.id", "7");
}

static void a_bus_that_cannot_be_traced(void **state)
{
    fixture *own = *state;
    catga_otlp *exporter = (catga_otlp *)own;

    result = CATGA_CLOSED;
    assert_int_equal(catga_otlp_open(&exporter, own->bus, NULL), CATGA_CLOSED);
    assert_null(exporter);
    assert_int_equal(calls, 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_traced_without_a_wish),
        TEST(the_bus_gets_the_sampler_and_the_sink),
        TEST(the_log_of_the_bus_names_a_wrong_variable),
        TEST(a_bus_is_traced_once),
        TEST(names_come_from_the_options_or_the_bus),
        TEST(a_bus_that_cannot_be_traced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
