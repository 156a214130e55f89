/*
 * roundtrip.h: encodes a message and reads it back. Includes cmocka. A function of the test reads
 * the message at eight addresses. It is encoded again from the read values and from its JSON: all
 * three results must have the same bytes.
 */
#ifndef TEST_ROUNDTRIP_H
#define TEST_ROUNDTRIP_H

#include <catga/gen.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROUNDTRIP_SIZE = 16384 };

/* Asserts the values of a table. */
typedef void roundtrip_check(const uint8_t *table);

static inline void roundtrip_same(const catga_table *type, const void *plain, const uint8_t *bytes,
                                  size_t length)
{
    static uint8_t again[ROUNDTRIP_SIZE];
    size_t again_length = 0;

    assert_int_equal(catga_encode(type, plain, again, sizeof again, &again_length, NULL), CATGA_OK);
    assert_int_equal(again_length, length);
    assert_memory_equal(again, bytes, length);
}

static inline void roundtrip_remake(const catga_table *type, const uint8_t *root,
                                    const uint8_t *bytes, size_t length)
{
    static uint64_t memory[ROUNDTRIP_SIZE];
    static char text[ROUNDTRIP_SIZE];
    catga_arena arena = {memory, sizeof memory, 0};
    catga_problem problem;
    void *plain = malloc(type->native_size);

    assert_non_null(plain);
    assert_int_equal(catga_unpack(type, root, plain, &arena), CATGA_OK);
    roundtrip_same(type, plain, bytes, length);
    size_t text_length = catga_json_write(type, root, text, sizeof text);
    assert_true(text_length < sizeof text);
    arena.used = 0;
    if (catga_json_read(type, text, text_length, CATGA_REFUSE_UNKNOWN, plain, &arena, &problem) !=
        CATGA_OK)
        fail_msg("%s in %s", problem.text, text);
    roundtrip_same(type, plain, bytes, length);
    free(plain);
}

/* Reads bytes at eight addresses, each time in memory that ends with them. */
static inline void roundtrip_read(const catga_table *type, const uint8_t *bytes, size_t length,
                                  roundtrip_check *check)
{
    for (size_t base = 0; base < 8; base++) {
        const uint8_t *root;
        catga_problem problem;
        uint8_t *memory = (uint8_t *)malloc(base + length);
        assert_non_null(memory);
        memcpy(memory + base, bytes, length);
        if (catga_verify(type, memory + base, length, &root, &problem) != CATGA_OK)
            fail_msg("%s", problem.text);
        check(root);
        free(memory);
    }
}

static inline size_t roundtrip_encode(const catga_table *type, const void *plain, uint8_t *bytes)
{
    catga_problem problem;
    size_t length = 0;

    if (catga_encode(type, plain, bytes, ROUNDTRIP_SIZE, &length, &problem) != CATGA_OK)
        fail_msg("%s", problem.text);
    assert_true(length <= catga_size_bound(type, plain));
    return length;
}

static inline void roundtrip(const catga_table *type, const void *plain, roundtrip_check *check)
{
    static uint8_t bytes[ROUNDTRIP_SIZE];
    const uint8_t *root;
    size_t length = roundtrip_encode(type, plain, bytes);

    roundtrip_read(type, bytes, length, check);
    assert_int_equal(catga_verify(type, bytes, length, &root, NULL), CATGA_OK);
    roundtrip_remake(type, root, bytes, length);
}

#endif
