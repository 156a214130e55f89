/* W3C Trace Context: which values are valid, and what is kept of them. */
#include "base/trace_context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define SPAN  "b7ad6b7169203331"

static bool is_kept(const char *text)
{
    char copy[CATGA_TRACEPARENT_SIZE];
    catga_string part = catga_traceparent_of(catga_str(text));
    bool is_valid = part.data != NULL;

    assert_int_equal(catga_traceparent_copy(copy, catga_str(text)), is_valid);
    assert_int_equal(part.length, is_valid ? 55 : 0);
    assert_int_equal(strlen(copy), part.length);
    return is_valid;
}

static void valid_contexts_are_kept(void **state)
{
    (void)state;
    assert_true(is_kept("00-" TRACE "-" SPAN "-01"));
    assert_true(is_kept("00-" TRACE "-" SPAN "-00"));
    assert_true(is_kept("00-" TRACE "-" SPAN "-ff"));
    assert_true(is_kept("00-00000000000000000000000000000001-0000000000000001-01"));
}

static void invalid_contexts_are_refused(void **state)
{
    static const char *const invalid[] = {
        "",
        "00",
        "ff-" TRACE "-" SPAN "-01",
        "0g-" TRACE "-" SPAN "-01",
        "00-00000000000000000000000000000000-" SPAN "-01",
        "00-" TRACE "-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-" SPAN "-01",
        "00-" TRACE "-B7AD6B7169203331-01",
        "00-" TRACE "-" SPAN "-0G",
        "00-" TRACE "-" SPAN "-1",
        "00-" TRACE "-" SPAN "-01-",
        "00-" TRACE "-" SPAN "-010",
        "00_" TRACE "-" SPAN "-01",
        "00-" TRACE "_" SPAN "-01",
        "00-" TRACE "-" SPAN "_01",
        " 00-" TRACE "-" SPAN "-01",
        "01-" TRACE "-" SPAN "-010",
        "01-" TRACE "-" SPAN "-0",
    };

    (void)state;
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
        if (is_kept(invalid[i]))
            fail_msg("valid: %s", invalid[i]);
    assert_null(catga_traceparent_of((catga_string){NULL, 0}).data);
}

static void a_higher_version_may_be_longer(void **state)
{
    char copy[CATGA_TRACEPARENT_SIZE];
    const char *longer = "cc-" TRACE "-" SPAN "-01-what-the-future-brings";

    (void)state;
    assert_true(is_kept("01-" TRACE "-" SPAN "-01"));
    assert_true(is_kept(longer));
    assert_true(catga_traceparent_copy(copy, catga_str(longer)));
    assert_string_equal(copy, "00-" TRACE "-" SPAN "-01");
}

static void a_context_is_written_as_it_was_read(void **state)
{
    const char *text = "00-" TRACE "-" SPAN "-03";
    char copy[CATGA_TRACEPARENT_SIZE];
    catga_trace_context context;

    (void)state;
    assert_true(catga_traceparent_copy(copy, catga_str(text)));
    catga_trace_context_read(&context, copy);
    assert_int_equal(context.trace_id[0], 0x0a);
    assert_int_equal(context.trace_id[15], 0x9c);
    assert_int_equal(context.span_id[7], 0x31);
    assert_int_equal(context.flags, CATGA_TRACE_SAMPLED | CATGA_TRACE_RANDOM);
    catga_trace_context_write(&context, copy);
    assert_string_equal(copy, text);
}

static void the_span_is_replaced(void **state)
{
    static const uint8_t span[8] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
    char copy[CATGA_TRACEPARENT_SIZE] = "00-" TRACE "-" SPAN "-03";

    (void)state;
    catga_traceparent_set_span(copy, span, 0xfe);
    assert_string_equal(copy, "00-" TRACE "-0123456789abcdef-fe");
}

/* Every other character in any place makes a context invalid. */
static void each_character_is_checked(void **state)
{
    static const char digits[] = "0123456789abcdef";

    (void)state;
    for (size_t at = 0; at < CATGA_TRACEPARENT_SIZE - 1; at++) {
        for (int c = 1; c < 256; c++) {
            char text[CATGA_TRACEPARENT_SIZE] = "00-" TRACE "-" SPAN "-01";
            bool may_have = text[at] == '-' ? c == '-' : strchr(digits, c) != NULL;
            text[at] = (char)c;
            if (is_kept(text) != may_have)
                fail_msg("character %d at %zu: %s", c, at, text);
        }
    }
}

/* ---- tracestate ---- */

static void assert_state(const char *text, const char *expected)
{
    catga_string kept = catga_tracestate_of(catga_str(text));

    if (!catga_string_equal(kept, catga_str(expected)))
        fail_msg("\"%s\" is kept as \"%.*s\", not \"%s\"", text, CATGA_PRINT(kept), expected);
}

static void a_state_of_valid_members_is_kept(void **state)
{
    (void)state;
    assert_state("congo=t61rcWkgMzE", "congo=t61rcWkgMzE");
    assert_state("rojo=00f067aa0ba902b7, congo=t61rcWkgMzE",
                 "rojo=00f067aa0ba902b7, congo=t61rcWkgMzE");
    assert_state("0a_-*/@=!~,b=1", "0a_-*/@=!~,b=1");
    assert_state("a=1,,b=2,", "a=1,,b=2");
}

static void an_invalid_state_is_dropped(void **state)
{
    static const char *const invalid[] = {
        "",     ",",    "a",    "=1",         "a=",      "A=1",   "a=1,b",    "a=b=c",
        "_a=1", "a =1", "a=\t", "a=1,b=\x7f", "a=\xc3é", "a=1\n", "a=1,\tb=2"};

    (void)state;
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
        assert_state(invalid[i], "");
    assert_null(catga_tracestate_of((catga_string){NULL, 0}).data);
}

static void the_first_32_members_are_kept(void **state)
{
    char text[600] = "";

    (void)state;
    for (unsigned i = 0; i < 40; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%sk%02u=v", i == 0 ? "" : ",",
                 i);
    catga_string kept = catga_tracestate_of(catga_str(text));
    assert_int_equal(kept.length, 32 * 5 + 31);
    assert_memory_equal(kept.data + kept.length - 5, "k31=v", 5);
    text[32 * 6] = 'A'; /* the key of the next member is invalid */
    assert_int_equal(catga_tracestate_of(catga_str(text)).length, 32 * 5 + 31);
}

/* A member that does not fit is dropped as a whole. */
static void members_beyond_512_bytes_are_dropped(void **state)
{
    char text[600];

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "a=", 2);
    memcpy(text + 250, ",b=", 3);
    text[502] = ',';
    memcpy(text + 503, "c=", 2);
    text[512] = '\0';
    assert_int_equal(catga_tracestate_of(catga_str(text)).length, 512);
    memcpy(text + 512, "x", 2);
    assert_int_equal(catga_tracestate_of(catga_str(text)).length, 502);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_contexts_are_kept),
        cmocka_unit_test(invalid_contexts_are_refused),
        cmocka_unit_test(a_higher_version_may_be_longer),
        cmocka_unit_test(each_character_is_checked),
        cmocka_unit_test(a_context_is_written_as_it_was_read),
        cmocka_unit_test(the_span_is_replaced),
        cmocka_unit_test(a_state_of_valid_members_is_kept),
        cmocka_unit_test(an_invalid_state_is_dropped),
        cmocka_unit_test(the_first_32_members_are_kept),
        cmocka_unit_test(members_beyond_512_bytes_are_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
