/* Tokens, their positions and texts, and the limits of a file's text. */
#include "compile.h"

#include <string.h>

static const char *tokens_of(compilation *c, slice text)
{
    lexer input;
    buffer out = buffer_in(&c->memory);

    lex_open(&input, &c->memory, &c->diags, source_from_text(&c->sources, "t.catga", text));
    lex_dump(&input, &out);
    return out.length == 0 ? "" : out.data;
}

static void every_kind_has_its_place(void **state)
{
    (void)state;
    compilation c;
    compilation_open(&c);
    assert_string_equal(tokens_of(&c, SLICE("table x {\r\n\ta: [u8]? = 0x1F..2.5;\n}")),
                        "1:1 'table'\n1:7 a name x\n1:9 '{'\n2:2 a name a\n2:3 ':'\n2:5 '['\n"
                        "2:6 a name u8\n2:8 ']'\n2:9 '?'\n2:11 '='\n2:13 a number 0x1F\n"
                        "2:17 '..'\n2:19 a number with a point 2.5\n2:22 ';'\n3:1 '}'\n");
    assert_string_equal(tokens_of(&c, SLICE("1..5 100ms \"a\\\"b\" << >> -> // end")),
                        "1:1 a number 1\n1:2 '..'\n1:4 a number 5\n1:6 a duration 100ms\n"
                        "1:12 a string \"a\\\"b\"\n1:19 '<<'\n1:22 '>>'\n1:25 '->'\n");
    assert_string_equal(tokens_of(&c, SLICE("")), "");
    assert_string_equal(tokens_of(&c, SLICE("\xEF\xBB\xBF/* a */ // b\n")), "");
    assert_string_equal(compilation_said(&c), "");
    compilation_close(&c);
}

static void a_string_is_unescaped(void **state)
{
    (void)state;
    compilation c;
    compilation_open(&c);
    lexer input;
    lex_open(&input, &c.memory, &c.diags,
             source_from_text(&c.sources, "t.catga", SLICE("\"a\\n\\t\\\\\\\"b\"")));
    token string = lex_next(&input);
    assert_true(slice_is(lex_string_value(&input, string), "a\n\t\\\"b"));
    compilation_close(&c);
}

static void comments_belong_to_the_next_declaration(void **state)
{
    (void)state;
    compilation c;
    compilation_open(&c);
    lexer input;
    lex_open(&input, &c.memory, &c.diags,
             source_from_text(&c.sources, "t.catga",
                              SLICE("/// One.\n///   Two.  \n//// ruler\n///\nx y /// behind\nz")));
    token x = lex_next(&input);
    assert_non_null(x.doc);
    token y = lex_next(&input);
    assert_null(y.doc);
    assert_null(lex_next(&input).doc);
    compilation_close(&c);
}

static void invalid_text_is_rejected(void **state)
{
    (void)state;
    static const slice bad[] = {
        {"a\0b", 3}, {"a\x01", 2}, {"\xFF\xFE", 2}, {"// \xC3", 4}, {"\x7F\x45LF\x02", 5}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        compilation c;
        compilation_open(&c);
        assert_string_equal(tokens_of(&c, bad[i]), "");
        assert_says(compilation_said(&c), "[not-text]");
        assert_null(strstr(compilation_said(&c), " | "));
        compilation_close(&c);
    }
}

static void tokens_are_limited(void **state)
{
    (void)state;
    compilation c;
    compilation_open(&c);
    size_t length = LEX_TOKEN_LIMIT + 10;
    char *text = arena_array(&c.memory, length, 1);
    memset(text, ';', length);
    lexer input;
    lex_open(&input, &c.memory, &c.diags,
             source_from_text(&c.sources, "t.catga", (slice){text, length}));
    size_t count = 0;
    while (lex_next(&input).kind != TOKEN_END)
        count++;
    assert_int_equal(count, LEX_TOKEN_LIMIT);
    assert_int_equal(c.diags.error_count, 1);
    assert_string_equal(diag_code_text(DIAG_TOO_MANY_TOKENS), "too-many-tokens");
    assert_says(compilation_said(&c), "a file has at most 1000000 tokens [too-many-tokens]");
    compilation_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_its_place),
        cmocka_unit_test(a_string_is_unescaped),
        cmocka_unit_test(comments_belong_to_the_next_declaration),
        cmocka_unit_test(invalid_text_is_rejected),
        cmocka_unit_test(tokens_are_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
