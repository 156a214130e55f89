/*
 * Every allocation of an exporter fails once, and its thread. Starting is repeated with the first,
 * the second, the third ... failing, until a run completes without a failure. Then spans are
 * offered while every allocation fails: an exporter that runs allocates nothing. Nothing leaks
 * (under AddressSanitizer).
 */
#include "failing_allocations.h"

#include <catga/otlp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void log_nothing(void *user, catga_log_level level, const char *text)
{
    (void)user;
    (void)level;
    (void)text;
}

static void set_environment(void)
{
    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", 1);
    setenv("OTEL_EXPORTER_OTLP_HEADERS", "a=1,b=2", 1);
    setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip", 1);
    setenv("OTEL_SERVICE_NAME", "orders", 1);
    setenv("OTEL_RESOURCE_ATTRIBUTES", "c=3,d=4", 1);
    setenv("OTEL_BSP_SCHEDULE_DELAY", "1", 1);
    setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10", 1);
}

static void offer(catga_otlp *exporter)
{
    const catga_trace_options tracing = catga_otlp_trace_options(exporter);
    const catga_span span = {.trace_id = {1},
                             .span_id = {1},
                             .tracestate = "",
                             .kind = CATGA_SPAN_SERVER,
                             .operation = "process",
                             .target = "subject",
                             .status_text = ""};

    for (int i = 0; i < 100; i++)
        tracing.sink(tracing.user, &span);
}

static void run(void)
{
    const catga_otlp_options options = {
        .service = "a", .instance = "b", .close_ms = 50, .log = log_nothing};
    catga_otlp *exporter;
    catga_problem problem;

    catga_status status = catga_otlp_start(&exporter, &options, &problem);
    if (status != CATGA_OK) {
        assert_int_equal(status, CATGA_NO_MEMORY);
        assert_null(exporter);
        return;
    }
    atomic_store(&left, 0); /* the next allocation fails */
    offer(exporter);
    catga_otlp_close(exporter);
    assert_int_equal(atomic_load(&left), 0); /* there was none */
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    set_environment();
    int count = fail_each_allocation(run);
    print_message("%d allocations\n", count);
    assert_in_range(count + 1, 12, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails_once)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
