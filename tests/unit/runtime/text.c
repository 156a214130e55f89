/* Decimals, times and uuids as text and back, and escaping of foreign text. */
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

static void durations(void **state)
{
    static const struct {
        int64_t value;
        const char *text;
    } cases[] = {
        {0, "0s"},
        {1500000000, "1.5s"},
        {-1, "-0.000000001s"},
        {INT64_C(600000000000), "600s"},
        {INT64_MAX, "9223372036.854775807s"},
        {INT64_MIN, "-9223372036.854775808s"},
    };
    char text[CATGA_DURATION_TEXT];
    int64_t value;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(catga_duration_text(cases[i].value, text), cases[i].text);
        assert_true(catga_duration_parse(catga_str(text), &value));
        assert_true(value == cases[i].value);
    }
}

/* Every bit except version and variant is random, and no two uuids are equal. */
static void uuids(void **state)
{
    enum { COUNT = 200 };
    static catga_uuid made[COUNT];
    uint8_t ones[16] = {0};
    uint8_t zeros[16] = {0};
    char text[CATGA_UUID_TEXT];
    catga_uuid again;

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        made[i] = catga_uuid_random();
        assert_int_equal(made[i].bytes[6] >> 4, 4);
        assert_int_equal(made[i].bytes[8] >> 6, 2);
        for (size_t j = 0; j < 16; j++) {
            ones[j] |= made[i].bytes[j];
            zeros[j] |= (uint8_t)~made[i].bytes[j];
        }
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(&made[i], &made[j], sizeof made[i]);
        assert_true(catga_uuid_parse(catga_str(catga_uuid_text(made[i], text)), &again));
        assert_memory_equal(&again, &made[i], sizeof again);
    }
    for (size_t j = 0; j < 16; j++) {
        assert_int_equal(ones[j], j == 6 ? 0x4f : j == 8 ? 0xbf : 0xff);
        assert_int_equal(zeros[j], j == 6 ? 0xbf : j == 8 ? 0x7f : 0xff);
    }
}

/* Invalid text is rejected, and so is absent or empty text. */
static void texts_that_are_no_values(void **state)
{
    static const char *const wrong[] = {
        NULL,
        "",
        " ",
        "x",
        "1,5",
        "+1",
        "0x1",
        "1 ",
        "--1",
        "1e",
        ".5",
        "5.",
        "92233720368547758.08",
        "-92233720368547758.09",
        "1e999999999",
        "0.001",
    };
    static const char *const wrong_times[] = {
        NULL,
        "",
        "2025-10-10",
        "2025-10-10T10:00:00",
        "2025-10-10 10:00:00Z",
        "2025-02-29T00:00:00Z",
        "2025-13-01T00:00:00Z",
        "2025-00-01T00:00:00Z",
        "2025-01-01T24:00:00Z",
        "2025-01-01T00:60:00Z",
        "2016-12-31T23:59:60Z",
        "2025-01-01T00:00:00.Z",
        "2025-01-01T00:00:00+24:00",
        "2025-01-01T00:00:00ZZ",
        "2262-04-11T23:47:16.854775808Z",
        "1677-09-21T00:12:43.145224191Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    };
    int64_t value;
    catga_uuid uuid;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(catga_decimal_parse(catga_str(wrong[i]), 2, &value));
        assert_false(catga_duration_parse(catga_str(wrong[i]), &value));
        assert_false(catga_uuid_parse(catga_str(wrong[i]), &uuid));
    }
    for (size_t i = 0; i < sizeof wrong_times / sizeof wrong_times[0]; i++)
        assert_false(catga_timestamp_parse(catga_str(wrong_times[i]), &value));
    assert_false(catga_uuid_parse(CATGA_STR("6ba7b8109dad-11d1-80b4-00c04fd430c8-"), &uuid));
    assert_false(catga_uuid_parse(CATGA_STR("6ba7b810-9dad-11d1-80b4-00c04fd430cg"), &uuid));
}

/* Each value is read back from its text, also at the limits of its type. */
static void texts_come_back(void **state)
{
    static const int64_t values[] = {0, 1, -1, 599999, INT64_MAX, INT64_MIN, INT64_MAX - 1};
    char text[CATGA_TIMESTAMP_TEXT];
    int64_t value;

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        for (unsigned digits = 0; digits <= 18; digits++) {
            catga_decimal_text(values[i], digits, text);
            assert_true(catga_decimal_parse(catga_str(text), digits, &value));
            assert_true(value == values[i]);
        }
        catga_timestamp_text(values[i], text);
        assert_true(catga_timestamp_parse(catga_str(text), &value));
        assert_true(value == values[i]);
    }
    assert_true(catga_timestamp_parse(CATGA_STR("2025-10-10T12:00:00.5+02:00"), &value));
    assert_true(value == INT64_C(1760090400500000000));
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
        cmocka_unit_test(decimals),        cmocka_unit_test(durations),
        cmocka_unit_test(uuids),           cmocka_unit_test(texts_that_are_no_values),
        cmocka_unit_test(texts_come_back), cmocka_unit_test(timestamps),
        cmocka_unit_test(escapes),         cmocka_unit_test(escapes_are_cut_between_characters),
        cmocka_unit_test(header_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
