/*
 * codec.h: common parts of the codec's tests: a sample order, a buffer that ends with its memory,
 * and a complete read of a table. Includes cmocka.
 */
#ifndef TEST_CODEC_H
#define TEST_CODEC_H

#include "codec.catga.h"

#include <catga/gen.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Length of the longest printed text. */
enum { CODEC_TEXT = 1 << 16 };

#define CODEC_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Returns the next number of a generator that is the same in every run. */
static inline uint32_t codec_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

/* Returns an order with every field set; it refers to constants only. */
static inline test_codec_order codec_order(void)
{
    static const double weights[] = {1.5, -2.5};
    static const catga_string tags[] = {{"new", 3}, {"", 0}, {"gr\xc3\xbc\xc3\x9f", 6}};
    static const uint8_t data[] = {0, 1, 2, 253, 254};
    static const test_codec_point point = {48.5, 9.25};
    static const test_codec_line lines[] = {
        {{"anvil", 5}, 3, {weights, 2}, 0.5f},
        {{"rope", 4}, 1, {NULL, 0}, 0.0f},
        {{"rocket", 6}, 1000, {weights, 1}, 1.0f},
        {{"", 0}, 7, {weights, 0}, 0.25f},
    };
    test_codec_order order = TEST_CODEC_ORDER_INIT;

    order.order_id = catga_str("order-1");
    order.lines.data = lines;
    order.lines.length = CODEC_COUNT(lines);
    order.note = catga_str("as soon as you can");
    order.tags.data = tags;
    order.tags.length = CODEC_COUNT(tags);
    order.point = &point;
    order.total = 599999;
    order.data.data = data;
    order.data.length = sizeof data;
    order.best = &lines[2];
    return order;
}

/* Encodes into `buffer`, and returns the length. */
static inline size_t codec_encode(const catga_table *type, const void *input, uint8_t *buffer,
                                  size_t capacity)
{
    catga_problem problem;
    size_t length = 0;
    catga_status status = catga_encode(type, input, buffer, capacity, &length, &problem);

    if (status != CATGA_OK)
        fail_msg("%s: %s", catga_status_name(status), problem.text);
    return length;
}

/* Prints and unpacks a table. AddressSanitizer detects reads outside its buffer. */
static inline void codec_read_all(const catga_table *type, const uint8_t *root)
{
    static char text[CODEC_TEXT];
    static uint64_t memory[1 << 14];
    void *plain = malloc(type->native_size);
    catga_arena arena = {memory, sizeof memory, 0};

    assert_non_null(plain);
    assert_true(catga_json_write(type, root, text, sizeof text) > 1);
    catga_unpack(type, root, plain, &arena);
    free(plain);
}

/* Returns the text of a table. */
static inline const char *codec_text(const catga_table *type, const uint8_t *bytes, size_t length)
{
    static char text[CODEC_TEXT];
    const uint8_t *root;
    catga_problem problem;

    if (catga_verify(type, bytes, length, &root, &problem) != CATGA_OK)
        fail_msg("%s", problem.text);
    assert_true(catga_json_write(type, root, text, sizeof text) < sizeof text);
    return text;
}

#endif
