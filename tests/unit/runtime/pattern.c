/* Patterns of subjects in the local transport. */
#include "base/pattern.h"

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
        assert_true(catga_pattern_matches(examples[i].pattern, examples[i].subject));
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
        assert_false(catga_pattern_matches(examples[i].pattern, examples[i].subject));
}

static void only_whole_tokens_are_wildcards(void **state)
{
    (void)state;
    assert_true(catga_pattern_is("*"));
    assert_true(catga_pattern_is("a.*.b"));
    assert_true(catga_pattern_is("a.>"));
    assert_false(catga_pattern_is("a.b"));
    assert_false(catga_pattern_is("a.b*"));
    assert_false(catga_pattern_is(" STREAM.consumer"));
}

static void patterns_overlap_if_a_subject_matches_both(void **state)
{
    static const struct {
        const char *one;
        const char *other;
        bool overlap;
    } cases[] = {
        {"a.b", "a.b", true},     {"a.b", "a.c", false},   {"a.*", "*.b", true},
        {"a.*", "b.*", false},    {"a.>", "a.b.c", true},  {"a.>", "a", false},
        {"a.*.c", "a.b.>", true}, {"a.*.c", "a.b", false}, {"a.*.c", "a.*.d", false},
        {">", "a", true},         {"*", "a.b", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(catga_pattern_overlap(cases[i].one, cases[i].other), cases[i].overlap);
        assert_int_equal(catga_pattern_overlap(cases[i].other, cases[i].one), cases[i].overlap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_matches_each_of_its_subjects),
        cmocka_unit_test(a_pattern_matches_nothing_else),
        cmocka_unit_test(only_whole_tokens_are_wildcards),
        cmocka_unit_test(patterns_overlap_if_a_subject_matches_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
