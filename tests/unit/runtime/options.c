/*
 * The order of options: explicit, environment, default. An error about an invalid option says what
 * is accepted.
 */
#include "bus/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const variables[] = {
    "CATGA_SERVERS",
    "NATS_URL",
    "CATGA_NAME",
    "CATGA_INSTANCE",
    "NODE_ID",
    "HOSTNAME",
    "CATGA_PREFIX",
    "CATGA_CONNECT_WAIT_MS",
    "CATGA_DRAIN_WAIT_MS",
    "CATGA_PING_INTERVAL_MS",
    "CATGA_MAX_PINGS_OUT",
    "CATGA_WORKERS",
    "CATGA_IN_FLIGHT",
    "CATGA_IN_FLIGHT_BYTES",
    "CATGA_BACKLOG",
    "CATGA_PENDING",
    "CATGA_LOG",
    "CATGA_LOG_FORMAT",
};

static int clear_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    return 0;
}

static catga_settings read_settings(const catga_options *options)
{
    catga_settings settings;
    catga_problem problem;

    assert_int_equal(catga_settings_read(&settings, options, &problem), CATGA_OK);
    return settings;
}

/* Checks that these settings are rejected, with a reason that names `what`. */
static void assert_refused(const catga_options *options, const char *what)
{
    catga_settings settings;
    catga_problem problem;

    assert_int_equal(catga_settings_read(&settings, options, &problem), CATGA_INVALID_ARGUMENT);
    assert_int_equal(strncmp(problem.text, what, strlen(what)), 0);
    assert_non_null(strstr(problem.text, "accepted is: "));
    assert_non_null(strstr(problem.text, "(value=\""));
}

static void defaults(void **state)
{
    catga_settings settings = read_settings(NULL);

    (void)state;
    assert_string_equal(settings.servers, "nats://127.0.0.1:4222");
    assert_string_equal(settings.prefix, "catga");
    assert_string_not_equal(settings.instance, "");
    assert_string_equal(settings.name, settings.instance);
    assert_int_equal(settings.connect_wait_ms, 10000);
    assert_int_equal(settings.drain_wait_ms, 10000);
    assert_int_equal(settings.ping_interval_ms, 500);
    assert_int_equal(settings.max_pings_out, 2);
    assert_int_equal(settings.workers, 1);
    assert_int_equal(settings.in_flight, 4096);
    assert_int_equal(settings.in_flight_bytes, 67108864);
    assert_int_equal(settings.backlog, 4096);
    assert_int_equal(settings.pending, 65536);
    assert_int_equal(settings.logger.level, CATGA_LOG_WARNING);
    assert_int_equal(settings.logger.format, CATGA_LOG_TEXT);
    assert_int_equal(settings.middleware_count, 0);
    assert_null(settings.local);
}

static void precedence_of_servers(void **state)
{
    const catga_options options = {.servers = "nats://explicit:1,nats://explicit:2"};

    (void)state;
    setenv("NATS_URL", "nats://url:4222", 1);
    assert_string_equal(read_settings(NULL).servers, "nats://url:4222");
    setenv("CATGA_SERVERS", "nats://catga:4222", 1);
    assert_string_equal(read_settings(NULL).servers, "nats://catga:4222");
    assert_string_equal(read_settings(&options).servers, "nats://explicit:1,nats://explicit:2");
    setenv("CATGA_SERVERS", "", 1);
    assert_string_equal(read_settings(NULL).servers, "nats://url:4222");
}

static void precedence_of_the_instance(void **state)
{
    const catga_options options = {.instance = "explicit"};

    (void)state;
    setenv("HOSTNAME", "node-1.example.org", 1);
    assert_string_equal(read_settings(NULL).instance, "node-1-example-org");
    setenv("NODE_ID", "node2", 1);
    assert_string_equal(read_settings(NULL).instance, "node2");
    setenv("CATGA_INSTANCE", "node3", 1);
    assert_string_equal(read_settings(NULL).instance, "node3");
    assert_string_equal(read_settings(&options).instance, "explicit");
}

static void numbers(void **state)
{
    const catga_options options = {.workers = 3, .connect_wait_ms = -1};

    (void)state;
    setenv("CATGA_WORKERS", "7", 1);
    setenv("CATGA_CONNECT_WAIT_MS", "250", 1);
    assert_int_equal(read_settings(NULL).workers, 7);
    assert_int_equal(read_settings(NULL).connect_wait_ms, 250);
    assert_int_equal(read_settings(&options).workers, 3);
    assert_int_equal(read_settings(&options).connect_wait_ms, -1);
}

