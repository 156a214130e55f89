/* Blocks are zeroed, aligned and apart; what does not fit leaves through `exhausted`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena.h"

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

static void the_driver_hears_of_exhaustion(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_zeroed_and_aligned),
        cmocka_unit_test(a_block_may_be_larger_than_the_arenas_own),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(the_driver_hears_of_exhaustion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
