/* Headers that may be sent: each byte of a text is checked, whatever its length. */
#include "transport/validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { LONGEST = 70 };

static bool is_letter_or_digit(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_of_name(int c)
{
    return is_letter_or_digit(c) || c == '-' || c == '_';
}

static bool is_of_value(int c)
{
    return c >= ' ' && c != 127;
}

static bool name_valid(const char *name)
{
    return catga_header_valid(&(catga_header){name, "value"});
}

static bool value_valid(const char *value)
{
    return catga_header_valid(&(catga_header){"name", value});
}

/* Puts each byte into each place of texts of each length. */
static void check_each_byte(bool (*valid)(const char *), bool (*is_allowed)(int c), size_t longest)
{
    char text[LONGEST + 1];

    for (size_t length = 1; length <= longest; length++) {
        for (size_t at = 0; at < length; at++) {
            for (int c = 1; c < 256; c++) {
                memset(text, 'x', length);
                text[length] = '\0';
                text[at] = (char)c;
                if (valid(text) != is_allowed(c))
                    fail_msg("character %d at %zu of %zu", c, at, length);
            }
        }
    }
}

static void each_byte_of_a_header_is_checked(void **state)
{
    (void)state;
    check_each_byte(name_valid, is_of_name, 64);
    check_each_byte(value_valid, is_of_value, LONGEST);
}

static void a_header_name_has_1_to_64_bytes(void **state)
{
    char name[66];

    (void)state;
    memset(name, 'x', sizeof name);
    name[65] = '\0';
    assert_false(name_valid(name));
    assert_true(name_valid(name + 1));
    assert_false(name_valid(""));
    assert_false(name_valid(NULL));
    assert_true(value_valid(""));
    assert_false(value_valid(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_of_a_header_is_checked),
        cmocka_unit_test(a_header_name_has_1_to_64_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
