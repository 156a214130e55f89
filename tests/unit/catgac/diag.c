/* Printed diagnostics: position, line, caret, notes, order, limit, summary. */
#include "compile.h"

#include <stdio.h>
#include <string.h>

static const source *with_text(compilation *c, slice text)
{
    compilation_open(c);
    return source_from_text(&c->sources, "t.catga", text);
}

static void the_caret_is_under_the_span(void **state)
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

static void a_fix_is_printed_below_the_caret(void **state)
{
    (void)state;
    compilation c;
    compile(&c, SLICE("namespace a;\nversion 1;\ntable T { x: strng;\ty: u32 }\n"));
    assert_string_equal(c.said, "t.catga:3:14: error: unknown type 'strng'; did you mean 'string'? "
                                "[unknown-name]\n"
                                "    3 | table T { x: strng;\ty: u32 }\n"
                                "      |              ^~~~~\n"
                                "      |              string\n"
                                "t.catga:3:27: error: expected ';' after 'u32' [syntax]\n"
                                "    3 | table T { x: strng;\ty: u32 }\n"
                                "      |                    \t      ^\n"
                                "      |                    \t      ;\n"
                                "2 errors generated.\n");
    compilation_close(&c);
}

static const char *said_in(compilation *c, diag_format format)
{
    c->diags.style.format = format;
    return compilation_said(c);
}

/* Text of a file is escaped: it cannot control the terminal or imitate another diagnostic. */
static void quoted_text_is_shown_on_one_line(void **state)
{
    (void)state;
    compilation c;
    with_text(&c, SLICE("a \xC2\x9B\xE2\x80\xAE\tb\n"));
    diag_report(&c.diags, DIAG_SYNTAX, (span){1, 8, 9}, "'%s'", "a\nb.catga:1:1: error: \x1b[2J");
    assert_says(compilation_said(&c), "t.catga:1:6: error: 'a\xEF\xBF\xBD"
                                      "b.catga:1:1: error: \xEF\xBF\xBD[2J' [syntax]\n"
                                      "    1 | a \xEF\xBF\xBD\xEF\xBF\xBD\tb\n"
                                      "      |     \t^\n");
    compilation_close(&c);
}

static void long_text_is_cut_in_the_middle(void **state)
{
    (void)state;
    static char text[3000];
    compilation c;
    memset(text, 'a', sizeof text - 1);
    memcpy(text + DIAG_TEXT_LIMIT / 2 - 4, "b\xF0\x9F\x98\x80", 5);
    with_text(&c, SLICE("x\n"));
    diag_report(&c.diags, DIAG_SYNTAX, (span){1, 0, 1}, "%s; end", text);
    const char *said = compilation_said(&c);
    assert_says(said, "ab ... aaa");
    assert_says(said, "aaa; end [syntax]\n");
    assert_true(strlen(said) < DIAG_TEXT_LIMIT + 200);
    compilation_close(&c);
}

static void programs_read_json(void **state)
{
    (void)state;
    compilation c;
    with_text(&c, SLICE("x \"\xE7\xAC\x94\" strng\n"));
    assert_string_equal(said_in(&c, DIAG_JSON),
                        "{\"diagnostics\":[],\n\"errors\":0,\"warnings\":0,\"notShown\":0}\n");
    suggestion search = suggestion_for(SLICE("strng"));
    suggestion_consider(&search, SLICE("string"));
    diag_report(&c.diags, DIAG_UNKNOWN_NAME, (span){1, 8, 13}, "a \"b\"\n\xFF");
    diag_suggest(&c.diags, (span){1, 8, 13}, &search);
    diag_note(&c.diags, (span){1, 0, 1}, "here");
    assert_string_equal(
        said_in(&c, DIAG_JSON),
        "{\"diagnostics\":[\n"
        "{\"path\":\"t.catga\",\"line\":1,\"column\":7,\"endLine\":1,\"endColumn\":12,"
        "\"severity\":\"error\",\"code\":\"unknown-name\","
        "\"message\":\"a \\\"b\\\"\xEF\xBF\xBD\xEF\xBF\xBD; did you mean 'string'?\","
        "\"notes\":[{\"path\":\"t.catga\",\"line\":1,\"column\":1,\"endLine\":1,\"endColumn\":2,"
        "\"message\":\"here\"}],"
        "\"fixes\":[{\"path\":\"t.catga\",\"line\":1,\"column\":7,\"endLine\":1,\"endColumn\":12,"
        "\"replacement\":\"string\"}]}],\n"
        "\"errors\":1,\"warnings\":0,\"notShown\":0}\n");
    compilation_close(&c);
}

