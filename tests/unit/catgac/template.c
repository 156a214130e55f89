/* The template language: its output, and errors in templates. */
#include "template/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ---- Records to fill templates with ---------------------------------------------------------- */

typedef struct leaf {
    slice name;
    slice words;
} leaf;

typedef struct tree {
    slice name;
    slice words;
    int64_t count;
    bool yes;
    bool no;
    const leaf *child;
    const leaf *absent;
    record_list leaves;
    record_list none;
    text_list lines;
} tree;

static const property leaf_properties[] = {
    {{"name", 4}, PROPERTY_IDENTIFIER, offsetof(leaf, name), NULL},
    {{"words", 5}, PROPERTY_TEXT, offsetof(leaf, words), NULL},
};
static const record_type leaf_type = {{"leaf", 4}, leaf_properties, 2};

static const property tree_properties[] = {
    {{"name", 4}, PROPERTY_IDENTIFIER, offsetof(tree, name), NULL},
    {{"words", 5}, PROPERTY_TEXT, offsetof(tree, words), NULL},
    {{"count", 5}, PROPERTY_NUMBER, offsetof(tree, count), NULL},
    {{"yes", 3}, PROPERTY_FLAG, offsetof(tree, yes), NULL},
    {{"no", 2}, PROPERTY_FLAG, offsetof(tree, no), NULL},
    {{"child", 5}, PROPERTY_CHILD, offsetof(tree, child), &leaf_type},
    {{"absent", 6}, PROPERTY_CHILD, offsetof(tree, absent), &leaf_type},
    {{"leaves", 6}, PROPERTY_LIST, offsetof(tree, leaves), &leaf_type},
    {{"none", 4}, PROPERTY_LIST, offsetof(tree, none), &leaf_type},
    {{"lines", 5}, PROPERTY_TEXTS, offsetof(tree, lines), NULL},
};
static const record_type tree_type = {{"tree", 4}, tree_properties, 10};

static const leaf oak = {{"oak", 3}, {"an \"oak\"", 8}};
static const leaf elm = {{"elm", 3}, {"*/ elm", 6}};
static const void *const leaves[] = {&oak, &elm};
static const slice lines[] = {{"one", 3}, {"two", 3}};
static const tree wood = {
    .name = {"wood", 4},
    .words = {"say \"*/\"", 8},
    .count = -42,
    .yes = true,
    .child = &oak,
    .leaves = {leaves, 2},
    .lines = {lines, 2},
};

/* ---- Running one ----------------------------------------------------------------------------- */

#define FIRST_LINE "%# catga template 1: a test\n"

typedef struct fixture {
    arena memory;
    source_set sources;
    diagnostics diags;
    buffer out;
    bool parsed;
    bool rendered;
} fixture;

static void run_whole(fixture *t, const char *text)
{
    arena_open(&t->memory, (size_t)64 << 20);
    source_set_open(&t->sources, &t->memory, NULL, 0);
    diagnostics_open(&t->diags, &t->sources);
    t->out = buffer_in(&t->memory);
    const source *file = source_from_text(&t->sources, "t.tmpl", slice_of(text));
    const compiled_template *parsed = template_parse(&t->memory, &t->diags, file, &tree_type);
    t->parsed = parsed != NULL;
    t->rendered = parsed != NULL && template_render(parsed, &wood, &t->diags, &t->out);
}

static void run_text(fixture *t, const char *text)
{
    char whole[4096] = FIRST_LINE;

    assert_true(strlen(text) < sizeof whole - strlen(whole));
    strcat(whole, text);
    run_whole(t, whole);
}

static void gives(const char *text, const char *expected)
{
    fixture t;

    run_text(&t, text);
    assert_true(t.rendered);
    assert_string_equal(t.out.length == 0 ? "" : t.out.data, expected);
    assert_int_equal(t.diags.error_count, 0);
    arena_close(&t.memory);
}

/* `expected` must begin the report, after the file's name. */
static void says(const char *text, const char *expected)
{
    fixture t;

    run_text(&t, text);
    buffer said = buffer_in(&t.memory);
    diag_print(&t.diags, &said);
    assert_false(t.rendered);
    assert_true(said.length > 0);
    assert_memory_equal(said.data, "t.tmpl:", 7);
    said.data[7 + strlen(expected)] = '\0';
    assert_string_equal(said.data + 7, expected);
    arena_close(&t.memory);
}

static size_t count_errors(const char *text)
{
    fixture t;

    run_text(&t, text);
    size_t count = t.diags.error_count;
    arena_close(&t.memory);
    return count;
}

/* ---- Output ---------------------------------------------------------------------------------- */

static void text_is_copied(void **state)
{
    (void)state;
    gives("", "");
    gives("a\nb\n", "a\nb\n");
    gives("no line feed", "no line feed");
    gives("$ { } $x ${name}\n", "$ { } $x wood\n");
    gives("a % b\n", "a % b\n");
}

