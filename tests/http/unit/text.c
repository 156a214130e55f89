/* Texts grow, and strings in them are valid JSON. */
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void check(catga_string value, const char *expected)
{
    http_text text = {0};

    http_text_string(&text, value);
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.data, expected, text.length);
    http_text_free(&text);
}

static void strings(void **state)
{
    (void)state;
    check(CATGA_STR(""), "\"\"");
    check(CATGA_STR("a\"b\\c"), "\"a\\\"b\\\\c\"");
    check(CATGA_STR("\n\x01\x7f"), "\"\\u000a\\u0001\\u007f\"");
    check((catga_string){"\0", 1}, "\"\\u0000\"");
    check(CATGA_STR("\xc3\xa4\xf0\x9f\x98\x80"), "\"\xc3\xa4\xf0\x9f\x98\x80\"");
}

static void broken_characters_are_omitted(void **state)
{
    (void)state;
    check(CATGA_STR("a\xff"
                    "b\xc3"),
          "\"ab\"");
    check(CATGA_STR("\xc0\x80\xe2\x82"), "\"\"");
}

static void grows(void **state)
{
    http_text text = {0};

    (void)state;
    for (int i = 0; i < 10000; i++)
        http_text_print(&text, "%d,", i % 10);
    assert_int_equal(text.length, 20000);
    assert_memory_equal(text.data + 19996, "8,9,", 4);
    assert_null(http_text_reserve(&text, SIZE_MAX / 2));
    assert_true(text.failed);
    http_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),
        cmocka_unit_test(broken_characters_are_omitted),
        cmocka_unit_test(grows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
