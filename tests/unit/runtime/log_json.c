/* Log lines as JSON: their members, their escapes and their limit. */
#include "observe/log_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* 2025-10-10T10:00:00.000123Z, and some nanoseconds. */
#define TIME (INT64_C(1760090400) * 1000000000 + 123456)

static const catga_log_facts none;

static size_t write_line(char line[CATGA_LOG_LINE + 1], const catga_log_facts *facts,
                         catga_string text)
{
    size_t length = catga_log_json(line, TIME, "info", facts, text);

    assert_in_range(length, 1, CATGA_LOG_LINE);
    line[length] = '\0';
    assert_int_equal(line[length - 1], '\n');
    return length;
}

static void assert_text(catga_string text, const char *escaped)
{
    char line[CATGA_LOG_LINE + 1];
    char expected[CATGA_LOG_LINE];

    write_line(line, &none, text);
    snprintf(expected, sizeof expected,
             "{\"time\":\"2025-10-10T10:00:00.000123Z\",\"level\":\"info\",\"text\":\"%s\"}\n",
             escaped);
    assert_string_equal(line, expected);
}

static void all_facts_are_members(void **state)
{
    const catga_log_facts facts = {.instance = CATGA_STR("one"),
                                   .service = CATGA_STR("OrderService"),
                                   .message_id = CATGA_STR("id\""),
                                   .correlation_id = CATGA_STR("chain"),
                                   .trace_id = CATGA_STR("0af7")};
    char line[CATGA_LOG_LINE + 1];

    (void)state;
    write_line(line, &facts, CATGA_STR("hello"));
    assert_string_equal(
        line, "{\"time\":\"2025-10-10T10:00:00.000123Z\",\"level\":\"info\","
              "\"service\":\"OrderService\",\"instance\":\"one\",\"message_id\":\"id\\\"\","
              "\"correlation_id\":\"chain\",\"trace_id\":\"0af7\",\"text\":\"hello\"}\n");
}

static void texts_are_escaped(void **state)
{
    (void)state;
    assert_text(CATGA_STR(""), "");
    assert_text(CATGA_STR("a\"b\\c/"), "a\\\"b\\\\c/");
    assert_text(CATGA_STR("\n\r\t\x1f\x7f"), "\\u000a\\u000d\\u0009\\u001f\\u007f");
    assert_text((catga_string){"\0", 1}, "\\u0000");
    assert_text(CATGA_STR("\xc2\x85\xc2\x9f\xc2\xa0"), "\\u0085\\u009f\xc2\xa0");
    assert_text(CATGA_STR("\xe6\x97\xa0\xf0\x9f\x98\x80"), "\xe6\x97\xa0\xf0\x9f\x98\x80");
}

static void invalid_utf8_is_replaced(void **state)
{
    (void)state;
    assert_text(CATGA_STR("\xff"), "\xef\xbf\xbd");
    assert_text(CATGA_STR("\xe6\x97"), "\xef\xbf\xbd\xef\xbf\xbd");
    assert_text(CATGA_STR("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd");
    assert_text(CATGA_STR("\xf0\x9f\x98"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

/* Even with the longest escapes, every member is complete and the text has room. */
static void a_line_has_a_limit(void **state)
{
    static char longest[100000];
    char line[CATGA_LOG_LINE + 1];
    const catga_string all = {longest, sizeof longest};
    const catga_log_facts facts = {all, all, all, all, all};

    (void)state;
    memset(longest, 1, sizeof longest);
    assert_in_range(write_line(line, &facts, all), CATGA_LOG_LINE - 6, CATGA_LOG_LINE);
    const char *text = strstr(line, ",\"text\":\"");
    assert_non_null(text);
    assert_in_range(strlen(text), 1024, CATGA_LOG_LINE);
    assert_int_equal(strspn(text + 9, "\\u001"), strlen(text) - 9 - strlen("\"}\n"));
    assert_int_equal((strlen(text) - 9 - strlen("\"}\n")) % strlen("\\u0001"), 0);
}

/* A cut never splits a character. */
static void a_cut_is_between_characters(void **state)
{
    static char text[3 * CATGA_LOG_LINE];
    char line[CATGA_LOG_LINE + 1];

    (void)state;
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 3 <= sizeof text; i += 3)
            memcpy(text + i, "\xe6\x97\xa0", 3);
        size_t length = write_line(line, &none, (catga_string){text, sizeof text});
        assert_int_equal((uint8_t)line[length - 4], 0xa0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_facts_are_members),       cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(invalid_utf8_is_replaced),    cmocka_unit_test(a_line_has_a_limit),
        cmocka_unit_test(a_cut_is_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
