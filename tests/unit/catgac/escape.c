/* Escaping: text of a schema cannot leave comments or string literals. */
#include "template/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef void escape_function(slice text, buffer *out);

static void gives(escape_function *escape, slice text, const char *expected)
{
    arena memory;

    arena_open(&memory, 1 << 20);
    buffer out = buffer_in(&memory);
    escape(text, &out);
    assert_string_equal(out.length == 0 ? "" : out.data, expected);
    arena_close(&memory);
}

static void comments_keep_plain_text(void **state)
{
    (void)state;
    gives(escape_comment, SLICE(""), "");
    gives(escape_comment, SLICE("plain, 100 % \"fine\""), "plain, 100 % \"fine\"");
    gives(escape_comment, SLICE("笔记本电脑 é"), "笔记本电脑 é");
    gives(escape_comment, SLICE("a * b / c \\ d ? e"), "a * b / c \\ d ? e");
}

static void comments_cannot_end_or_begin(void **state)
{
    (void)state;
    gives(escape_comment, SLICE("a */ b"), "a * / b");
    gives(escape_comment, SLICE("a /* b"), "a / * b");
    gives(escape_comment, SLICE("**//**"), "** // **");
    gives(escape_comment, SLICE("/at the start"), " /at the start");
    gives(escape_comment, SLICE("*"), "*");
}

static void comments_cannot_join_the_next_line(void **state)
{
    (void)state;
    gives(escape_comment, SLICE("end \\"), "end");
    gives(escape_comment, SLICE("end \\ \\\t\\"), "end");
    gives(escape_comment, SLICE("end \\\r"), "end");
    gives(escape_comment, SLICE("?\?\?/"), "? ? ?/");
    gives(escape_comment, SLICE("one\ntwo\rthree"), "one�two�three");
}

static void comments_hide_nothing(void **state)
{
    (void)state;
    gives(escape_comment, SLICE("a\tb"), "a b");
    gives(escape_comment, SLICE("a\x1b[31mb\x7f"), "a�[31mb�");
    gives(escape_comment,
          SLICE("a\xe2\x80\xae"
                "b\xe2\x81\xa6"
                "c\xe2\x80\xa8"
                "d"),
          "a�b�c�d");
    gives(escape_comment,
          SLICE("a\xc2\x85"
                "b"),
          "a�b");
    gives(escape_comment, SLICE("a\xff\xc3"), "a��");
    gives(escape_comment, SLICE("*\x01/"), "*�/");
    gives(escape_comment, SLICE("\\\xe2\x80\xa8"), "\\�");
}

static void strings_are_octal_where_they_must(void **state)
{
    (void)state;
    gives(escape_c_string, SLICE(""), "");
    gives(escape_c_string, SLICE("plain '100 %'"), "plain '100 %'");
    gives(escape_c_string, SLICE("a\"b\\c"), "a\\\"b\\\\c");
    gives(escape_c_string, SLICE("?\?/"), "\\?\\?/");
    gives(escape_c_string, SLICE("\n1\t\x7f"), "\\0121\\011\\177");
    gives(escape_c_string, SLICE("é"), "\\303\\251");
    gives(escape_c_string,
          (slice){"\0"
                  "1",
                  2},
          "\\0001");
}

static void markdown_in_texts_is_escaped(void **state)
{
    (void)state;
    gives(escape_markdown, SLICE(""), "");
    gives(escape_markdown, SLICE("plain, 100 % \"fine\" (at-least-once)!"),
          "plain, 100 % \"fine\" (at-least-once)!");
    gives(escape_markdown, SLICE("笔记本电脑 é"), "笔记本电脑 é");
    gives(escape_markdown, SLICE("a *b* _c_ `d` [e](f) <g> ~h~ &amp; $i$ | \\"),
          "a \\*b\\* \\_c\\_ \\`d\\` \\[e\\](f) \\<g\\> \\~h\\~ \\&amp; \\$i\\$ \\| \\\\");
    gives(escape_markdown, SLICE("# a"), "\\# a");
    gives(escape_markdown, SLICE("- a"), "\\- a");
    gives(escape_markdown, SLICE("    - a"), "\\- a");
    gives(escape_markdown, SLICE("12. a. 3. b"), "12\\. a. 3. b");
    gives(escape_markdown, SLICE("1) a"), "1\\) a");
    gives(escape_markdown, SLICE("a\nb\x1b\xff"), "a�b��");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comments_keep_plain_text),
        cmocka_unit_test(comments_cannot_end_or_begin),
        cmocka_unit_test(comments_cannot_join_the_next_line),
        cmocka_unit_test(comments_hide_nothing),
        cmocka_unit_test(strings_are_octal_where_they_must),
        cmocka_unit_test(markdown_in_texts_is_escaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