static void refused_numbers(void **state)
{
    static const char *const values[] = {"0", "-1", "257", "many", "1x", "99999999999999999999"};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        setenv("CATGA_WORKERS", values[i], 1);
        assert_refused(NULL, "CATGA_WORKERS: accepted is: a number from 1 to 256");
    }
    unsetenv("CATGA_WORKERS");
    assert_refused(&(catga_options){.workers = 257}, "workers");
    assert_refused(&(catga_options){.in_flight = 65537}, "in_flight");
    assert_refused(&(catga_options){.connect_wait_ms = -2},
                   "connect_wait_ms: accepted is: -1 (for ever) or");
    assert_refused(&(catga_options){.drain_wait_ms = -1}, "drain_wait_ms");
    assert_refused(&(catga_options){.pending = UINT32_MAX}, "pending");
    assert_refused(&(catga_options){.ping_interval_ms = 99},
                   "ping_interval_ms: accepted is: a number from 100 to 600000");
    assert_refused(&(catga_options){.max_pings_out = 101}, "max_pings_out");
    setenv("CATGA_PING_INTERVAL_MS", "0", 1);
    assert_refused(NULL, "CATGA_PING_INTERVAL_MS");
}

static void refused_texts(void **state)
{
    char longer[2000];

    (void)state;
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_refused(&(catga_options){.servers = ""}, "servers");
    assert_refused(&(catga_options){.servers = "nats://a,,nats://b"}, "servers");
    assert_refused(&(catga_options){.servers = "nats://a nats://b"}, "servers");
    assert_refused(&(catga_options){.servers = longer}, "servers");
    assert_refused(&(catga_options){.prefix = "a.*"}, "prefix");
    assert_refused(&(catga_options){.prefix = "a."}, "prefix");
    assert_refused(&(catga_options){.instance = "node.1"}, "instance");
    assert_refused(&(catga_options){.name = "a\nb"}, "name");
    setenv("NODE_ID", "node 1", 1);
    assert_refused(NULL, "NODE_ID: accepted is: 1 to 64");
}

static void a_secret_is_not_repeated(void **state)
{
    catga_settings settings;
    catga_problem problem;

    (void)state;
    setenv("NATS_URL", "nats://user:secret@host 4222", 1);
    assert_int_equal(catga_settings_read(&settings, NULL, &problem), CATGA_INVALID_ARGUMENT);
    assert_null(strstr(problem.text, "secret"));
}

static void log_levels(void **state)
{
    (void)state;
    setenv("CATGA_LOG", "debug", 1);
    assert_int_equal(read_settings(NULL).logger.level, CATGA_LOG_DEBUG);
    assert_int_equal(read_settings(&(catga_options){.log_level = CATGA_LOG_ERROR}).logger.level,
                     CATGA_LOG_ERROR);
    setenv("CATGA_LOG", "loud", 1);
    assert_refused(NULL, "CATGA_LOG: accepted is: error, warning, info, debug");
}

static void log_formats(void **state)
{
    (void)state;
    setenv("CATGA_LOG_FORMAT", "json", 1);
    assert_int_equal(read_settings(NULL).logger.format, CATGA_LOG_JSON);
    assert_int_equal(read_settings(&(catga_options){.log_format = CATGA_LOG_TEXT}).logger.format,
                     CATGA_LOG_TEXT);
    assert_refused(&(catga_options){.log_format = (catga_log_format)3}, "log_format");
    setenv("CATGA_LOG_FORMAT", "JSON", 1);
    assert_refused(NULL, "CATGA_LOG_FORMAT: accepted is: text, json");
}

static catga_status pass(catga_context *context, catga_next *next, void *user)
{
    (void)context;
    (void)user;
    return catga_run_next(next);
}

static void middleware(void **state)
{
    catga_middleware list[CATGA_MIDDLEWARE_MAX + 1];
    catga_options options = {.middleware = list, .middleware_count = CATGA_MIDDLEWARE_MAX};

    (void)state;
    for (size_t i = 0; i <= CATGA_MIDDLEWARE_MAX; i++)
        list[i] = (catga_middleware){pass, &list[i]};
    catga_settings settings = read_settings(&options);
    assert_int_equal(settings.middleware_count, CATGA_MIDDLEWARE_MAX);
    assert_ptr_equal(settings.middleware[3].user, &list[3]);
    options.middleware_count++;
    assert_refused(&options, "middleware_count: accepted is: at most 16");
    options.middleware_count = 2;
    list[1].run = NULL;
    assert_refused(&options, "middleware: accepted is: an array of functions");
    assert_refused(&(catga_options){.middleware_count = 1}, "middleware");
}

#define case_of(test) cmocka_unit_test_setup(test, clear_environment)

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_of(defaults),
        case_of(precedence_of_servers),
        case_of(precedence_of_the_instance),
        case_of(numbers),
        case_of(refused_numbers),
        case_of(refused_texts),
        case_of(a_secret_is_not_repeated),
        case_of(log_levels),
        case_of(log_formats),
        case_of(middleware),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
