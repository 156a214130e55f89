/* The tree of valid files, the parts that are kept of invalid ones, and the depth limits. */
#include "compile.h"

#include <string.h>

static const char *tree_of(compilation *c, slice text)
{
    buffer out = buffer_in(&c->memory);

    c->file = parse_source(&c->memory, &c->names, &c->diags,
                           source_from_text(&c->sources, "t.catga", text));
    c->tree = (ast){&c->file, 1};
    ast_dump(&c->tree, &out);
    return out.data;
}

static void every_construct_is_kept(void **state)
{
    (void)state;
    compilation c;
    compilation_open(&c);
    const char *tree = tree_of(
        &c, SLICE("namespace a.b; version 1; import \"x/y.catga\";\n"
                  "const N: u32 = 1 + 2 * -3 << (4 | ~5);\n"
                  "/// E.\nenum E: u8 { A, B = 2, }\n"
                  "flags F: u16 { R }\n"
                  "struct S { a: [u8:N]; }\n"
                  "table T { a: [a.b.E] @max(5) @required; b: decimal(2)? = 1.5 @range(..9); }\n"
                  "union U { T, a.S }\n"
                  "errors X { One = 1 @http(404); Two = 2; }\n"
                  "@timeout(5s) @http(POST \"x\") @retry(3, backoff: 1s..5s)\n"
                  "command C -> T throws X { table: u8; event: u8; }\n"
                  "query Q -> T { } event V { }\n"
                  "service Z { handle C; publish V; calls Q; on V group as x;"
                  " on V broadcast as y; }\n"));
    assert_string_equal(
        tree, "file t.catga\nnamespace a.b\nversion 1\nimport \"x/y.catga\"\n"
              "const N: u32 = ((1 + (2 * (-3))) << (4 | (~5)))\n"
              "/// E.\nenum E: u8\n  A\n  B = 2\n"
              "flags F: u16\n  R\n"
              "struct S\n  a: [u8:N]\n"
              "table T\n  a: [a.b.E] @max(5) @required\n  b: decimal(2)? = 1.5 @range(..9)\n"
              "union U\n  T\n  a.S\n"
              "errors X\n  One = 1 @http(404)\n  Two = 2\n"
              "command C -> T throws X @timeout(5s) @http(POST \"x\") @retry(3, backoff: 1s..5s)\n"
              "  table: u8\n  event: u8\n"
              "query Q -> T\nevent V\n"
              "service Z\n  handle C\n  publish V\n  calls Q\n  on V group as x\n"
              "  on V broadcast as y\n");
    assert_string_equal(compilation_said(&c), "");
    compilation_close(&c);
}

static void keywords_are_names_where_they_can_be(void **state)
{
    (void)state;
    compilation c;
    compilation_open(&c);
    assert_string_equal(
        tree_of(&c, SLICE("table table { table: u8; on: u8; group: event; }\n"
                          "enum enum: u8 { enum, query = 3 }\n"
                          "service service { on event group as command; handle group; }\n")),
        "file t.catga\n"
        "table table\n  table: u8\n  on: u8\n  group: event\n"
        "enum enum: u8\n  enum\n  query = 3\n"
        "service service\n  on event group as command\n  handle group\n");
    assert_int_equal(c.diags.error_count, 0);
    compilation_close(&c);
}

static void a_broken_declaration_leaves_its_neighbours(void **state)
{
    (void)state;
    compilation c;
    compilation_open(&c);
    assert_string_equal(tree_of(&c, SLICE("table A { a: u8 b: u8; c: u8; }\n"
                                          "table B = { x: u8; }\n"
                                          "table C { a: u8;\n"
                                          "event D { a: u8 }\n"
                                          "enum E: u8 { P, Q R, S }\n"
                                          "table F { a: u8; }\n"
                                          "table G { a: u8;")),
                        "file t.catga\n"
                        "table A\n  c: u8\n"
                        "<broken> B\n"
                        "table C\n  a: u8\n"
                        "event D\n  a: u8\n"
                        "enum E: u8\n  P\n  Q\n  S\n"
                        "table F\n  a: u8\n"
                        "table G\n  a: u8\n");
    assert_int_equal(c.diags.error_count, 6);
    assert_true(c.file->has_errors);
    compilation_close(&c);
}

static void brackets_have_a_depth(void **state)
{
    (void)state;
    static char text[100000];
    static const char brackets[] = "([";
    for (size_t i = 0; i < 2; i++) {
        compilation c;
        compilation_open(&c);
        strcpy(text, i == 0 ? "const A: u8 = " : "table T { a: ");
        memset(text + strlen(text), brackets[i], 90000);
        tree_of(&c, slice_of(text));
        assert_says(compilation_said(&c), "more than 64 brackets are open here [too-deep]");
        memset(text, 0, sizeof text);
        compilation_close(&c);
    }
}

static void operations_have_a_depth(void **state)
{
    (void)state;
    static char text[100000] = "const A: u8 = ";
    compilation c;
    compilation_open(&c);
    memset(text + strlen(text), '-', 400);
    strcat(text, "1;");
    tree_of(&c, slice_of(text));
    assert_says(compilation_said(&c), "[too-deep]");
    assert_int_equal(c.diags.error_count, 1);
    memset(text + 14, '~', 90000);
    tree_of(&c, slice_of(text));
    assert_int_equal(c.diags.error_count, 2);
    compilation_close(&c);
}

static void paths_have_a_length(void **state)
{
    (void)state;
    static char text[100000] = "table T { a: x";
    compilation c;
    compilation_open(&c);
    for (size_t at = strlen(text); at < 90000; at += 2)
        memcpy(text + at, ".x", 3);
    strcat(text, "; }");
    tree_of(&c, slice_of(text));
    assert_int_equal(c.diags.error_count, 1);
    assert_says(compilation_said(&c), "at most 255 characters [name-too-long]");
    compilation_close(&c);
}

/* Every prefix of a valid schema gives a model or an error. */
static void cut_files_are_read(void **state)
{
    (void)state;
    static const char whole[] =
        "namespace a; version 1; const N: u32 = (1 + 2); enum E: u8 { A, B = N } "
        "table T { a: [E] @max(5); b: decimal(2) = 1.5 @range(1..9); } "
        "@timeout(5s) command C -> T throws X { x: string; } service S { on V group as x; }";
    for (size_t length = 0; length < sizeof whole; length++) {
        compilation c;
        compile(&c, (slice){whole, length});
        assert_int_equal(c.facts == NULL, diag_failed(&c.diags));
        compilation_close(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_construct_is_kept),
        cmocka_unit_test(keywords_are_names_where_they_can_be),
        cmocka_unit_test(a_broken_declaration_leaves_its_neighbours),
        cmocka_unit_test(brackets_have_a_depth),
        cmocka_unit_test(operations_have_a_depth),
        cmocka_unit_test(paths_have_a_length),
        cmocka_unit_test(cut_files_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
