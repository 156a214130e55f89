/* Targets of requests are split and decoded once. */
#include "path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *parse(const char *target, http_path *path, char memory[512])
{
    snprintf(memory, 512, "%s", target);
    return http_path_parse(memory, path);
}

static void is_text(catga_string text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.data, expected, text.length);
}

static void segments(void **state)
{
    http_path path;
    char memory[512];

    (void)state;
    assert_null(parse("/orders/a%20b/%2e%2E", &path, memory));
    assert_int_equal(path.segment_count, 3);
    is_text(path.segments[0], "orders");
    is_text(path.segments[1], "a b");
    is_text(path.segments[2], "..");
    assert_null(parse("/", &path, memory));
    assert_int_equal(path.segment_count, 1);
    is_text(path.segments[0], "");
    assert_null(parse("/orders/", &path, memory));
    assert_int_equal(path.segment_count, 2);
}

/* A slash that is escaped is part of its segment, and a percent sign is decoded once. */
static void escapes_are_decoded_once(void **state)
{
    http_path path;
    char memory[512];

    (void)state;
    assert_null(parse("/a%2Fb/%252F+%2b", &path, memory));
    assert_int_equal(path.segment_count, 2);
    is_text(path.segments[0], "a/b");
    is_text(path.segments[1], "%2F++");
}

static void query(void **state)
{
    http_path path;
    char memory[512];

    (void)state;
    assert_null(parse("/x?a=1&b=c+d%26&&e&f==?", &path, memory));
    assert_int_equal(path.parameter_count, 4);
    is_text(path.parameters[0].name, "a");
    is_text(path.parameters[0].value, "1");
    is_text(path.parameters[1].value, "c d&");
    is_text(path.parameters[2].name, "e");
    is_text(path.parameters[2].value, "");
    is_text(path.parameters[3].name, "f");
    is_text(path.parameters[3].value, "=?");
}

static void invalid_targets(void **state)
{
    static const char *const targets[] = {
        "",       "orders", "*",    "/%",        "/%4",    "/%4x",     "/a%00b",   "/%0a",
        "/a\x7f", "/a%7f",  "/a b", "/\xc3\xa4", "/x?a=%", "/x?%zz=1", "/x?a=%0d",
    };
    http_path path;
    char memory[512];

    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        assert_non_null(parse(targets[i], &path, memory));
}

static void limits(void **state)
{
    http_path path;
    char memory[512];
    char target[512] = "";

    (void)state;
    for (int i = 0; i < HTTP_SEGMENTS; i++)
        strcat(target, "/a");
    assert_null(parse(target, &path, memory));
    strcat(target, "/a");
    assert_non_null(parse(target, &path, memory));
    strcpy(target, "/?");
    for (int i = 0; i < HTTP_PARAMETERS; i++)
        strcat(target, "a=1&");
    assert_null(parse(target, &path, memory));
    strcat(target, "a");
    assert_non_null(parse(target, &path, memory));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments), cmocka_unit_test(escapes_are_decoded_once),
        cmocka_unit_test(query),    cmocka_unit_test(invalid_targets),
        cmocka_unit_test(limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
