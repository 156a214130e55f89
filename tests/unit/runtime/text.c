/* Decimals, timestamps, and text of others made safe. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void decimals(void **state)
{
    static const struct {
        int64_t value;
        unsigned digits;
        const char *text;
    } cases[] = {
        {599999, 2, "5999.99"},
        {0, 2, "0.00"},
        {5, 2, "0.05"},
        {-5, 2, "-0.05"},
        {-599999, 2, "-5999.99"},
        {42, 0, "42"},
        {INT64_MAX, 0, "9223372036854775807"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {INT64_MIN, 18, "-9.223372036854775808"},
        {1, 18, "0.000000000000000001"},
    };
    char text[CATGA_DECIMAL_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(catga_decimal_text(cases[i].value, cases[i].digits, text),
                            cases[i].text);
}

static void timestamps(void **state)
{
    static const struct {
        int64_t value;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {INT64_C(1760090400123456789), "2025-10-10T10:00:00.123456789Z"},
        {-1, "1969-12-31T23:59:59.999999999Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854775807Z"},
        {INT64_MIN, "1677-09-21T00:12:43.145224192Z"},
    };
    char text[CATGA_TIMESTAMP_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(catga_timestamp_text(cases[i].value, text), cases[i].text);
}

static const char *escaped(catga_string text, size_t capacity)
{
    static char out[256];
    assert_true(capacity <= sizeof out);
    size_t length = catga_text_escape(out, capacity, text);
    assert_int_equal(length, strlen(out));
    return out;
}

static void escapes(void **state)
{
    (void)state;
    assert_string_equal(escaped(CATGA_STR("plain"), 64), "plain");
    assert_string_equal(escaped(CATGA_STR("two\nlines\t\x1b[31m"), 64),
                        "two\\012lines\\011\\033[31m");
    assert_string_equal(escaped(CATGA_STR("笔记本电脑"), 64), "笔记本电脑");
    assert_string_equal(escaped(CATGA_STR("a\xff\xc0\x80z"), 64), "a\\377\\300\\200z");
    assert_string_equal(escaped(CATGA_STR("\xc2\x85"), 64),
                        "\\302\\205"); /* a control character of two bytes */
    assert_string_equal(escaped(CATGA_STR("\xe7\xac"), 64), "\\347\\254"); /* cut off */
    assert_string_equal(escaped((catga_string){NULL, 0}, 64), "");
}

static void escapes_are_cut_between_characters(void **state)
{
    (void)state;
    assert_string_equal(escaped(CATGA_STR("笔记本"), 8), "笔记");
    assert_string_equal(escaped(CATGA_STR("ab\n"), 6), "ab");
    assert_string_equal(escaped(CATGA_STR("abc"), 1), "");
}

static void header_values(void **state)
{
    char out[32];

    (void)state;
    catga_text_header(out, sizeof out, CATGA_STR("no\r\nNats-Msg-Id: 1"));
    assert_string_equal(out, "no  Nats-Msg-Id: 1");
    catga_text_header(out, sizeof out, CATGA_STR("\xff 无"));
    assert_string_equal(out, "? 无");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals),      cmocka_unit_test(timestamps),
        cmocka_unit_test(escapes),       cmocka_unit_test(escapes_are_cut_between_characters),
        cmocka_unit_test(header_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