static void programs_read_sarif(void **state)
{
    (void)state;
    compilation c;
    compilation_open(&c);
    source_from_text(&c.sources, "/a b/t.catga", SLICE("strng\n"));
    diag_report(&c.diags, DIAG_STRAY_DOC, (span){1, 0, 5}, "wrong");
    diag_note(&c.diags, (span){0, 0, 0}, "nowhere");
    diag_fix(&c.diags, (span){1, 0, 5}, SLICE("string"));
    diag_report(&c.diags, DIAG_CANNOT_READ, (span){0, 0, 0}, "gone");
    const char *said = said_in(&c, DIAG_SARIF);
    assert_says(said, "\"version\":\"2.1.0\"");
    assert_says(said, "\"rules\":[{\"id\":\"cannot-read\"},{\"id\":\"stray-doc\"}]");
    assert_says(said, "{\"ruleId\":\"cannot-read\",\"level\":\"error\","
                      "\"message\":{\"text\":\"gone\"},\"locations\":[],\"relatedLocations\":[]}");
    assert_says(said, "\"locations\":[{\"physicalLocation\":{\"artifactLocation\":"
                      "{\"uri\":\"file:///a%20b/t.catga\"},\"region\":{\"startLine\":1,"
                      "\"startColumn\":1,\"endLine\":1,\"endColumn\":6}}}]");
    assert_says(said, "\"relatedLocations\":[{\"message\":{\"text\":\"nowhere\"}}]");
    assert_says(said, "\"insertedContent\":{\"text\":\"string\"}");
    compilation_close(&c);
}

static void terminals_get_colors(void **state)
{
    (void)state;
    compilation c;
    with_text(&c, SLICE("x\n"));
    c.diags.style.in_color = true;
    diag_report(&c.diags, DIAG_SYNTAX, (span){1, 0, 1}, "wrong");
    assert_string_equal(compilation_said(&c),
                        "\033[1mt.catga:1:1: \033[0m\033[1;31merror:\033[0m wrong [syntax]\n"
                        "    1 | x\n"
                        "      | \033[1;32m^\033[0m\n"
                        "1 error generated.\n");
    compilation_close(&c);
}

/* Reports one warning of either kind after choosing. Returns the number of errors and warnings. */
static void counts_after(const char *const *words, size_t errors, size_t warnings)
{
    compilation c;

    with_text(&c, SLICE("x\n"));
    for (; *words != NULL; words++)
        assert_true(diag_choose(&c.diags.style, *words));
    diag_report(&c.diags, DIAG_STRAY_DOC, (span){1, 0, 1}, "on unless chosen");
    diag_report(&c.diags, DIAG_BACKOFF_UNREACHED, (span){1, 0, 1}, "off unless chosen");
    assert_int_equal(c.diags.error_count, errors);
    assert_int_equal(c.diags.warning_count, warnings);
    compilation_close(&c);
}

static void warnings_are_chosen(void **state)
{
    (void)state;
    counts_after((const char *const[]){NULL}, 0, 1);
    counts_after((const char *const[]){"backoff-unreached", NULL}, 0, 2);
    counts_after((const char *const[]){"no-stray-doc", NULL}, 0, 0);
    counts_after((const char *const[]){"no-stray-doc", "stray-doc", NULL}, 0, 1);
    counts_after((const char *const[]){"error", NULL}, 1, 0);
    counts_after((const char *const[]){"error", "no-stray-doc", NULL}, 0, 0);
    counts_after((const char *const[]){"error=backoff-unreached", NULL}, 1, 1);
    counts_after((const char *const[]){"error=stray-doc", "no-stray-doc", NULL}, 0, 0);
    diag_style style = {.in_color = false};
    assert_false(diag_choose(&style, "syntax"));
    assert_false(diag_choose(&style, "no-such"));
    assert_false(diag_choose(&style, "error=syntax"));
    assert_false(diag_choose(&style, ""));
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
        cmocka_unit_test(the_caret_is_under_the_span),
        cmocka_unit_test(wide_characters_are_underlined),
        cmocka_unit_test(the_order_is_that_of_the_file),
        cmocka_unit_test(after_a_hundred_they_are_counted),
        cmocka_unit_test(a_long_line_is_cut),
        cmocka_unit_test(near_names_are_suggested),
        cmocka_unit_test(a_fix_is_printed_below_the_caret),
        cmocka_unit_test(quoted_text_is_shown_on_one_line),
        cmocka_unit_test(long_text_is_cut_in_the_middle),
        cmocka_unit_test(programs_read_json),
        cmocka_unit_test(programs_read_sarif),
        cmocka_unit_test(terminals_get_colors),
        cmocka_unit_test(warnings_are_chosen),
        cmocka_unit_test(every_code_is_stable_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