static void holes_are_filled(void **state)
{
    (void)state;
    gives("${name}", "wood");
    gives("<${name}${count}>\n", "<wood-42>\n");
    gives("${child.name}\n", "oak\n");
    gives("\"${words|c_string}\"\n", "\"say \\\"*/\\\"\"\n");
    gives("/* ${words|comment} */\n", "/* say \"* /\" */\n");
}

static void text_like_a_directive_can_be_written(void **state)
{
    (void)state;
    gives("$${name}\n", "${name}\n");
    gives("$$${name}$$\n", "$${name}$$\n");
    gives("%% for\n", "% for\n");
    gives("%%%\n", "%%\n");
}

static void comments_leave_nothing(void **state)
{
    (void)state;
    gives("%#\na\n%# ${nonsense}\nb\n", "a\nb\n");
}

static void loops_repeat(void **state)
{
    (void)state;
    gives("% for leaf in leaves\n${leaf.name};\n% end\n", "oak;\nelm;\n");
    gives("% for line in lines\n${line|comment};\n% end\n", "one;\ntwo;\n");
    gives("% for leaf in none\n${leaf.name};\n% end\n", "");
    gives("% for a in leaves\n% for b in leaves\n${a.name}-${b.name}\n% end\n% end\n",
          "oak-oak\noak-elm\nelm-oak\nelm-elm\n");
    gives("%for name in leaves\n${name.name} ${count}\n%end\n", "oak -42\nelm -42\n");
}

static void conditions_choose(void **state)
{
    (void)state;
    gives("% if yes\na\n% else\nb\n% end\n", "a\n");
    gives("% if no\na\n% else\nb\n% end\n", "b\n");
    gives("% if not no\na\n% end\nc\n", "a\nc\n");
    gives("% if leaves\na\n% end\n% if none\nb\n% end\n", "a\n");
    gives("% if lines\na\n% end\n% if words\nb\n% end\n% if name\nc\n% end\n", "a\nb\nc\n");
    gives("% if absent\n${absent.name}\n% else\nnone\n% end\n", "none\n");
    gives("% if child\n% if child.words\n${child.name}\n% end\n% end\n", "oak\n");
    gives("% for line in lines\n% if line\nx\n% end\n% end\n", "x\nx\n");
    gives("% if no\n% else\n% if yes\na\n% end\n% end\nb\n", "a\nb\n");
}

static void else_if_chooses_the_first_true_branch(void **state)
{
    (void)state;
    gives("% if no\na\n% else if yes\nb\n% else\nc\n% end\nd\n", "b\nd\n");
    gives("% if no\na\n% else if no\nb\n% else\nc\n% end\nd\n", "c\nd\n");
    gives("% if no\na\n% else if no\nb\n% else if not no\nc\n% end\nd\n", "c\nd\n");
    gives("% if yes\na\n% else if yes\nb\n% end\nc\n", "a\nc\n");
    gives("% if no\na\n% else if no\nb\n% end\nc\n", "c\n");
    gives("% for a in leaves\n% if no\n% else if yes\n${a.name}\n% end\n% end\n", "oak\nelm\n");
}

static void directives_may_be_indented(void **state)
{
    (void)state;
    gives("  % for leaf in leaves\n    ${leaf.name}\n\t% end\n", "    oak\n    elm\n");
    gives("    %# a comment\n    %% a\n  b %\n", "    % a\n  b %\n");
}

/* ---- Errors ---------------------------------------------------------------------------------- */

static void unknown_names_list_those_that_exist(void **state)
{
    (void)state;
    says("a ${nme} b\n", "2:5: error: there is no 'nme' here; there is: name, words, count, yes, "
                         "no, child, absent, leaves, none, lines; did you mean 'name'? [template]");
    says("% for leaf in leaves\n${leaf.nam}\n% end\n",
         "3:8: error: 'leaf' has no 'nam'; it has: name, words; did you mean 'name'? [template]");
    says("% for leaf in leaves\n${x}\n% end\n",
         "3:3: error: there is no 'x' here; there is: leaf, name, words,");
    says("% for leaf in leaves\n${lef}\n% end\n",
         "3:3: error: there is no 'lef' here; there is: leaf, name, words, count, yes, no, child, "
         "absent, leaves, none, lines; did you mean 'leaf'? [template]");
    says(
        "${words|upper}\n",
        "2:9: error: there is no filter 'upper'; there is: comment, c_string, markdown [template]");
    says("% while yes\n", "2:3: error: 'while' is no directive; there is: for, if, else, end, #");
}

static void names_are_checked_where_no_schema_leads(void **state)
{
    (void)state;
    says("% if no\n${nme}\n% end\n", "3:3: error: there is no 'nme' here");
    says("% for leaf in none\n${leaf.nam}\n% end\n", "3:8: error: 'leaf' has no 'nam'");
}

static void a_text_must_say_how_it_is_escaped(void **state)
{
    (void)state;
    says("${words}\n", "2:3: error: 'words' is a text and needs a filter: |comment, |c_string or "
                       "|markdown [template]");
    says("${name|comment}\n", "2:3: error: 'name' is an identifier: it takes no filter");
    says("% for line in lines\n${line}\n% end\n",
         "3:3: error: 'line' is a text and needs a filter");
}

