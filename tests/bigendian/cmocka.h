/*
 * cmocka.h: the part of cmocka that the codec's tests use, for a machine without that library. A
 * failing test prints its position and ends the program.
 */
#ifndef BIGENDIAN_CMOCKA_H
#define BIGENDIAN_CMOCKA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define fail_msg(...)                                                                              \
    do {                                                                                           \
        fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                            \
        fprintf(stderr, __VA_ARGS__);                                                              \
        fprintf(stderr, "\n");                                                                     \
        exit(1);                                                                                   \
    } while (0)
#define assert_true(condition)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("not so: %s", #condition);                                                    \
    } while (0)
#define assert_false(condition)           assert_true(!(condition))
#define assert_null(pointer)              assert_true((pointer) == NULL)
#define assert_non_null(pointer)          assert_true((pointer) != NULL)
#define assert_int_equal(a, b)            assert_true((unsigned long long)(a) == (unsigned long long)(b))
#define assert_string_equal(a, b)         assert_true(strcmp(a, b) == 0)
#define assert_memory_equal(a, b, length) assert_true(memcmp(a, b, length) == 0)

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
};
#define cmocka_unit_test(test)                                                                     \
    {                                                                                              \
#test, test                                                                                \
    }

static inline int cmocka_run_tests(const struct CMUnitTest *tests, size_t count,
                                   int (*setup)(void **state))
{
    void *state = NULL;

    if (setup != NULL && setup(&state) != 0)
        return 1;
    for (size_t i = 0; i < count; i++)
        tests[i].run(&state);
    return 0;
}
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    cmocka_run_tests(tests, sizeof tests / sizeof((tests)[0]), setup)

#endif
