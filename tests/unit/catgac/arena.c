/* Blocks are zeroed, aligned and disjoint; a block that does not fit calls `exhausted`. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void blocks_are_zeroed_and_aligned(void **state)
{
    (void)state;
    arena memory;
    arena_open(&memory, 1 << 20);
    for (size_t size = 0; size < 200; size++) {
        unsigned char *block = arena_array(&memory, size, 1);
        assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(block[i], 0);
            block[i] = 0xFF;
        }
    }
    arena_close(&memory);
}

static void a_block_may_be_larger_than_the_arenas_own(void **state)
{
    (void)state;
    arena memory;
    arena_open(&memory, (size_t)64 << 20);
    char *large = arena_array(&memory, (size_t)10 << 20, 1);
    large[((size_t)10 << 20) - 1] = 'x';
    char *small = arena_array(&memory, 1, 1);
    assert_int_equal(*small, 0);
    arena_close(&memory);
}

static void too_much_is_refused(void **state)
{
    (void)state;
    arena memory;
    arena_open(&memory, 1 << 20);
    assert_null(arena_try_array(&memory, 2 << 20, 1));
    assert_null(arena_try_array(&memory, SIZE_MAX, 2));
    assert_null(arena_try_array(&memory, SIZE_MAX / 2, 2));
    assert_null(arena_try_array(&memory, 1, SIZE_MAX));
    assert_non_null(arena_try_array(&memory, 1, 1));
    arena_close(&memory);
}

static void the_driver_is_told_of_exhaustion(void **state)
{
    (void)state;
    arena memory;
    arena_open(&memory, 1 << 20);
    if (setjmp(memory.exhausted) == 0) {
        for (;;)
            arena_array(&memory, 1000, 1);
    }
    assert_in_range(memory.used, 1, 1 << 20);
    arena_close(&memory);
}

static void only_the_last_block_grows(void **state)
{
    (void)state;
    arena memory;
    arena_open(&memory, (size_t)8 << 20);
    char *first = arena_array(&memory, 10, 1);
    char *last = arena_array(&memory, 10, 1);
    assert_null(arena_grow(&memory, first, 10, 20));
    last[9] = 'x';
    last = arena_grow(&memory, last, 10, 100);
    assert_non_null(last);
    assert_int_equal(last[9], 'x');
    last[99] = 'y';
    char *next = arena_array(&memory, 8, 1);
    assert_true(next < last || next >= last + 100);
    arena_close(&memory);
}

static void a_large_block_grows_up_to_the_limit(void **state)
{
    (void)state;
    arena memory;
    arena_open(&memory, (size_t)8 << 20);
    size_t size = (size_t)1 << 20;
    char *block = arena_array(&memory, size, 1);
    block[size - 1] = 'x';
    block = arena_grow(&memory, block, size, 4 * size);
    assert_non_null(block);
    assert_int_equal(block[size - 1], 'x');
    block[4 * size - 1] = 'y';
    assert_null(arena_grow(&memory, block, 4 * size, 16 * size));
    assert_null(arena_grow(&memory, block, 4 * size, SIZE_MAX));
    assert_int_equal(block[4 * size - 1], 'y');
    arena_close(&memory);
}

static void blocks_after_a_mark_are_freed(void **state)
{
    (void)state;
    arena memory;
    arena_open(&memory, (size_t)8 << 20);
    arena_mark empty = arena_mark_of(&memory);
    char *kept = arena_array(&memory, 10, 1);
    kept[9] = 'x';
    arena_mark mark = arena_mark_of(&memory);
    size_t used = memory.used;
    for (size_t i = 0; i < 50; i++) {
        char *freed = arena_array(&memory, (size_t)1 << i % 20, 1);
        memset(freed, 'y', (size_t)1 << i % 20);
    }
    arena_release(&memory, mark);
    assert_int_equal(memory.used, used);
    assert_int_equal(kept[9], 'x');
    const char *again = arena_array(&memory, 1000, 1);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(again[i], 0);
    arena_release(&memory, empty);
    assert_int_equal(memory.used, 0);
    assert_null(memory.newest);
    arena_close(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_zeroed_and_aligned),
        cmocka_unit_test(a_block_may_be_larger_than_the_arenas_own),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(the_driver_is_told_of_exhaustion),
        cmocka_unit_test(only_the_last_block_grows),
        cmocka_unit_test(a_large_block_grows_up_to_the_limit),
        cmocka_unit_test(blocks_after_a_mark_are_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