static void each_kind_has_its_place(void **state)
{
    (void)state;
    says("${yes}\n", "2:3: error: 'yes' is a flag: it cannot be written out");
    says("${leaves}\n", "2:3: error: 'leaves' is a list: it cannot be written out");
    says("${child}\n", "2:3: error: 'child' is a record: it cannot be written out");
    says("${name.x}\n", "2:8: error: 'name' is an identifier: there are no names in it");
    says("${leaves.name}\n", "2:10: error: 'leaves' is a list: there are no names in it");
    says("% for x in name\n% end\n", "2:12: error: 'name' is an identifier: 'for' takes a list");
    says("% if count\n% end\n", "2:6: error: 'count' is always present");
    says("% for a in leaves\n% if a\n% end\n% end\n", "3:6: error: 'a' is always present");
}

static void blocks_must_match(void **state)
{
    (void)state;
    says("% if yes\n", "2:3: error: this block has no 'end'");
    says("% end\n", "2:3: error: 'end' without 'for' or 'if'");
    says("% else\n", "2:3: error: 'else' without 'if'");
    says("% for a in leaves\n% else\n% end\n", "3:3: error: 'else' without 'if'");
    says("% if yes\n% else\n% else\n% end\n", "4:3: error: a second 'else'");
    says("% if yes\n% else\n% else if yes\n% end\n", "4:3: error: a second 'else'");
    says("% if no\n% else if no\n% else\n% else\n% end\n", "5:3: error: a second 'else'");
    says("% if no\n% else if no\n% end\n% end\n", "5:3: error: 'end' without 'for' or 'if'");
    says("% if no\n% else if no\n", "3:3: error: this block has no 'end'");
    says("% else if yes\n", "2:3: error: 'else' without 'if'");
}

static void lines_must_be_whole(void **state)
{
    (void)state;
    says("${name\n", "2:7: error: a '}' is expected here");
    says("${name }\n", "2:7: error: a '}' is expected here");
    says("${}\n", "2:3: error: a name is expected here");
    says("${child.}\n", "2:9: error: a name is expected here");
    says("% if\n% end\n", "2:5: error: a name is expected here");
    says("% if yes no\n% end\n", "2:10: error: nothing may follow 'if' here");
    says("% if yes\n% else no\n% end\n", "3:8: error: nothing may follow 'else' here");
    says("% if yes\n% else if\n% end\n", "3:10: error: a name is expected here");
    says("% end x\n", "2:3: error: 'end' without");
    says("% for leaf leaves\n% end\n", "2:3: error: expected 'for NAME in PATH'");
    says("%\n", "2:2: error: '' is no directive");
}

static void one_mistake_is_one_error(void **state)
{
    (void)state;
    assert_int_equal(count_errors("% for a in nothing\n${a.name} ${a|comment}\n% end\n"), 1);
    assert_int_equal(count_errors("% if nothing\na\n% else\nb\n% end\n"), 1);
    assert_int_equal(count_errors("${a}\n${b}\n${c}\n"), 3);
}

static void nesting_is_limited(void **state)
{
    (void)state;
    char text[2048] = "";
    for (int i = 0; i < 33; i++)
        strcat(text, "% if yes\n");
    for (int i = 0; i < 32; i++)
        strcat(text, "% end\n");
    says(text, "34:3: error: blocks are nested more than 32 deep");
    says("${child.name.name.name.name.name.name.name}\n", "2:14: error: 'name' is an identifier");
}

static void a_record_may_be_absent(void **state)
{
    (void)state;
    says("a\n${absent.name}\n",
         "3:3: error: a record in this path is absent: test it with '% if' first [template]");
}

static void the_first_line_says_the_format(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "${name}\n", "%# catga template 2: x\n",
                                        "%# catga template 11: x\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fixture t;
        run_whole(&t, wrong[i]);
        assert_false(t.parsed);
        assert_int_equal(t.diags.error_count, 1);
        arena_close(&t.memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_copied),
        cmocka_unit_test(holes_are_filled),
        cmocka_unit_test(text_like_a_directive_can_be_written),
        cmocka_unit_test(comments_leave_nothing),
        cmocka_unit_test(loops_repeat),
        cmocka_unit_test(conditions_choose),
        cmocka_unit_test(else_if_chooses_the_first_true_branch),
        cmocka_unit_test(directives_may_be_indented),
        cmocka_unit_test(unknown_names_list_those_that_exist),
        cmocka_unit_test(names_are_checked_where_no_schema_leads),
        cmocka_unit_test(a_text_must_say_how_it_is_escaped),
        cmocka_unit_test(each_kind_has_its_place),
        cmocka_unit_test(blocks_must_match),
        cmocka_unit_test(lines_must_be_whole),
        cmocka_unit_test(one_mistake_is_one_error),
        cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(a_record_may_be_absent),
        cmocka_unit_test(the_first_line_says_the_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
