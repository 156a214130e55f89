/* Patterns of subjects in the local transport. */
#include "transport/local/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct example {
    const char *pattern;
    const char *subject;
} example;

static void a_pattern_matches_each_of_its_subjects(void **state)
{
    static const example examples[] = {
        {"a", "a"},       {"a.b", "a.b"},     {"a.*", "a.b"}, {"*", "a"},
        {"*.b", "a.b"},   {"a.*.c", "a.b.c"}, {"a.>", "a.b"}, {"a.>", "a.b.c"},
        {">", "a.b.c.d"}, {"a.*", "a.*"},     {"a.>", "a.*"}, {"a.>", "a.>"},
        {"a.*", "a.b-c"}, {"a.*.*", "a.b.c"}, {"a*b", "a*b"}, {"a.*.>", "a.b.c.d"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        assert_true(catga_local_matches(examples[i].pattern, examples[i].subject));
}

static void a_pattern_matches_nothing_else(void **state)
{
    static const example examples[] = {
        {"a", "b"},       {"a", "a.b"},   {"a.b", "a"},   {"a.*", "a"},
        {"a.*", "a.b.c"}, {"*", "a.b"},   {"*.b", "a.c"}, {"a.*.c", "a.b.d"},
        {"a.>", "a"},     {"a.>", "b.a"}, {"a.*", "a.>"}, {"a.b", "a.*"},
        {"a.*.*", "a.b"}, {"ab", "a"},    {"a*", "ab"},   {"a.*.>", "a.b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        assert_false(catga_local_matches(examples[i].pattern, examples[i].subject));
}

static void only_whole_tokens_are_wildcards(void **state)
{
    (void)state;
    assert_true(catga_local_is_pattern("*"));
    assert_true(catga_local_is_pattern("a.*.b"));
    assert_true(catga_local_is_pattern("a.>"));
    assert_false(catga_local_is_pattern("a.b"));
    assert_false(catga_local_is_pattern("a.b*"));
    assert_false(catga_local_is_pattern(" STREAM.consumer"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_matches_each_of_its_subjects),
        cmocka_unit_test(a_pattern_matches_nothing_else),
        cmocka_unit_test(only_whole_tokens_are_wildcards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
