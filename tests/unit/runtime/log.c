/* Log lines: one per event, and a count of the lines that a limit suppressed. */
#include "observe/log.h"

#include "bus_fixture.h"

#include <stdatomic.h>
#include <stdio.h>

typedef struct log_lines {
    atomic_uint count;     /* lines */
    atomic_uint events;    /* lines of one event, including suppressed ones */
    catga_log_level level; /* of the last line */
    char last[2048];
} log_lines;

static void keep_line(void *user, catga_log_level level, const char *text)
{
    log_lines *lines = user;
    unsigned repeated = 0;

    lines->level = level;
    snprintf(lines->last, sizeof lines->last, "%s", text);
    if (sscanf(text, "last message repeated %u more times", &repeated) != 1)
        repeated = 1;
    atomic_fetch_add(&lines->events, repeated);
    atomic_fetch_add(&lines->count, 1);
}

static void a_line_is_one_line(void **state)
{
    log_lines lines = {0};
    catga_logger logger = {.function = keep_line, .user = &lines, .level = CATGA_LOG_WARNING};
    char huge[5000];

    (void)state;
    catga_log(&logger, CATGA_LOG_ERROR, "from a peer: %s", "a\nb\x1b[2J %s %n 无");
    assert_string_equal(lines.last, "from a peer: a\\012b\\033[2J %s %n 无");
    assert_int_equal(lines.level, CATGA_LOG_ERROR);
    catga_log(&logger, CATGA_LOG_INFO, "not said");
    assert_int_equal(lines.count, 1);
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    catga_log(&logger, CATGA_LOG_WARNING, "%s", huge);
    assert_in_range(strlen(lines.last), 500, 1100);
}

static void log_bad(const catga_logger *logger, catga_log_limit *limit, int times)
{
    for (int i = 0; i < times; i++)
        catga_log_limited(logger, limit, CATGA_LOG_ERROR, "order %d is bad", i);
}

static void some_lines_at_once_are_all_logged(void **state)
{
    log_lines lines = {0};
    catga_logger logger = {.function = keep_line, .user = &lines, .level = CATGA_LOG_WARNING};
    catga_log_limit limit = {0};
    catga_log_limit other = {0};

    (void)state;
    log_bad(&logger, &limit, 5);
    assert_int_equal(lines.count, 5);
    assert_string_equal(lines.last, "order 4 is bad");
    log_bad(&logger, &limit, 100);
    assert_int_equal(lines.count, 10);
    log_bad(&logger, &other, 1);
    assert_int_equal(lines.count, 11);
}

static void suppressed_lines_are_counted_although_no_other_follows(void **state)
{
    log_lines lines = {0};
    catga_logger logger = {.function = keep_line, .user = &lines, .level = CATGA_LOG_WARNING};
    catga_log_reporter reporter;
    catga_log_limit limit = {0};

    (void)state;
    catga_log_reporter_begin(&reporter, &logger);
    log_bad(&logger, &limit, 100);
    wait_until(lines.events == 100);
    assert_string_equal(lines.last, "last message repeated 90 more times: order 10 is bad");
    assert_int_equal(lines.level, CATGA_LOG_ERROR);
    log_bad(&logger, &limit, 7);
    wait_until(lines.events == 107);
    catga_log_reporter_end(&reporter);
    assert_int_equal(lines.events, 107);
}

static void suppressed_lines_are_counted_at_the_end(void **state)
{
    log_lines lines = {0};
    catga_logger logger = {.function = keep_line, .user = &lines, .level = CATGA_LOG_WARNING};
    catga_log_reporter reporter;
    catga_log_limit limits[3] = {0};

    (void)state;
    catga_log_reporter_begin(&reporter, &logger);
    for (unsigned i = 0; i < 3; i++)
        log_bad(&logger, &limits[i], 20);
    catga_log_report(&logger, &limits[1]); /* before its memory is freed */
    assert_int_equal(lines.events, 40);
    memset(&limits[1], 0xff, sizeof limits[1]);
    catga_log_reporter_end(&reporter);
    assert_int_equal(lines.events, 60);
}

static void a_bus_reports_all_that_it_suppressed(void **state)
{
    enum { FAILURES = 500 };
    log_lines lines = {0};
    catga_local *broker;
    const sample input = {{"hello", 5}, 1};

    (void)state;
    assert_int_equal(catga_local_open(&broker), CATGA_OK);
    catga_bus *bus = open_bus(broker, (catga_options){.log = keep_line, .log_user = &lines});
    catga_local_set_connected(broker, false);
    wait_until(!catga_connected(bus));
    unsigned before = lines.events; /* the loss of the connection */
    for (unsigned i = 0; i < FAILURES; i++)
        assert_int_not_equal(catga_publish(bus, &sample_noted_message, &input), CATGA_OK);
    catga_close(bus);
    assert_int_equal(lines.events - before, FAILURES);
    assert_true(lines.count < 60);
    catga_local_close(broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_one_line),
        cmocka_unit_test(some_lines_at_once_are_all_logged),
        cmocka_unit_test(suppressed_lines_are_counted_although_no_other_follows),
        cmocka_unit_test(suppressed_lines_are_counted_at_the_end),
        cmocka_unit_test(a_bus_reports_all_that_it_suppressed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
