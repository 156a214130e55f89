/* Reports of dropped spans. */
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void count_line(void *user, catga_log_level level, const char *text)
{
    (void)level;
    (void)text;
    ++*(unsigned *)user;
}

static void a_report_says_whether_it_was_logged(void **state)
{
    static catga_otlp exporter;
    unsigned lines = 0;

    (void)state;
    exporter.settings.log = count_line;
    exporter.settings.log_user = &lines;
    assert_true(otlp_report(&exporter, "the queue is full"));
    assert_false(otlp_report(&exporter, "the queue is full"));
    assert_int_equal(lines, 1);
    exporter.next_report_ms = 0;
    assert_true(otlp_report(&exporter, "the queue is full"));
    assert_int_equal(lines, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_report_says_whether_it_was_logged)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
