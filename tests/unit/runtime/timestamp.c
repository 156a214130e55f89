/* Points in time in JetStream's answers. */
#include "transport/nats/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t read_text(const char *text)
{
    return catga_nats_timestamp(catga_str(text));
}

/* The expected values are those of date(1): date -u -d TEXT +%s%N. */
static void points_in_time_are_read(void **state)
{
    (void)state;
    assert_int_equal(read_text("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(read_text("1970-01-01T00:00:01Z"), INT64_C(1000000000));
    assert_int_equal(read_text("\"2026-01-02T03:04:05.678901234Z\""), INT64_C(1767323045678901234));
    assert_int_equal(read_text("2026-01-02T03:04:05.6Z"), INT64_C(1767323045600000000));
    assert_int_equal(read_text("2026-01-02T03:04:05.0000000019Z"), INT64_C(1767323045000000001));
    assert_int_equal(read_text("2000-02-29T12:00:00Z"), INT64_C(951825600000000000));
    assert_int_equal(read_text("2100-03-01T00:00:00Z"), INT64_C(4107542400000000000));
    assert_int_equal(read_text("2024-12-31T23:59:59.999999999Z"), INT64_C(1735689599999999999));
}

static void other_text_is_none(void **state)
{
    static const char *const texts[] = {"",
                                        "\"\"",
                                        "0001-01-01T00:00:00Z",
                                        "1969-12-31T23:59:59Z",
                                        "2263-01-01T00:00:00Z",
                                        "2026-13-01T00:00:00Z",
                                        "2026-00-01T00:00:00Z",
                                        "2026-01-32T00:00:00Z",
                                        "2026-01-01T24:00:00Z",
                                        "2026-01-01T00:60:00Z",
                                        "2026-01-01",
                                        "null",
                                        "12"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(read_text(texts[i]), 0);
    assert_int_equal(catga_nats_timestamp((catga_string){NULL, 0}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_in_time_are_read),
        cmocka_unit_test(other_text_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
