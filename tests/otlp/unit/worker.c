/* The thread of an exporter that has nothing to send. The linker puts a function of this file
 * before otlp_request_write. */
#include "exporter.h"
#include "request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static atomic_uint requests;

size_t __real_otlp_request_write(const otlp_writer *writer, otlp_buffer *body,
                                 const otlp_resource *resource, otlp_queue *queue, size_t limit);
size_t __wrap_otlp_request_write(const otlp_writer *writer, otlp_buffer *body,
                                 const otlp_resource *resource, otlp_queue *queue, size_t limit);
size_t __wrap_otlp_request_write(const otlp_writer *writer, otlp_buffer *body,
                                 const otlp_resource *resource, otlp_queue *queue, size_t limit)
{
    atomic_fetch_add(&requests, 1);
    return __real_otlp_request_write(writer, body, resource, queue, limit);
}

/* Starts an exporter that sends each span at once, or after a millisecond. */
static catga_otlp *start(const char *batch_size)
{
    const catga_otlp_options options = {.close_ms = 200};
    catga_otlp *exporter;
    catga_problem problem;

    setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", 1);
    setenv("OTEL_BSP_SCHEDULE_DELAY", "1", 1);
    setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", batch_size, 1);
    atomic_store(&requests, 0);
    assert_int_equal(catga_otlp_start(&exporter, &options, &problem), CATGA_OK);
    assert_non_null(exporter);
    return exporter;
}

static void an_idle_exporter_encodes_nothing(void **state)
{
    catga_otlp *exporter = start("1");

    (void)state;
    usleep(50000);
    catga_otlp_close(exporter);
    assert_int_equal(atomic_load(&requests), 0);
}

/* A thread that fills the first slot may be suspended for long, even until the exporter closes. */
static void wait_for_a_slot(const char *batch_size)
{
    catga_otlp *exporter = start(batch_size);
    clock_t begin = clock();

    assert_non_null(otlp_queue_reserve(exporter->queue));
    usleep(300000);
    assert_true(clock() - begin < CLOCKS_PER_SEC / 10);
    catga_otlp_close(exporter);
    assert_true(clock() - begin < CLOCKS_PER_SEC / 5);
    assert_int_equal(atomic_load(&requests), 0);
}

static void a_slot_without_its_span_is_waited_for(void **state)
{
    (void)state;
    wait_for_a_slot("1");
    wait_for_a_slot("2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_exporter_encodes_nothing),
        cmocka_unit_test(a_slot_without_its_span_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
