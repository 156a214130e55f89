/* How a diagnostic is printed: place, line, caret, notes, order, cap, summary. */
#include <stdio.h>
#include <string.h>

#include "compile.h"

static const source *with_text(compilation *c, slice text)
{
    compilation_open(c);
    return source_from_text(&c->sources, "t.catga", text);
}

static void the_caret_stands_under_the_place(void **state)
{
    (void)state;
    compilation c;
    with_text(&c, SLICE("first\n\ttable 笔记 abc;\r\nlast"));
    diag_report(&c.diags, DIAG_SYNTAX, (span){1, 20, 23}, "something %d", 5);
    diag_note(&c.diags, (span){1, 0, 5}, "declared here");
    assert_string_equal(compilation_said(&c), "t.catga:2:11: error: something 5 [syntax]\n"
                                              "    2 | \ttable 笔记 abc;\n"
                                              "      | \t           ^~~\n"
                                              "t.catga:1:1: note: declared here\n"
                                              "    1 | first\n"
                                              "      | ^~~~~\n"
                                              "1 error generated.\n");
    compilation_close(&c);
}

static void wide_characters_are_underlined(void **state)
{
    (void)state;
    compilation c;
    with_text(&c, SLICE("x 笔记;\n"));
    diag_report(&c.diags, DIAG_STRAY_DOC, (span){1, 2, 8}, "wide");
    assert_string_equal(compilation_said(&c), "t.catga:1:3: warning: wide [stray-doc]\n"
                                              "    1 | x 笔记;\n"
                                              "      |   ^~~~\n"
                                              "1 warning generated.\n");
    compilation_close(&c);
}

static void the_order_is_that_of_the_file(void **state)
{
    (void)state;
    compilation c;
    with_text(&c, SLICE("one\ntwo\nthree\n"));
    diag_report(&c.diags, DIAG_SYNTAX, (span){1, 8, 9}, "third");
    diag_report(&c.diags, DIAG_STRAY_DOC, (span){1, 4, 5}, "second");
    diag_report(&c.diags, DIAG_SYNTAX, (span){1, 4, 5}, "second too");
    diag_report(&c.diags, DIAG_CANNOT_READ, (span){0, 0, 0}, "nowhere");
    const char *said = compilation_said(&c);
    assert_says(said, "catgac: error: nowhere [cannot-read]\n");
    assert_true(strstr(said, "nowhere") < strstr(said, "second ["));
    assert_true(strstr(said, "second [") < strstr(said, "second too"));
    assert_true(strstr(said, "second too") < strstr(said, "third"));
    assert_says(said, "1 warning and 3 errors generated.\n");
    compilation_close(&c);
}

static void after_a_hundred_they_are_counted(void **state)
{
    (void)state;
    compilation c;
    with_text(&c, SLICE("x"));
    for (unsigned i = 0; i < 250; i++) {
        diag_report(&c.diags, DIAG_SYNTAX, (span){1, 0, 1}, "number %u", i);
        diag_note(&c.diags, (span){1, 0, 1}, "note %u", i);
    }
    const char *said = compilation_said(&c);
    assert_says(said, "number 99 [");
    assert_null(strstr(said, "number 100"));
    assert_null(strstr(said, "note 100"));
    assert_says(said, "catgac: note: 150 more not shown\n250 errors generated.\n");
    compilation_close(&c);
}

static void a_long_line_is_cut(void **state)
{
    (void)state;
    compilation c;
    static char text[100000];
    memset(text, 'x', sizeof text);
    memcpy(text + 50000, "HERE", 4);
    with_text(&c, (slice){text, sizeof text});
    diag_report(&c.diags, DIAG_SYNTAX, (span){1, 50000, 50004}, "far");
    const char *said = compilation_said(&c);
    assert_true(strlen(said) < 1000);
    assert_says(said, "t.catga:1:50001: error");
    assert_says(said, "HERE");
    assert_says(said, "^~~~\n");
    compilation_close(&c);
}

static void suggest(const char *wanted, const char *candidate, bool expected)
{
    suggestion search = suggestion_for(slice_of(wanted));
    suggestion_consider(&search, slice_of(candidate));
    assert_int_equal(search.best.length > 0, expected);
}

static void near_names_are_suggested(void **state)
{
    (void)state;
    suggest("strng", "string", true);
    suggest("tabel", "table", true);
    suggest("orderstatus", "OrderStatus", true);
    suggest("customer", "customer_id", false);
    suggest("ab", "ac", false);
    suggest("u32", "u64", false);
}

static void every_code_is_stable_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
        const char *code = diag_code_text((diag_code)i);
        assert_true(strlen(code) > 2);
        assert_int_equal(strspn(code, "abcdefghijklmnopqrstuvwxyz-"), strlen(code));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_caret_stands_under_the_place),
        cmocka_unit_test(wide_characters_are_underlined),
        cmocka_unit_test(the_order_is_that_of_the_file),
        cmocka_unit_test(after_a_hundred_they_are_counted),
        cmocka_unit_test(a_long_line_is_cut),
        cmocka_unit_test(near_names_are_suggested),
        cmocka_unit_test(every_code_is_stable_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
