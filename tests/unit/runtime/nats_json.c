/* Subjects in JetStream's JSON, in which the server escapes some characters. */
#include "transport/nats/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool has_subject(const char *array, const char *subject)
{
    return catga_nats_json_has_subject((catga_nats_json){array, strlen(array)}, subject);
}

static void subjects_and_patterns(void **state)
{
    (void)state;
    assert_true(has_subject("[\"events.user\"]", "events.user"));
    assert_true(has_subject("[ \"a.b\" , \"events.*\" ]", "events.user"));
    assert_true(has_subject("[\"a.b\",\"events.>\"]", "events.user.created"));
    assert_false(has_subject("[\"a.b\",\"events.*\"]", "events.user.created"));
    assert_false(has_subject("[]", "events.user"));
    assert_false(has_subject("", "events.user"));
}

static void the_server_escapes_characters(void **state)
{
    (void)state;
    assert_true(has_subject("[\"events.\\u003e\"]", "events.user.created"));
    assert_true(has_subject("[\"a\\u0026b.c\"]", "a&b.c"));
    assert_true(has_subject("[\"a\\u003cb.c\"]", "a<b.c"));
    assert_true(has_subject("[\"x\",\"a\\u0026\\u003c.\\u003e\"]", "a&<.c"));
    assert_false(has_subject("[\"a\\u0026b.c\"]", "a<b.c"));
}

static void other_escapes_are_no_subject(void **state)
{
    (void)state;
    assert_false(has_subject("[\"a\\nb\"]", "anb"));
    assert_false(has_subject("[\"a\\u0000b\"]", "a"));
    assert_false(has_subject("[\"a\\u00\"]", "a"));
    assert_true(has_subject("[\"a\\nb\",\"c\"]", "c"));
}

static void a_subject_that_is_too_long_is_skipped(void **state)
{
    (void)state;
    char array[1200];
    char subject[1025] = "";
    memset(subject, 'a', sizeof subject - 1);
    snprintf(array, sizeof array, "[\"%s\",\"b\"]", subject);
    assert_false(has_subject(array, subject));
    assert_true(has_subject(array, "b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subjects_and_patterns),
        cmocka_unit_test(the_server_escapes_characters),
        cmocka_unit_test(other_escapes_are_no_subject),
        cmocka_unit_test(a_subject_that_is_too_long_is_skipped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
