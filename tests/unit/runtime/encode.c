/* catga_encode: its errors, its bytes, and the limits of its buffer. */
#include "codec.h"

#include <math.h>

static const catga_table *const order = &test_codec_order_descriptor;
static const catga_table *const node = &test_codec_node_descriptor;
static const catga_table *const kinds = &test_codec_kinds_descriptor;
static const catga_table *const eight = &test_codec_eight_descriptor;

enum { BUFFER_SIZE = 8192, GUARD = 0xa5 };

/* ---- Errors ---- */

static void refuse_any(const catga_table *type, const void *plain, const char *text)
{
    uint8_t buffer[BUFFER_SIZE];
    catga_problem problem = {"untouched"};
    size_t length = 0;

    assert_int_equal(catga_encode(type, plain, buffer, sizeof buffer, &length, &problem),
                     CATGA_INVALID_MESSAGE);
    assert_string_equal(problem.text, text);
    assert_int_equal(catga_encode(type, plain, buffer, sizeof buffer, &length, NULL),
                     CATGA_INVALID_MESSAGE);
}

static void refuse(const test_codec_order *plain, const char *text)
{
    refuse_any(order, plain, text);
}

static void absent(void **state)
{
    test_codec_order plain = codec_order();

    (void)state;
    plain.order_id.data = NULL;
    plain.order_id.length = 0;
    refuse(&plain, "order_id: required, but absent");
    plain = codec_order();
    plain.lines.data = NULL;
    plain.lines.length = 0;
    refuse(&plain, "lines: required, but absent");
    plain = codec_order();
    plain.point = NULL;
    refuse(&plain, "point: required, but absent");
    test_codec_line line = TEST_CODEC_LINE_INIT;
    plain = codec_order();
    plain.best = &line;
    refuse(&plain, "best.product_id: required, but absent");
    plain = codec_order();
    plain.lines.data = &line;
    plain.lines.length = 1;
    refuse(&plain, "lines[0].product_id: required, but absent");
}

static void length_without_data(void **state)
{
    test_codec_order plain = codec_order();

    (void)state;
    plain.note.data = NULL;
    refuse(&plain, "note: a length without data");
    plain = codec_order();
    plain.order_id.data = NULL;
    refuse(&plain, "order_id: a length without data");
    plain = codec_order();
    plain.lines.data = NULL;
    refuse(&plain, "lines: a length without data");
    plain = codec_order();
    plain.tags.data = NULL;
    refuse(&plain, "tags: a length without data");
    plain = codec_order();
    plain.data.data = NULL;
    refuse(&plain, "data: a length without data");
}

static void too_long(void **state)
{
    static uint8_t data[1025];
    test_codec_line lines[101];
    catga_string tags[11];
    char text[66];
    test_codec_order plain = codec_order();

    (void)state;
    memset(text, 'a', sizeof text);
    plain.order_id.data = text;
    plain.order_id.length = 65;
    refuse(&plain, "order_id: longer than 64");
    plain.order_id.length = SIZE_MAX;
    refuse(&plain, "order_id: longer than 64");
    plain = codec_order();
    plain.data.data = data;
    plain.data.length = sizeof data;
    refuse(&plain, "data: longer than 1024");
    plain.data.length = SIZE_MAX;
    refuse(&plain, "data: longer than 1024");
    for (size_t i = 0; i < CODEC_COUNT(lines); i++)
        lines[i] = *codec_order().best;
    for (size_t i = 0; i < CODEC_COUNT(tags); i++)
        tags[i] = catga_str("tag");
    plain = codec_order();
    plain.lines.data = lines;
    plain.lines.length = CODEC_COUNT(lines);
    refuse(&plain, "lines: more elements than 100");
    lines[3].product_id.data = text;
    lines[3].product_id.length = 65;
    plain.lines.length = 5;
    refuse(&plain, "lines[3].product_id: longer than 64");
    plain = codec_order();
    plain.tags.data = tags;
    plain.tags.length = CODEC_COUNT(tags);
    refuse(&plain, "tags: more elements than 10");
}

static void out_of_range(void **state)
{
    static const float ratios[] = {-0.5f, 1.5f, -INFINITY, INFINITY, NAN};
    static const uint32_t quantities[] = {0, 1001, UINT32_MAX};
    test_codec_order plain = codec_order();
    test_codec_line lines[3];

    (void)state;
    plain.total = -1;
    refuse(&plain, "total: out of range");
    plain = codec_order();
    plain.lines.data = lines;
    plain.lines.length = 3;
    for (size_t i = 0; i < CODEC_COUNT(quantities); i++) {
        lines[0] = lines[1] = lines[2] = *codec_order().best;
        lines[2].quantity = quantities[i];
        refuse(&plain, "lines[2].quantity: out of range");
    }
    for (size_t i = 0; i < CODEC_COUNT(ratios); i++) {
        lines[0] = lines[1] = lines[2] = *codec_order().best;
        lines[1].ratio = ratios[i];
        refuse(&plain, "lines[1].ratio: out of range");
        plain.best = &lines[1];
        refuse(&plain, "lines[1].ratio: out of range");
    }
}

static void not_utf8(void **state)
{
    catga_string tags[] = {{"a", 1}, {"\xed\xa0\x80", 3}};
    test_codec_order plain = codec_order();

    (void)state;
    for (size_t before = 0; before < 20; before++) {
        char text[21] = "aaaaaaaaaaaaaaaaaaaa";
        text[before] = '\xff';
        plain.note.data = text;
        plain.note.length = 20;
        refuse(&plain, "note: not UTF-8");
        plain.note.length = before + 1;
        refuse(&plain, "note: not UTF-8");
    }
    plain = codec_order();
    plain.tags.data = tags;
    plain.tags.length = 2;
    refuse(&plain, "tags[1]: not UTF-8");
    tags[1].data = NULL;
    tags[1].length = 0;
    refuse(&plain, "tags[1]: absent");
}

/* 64 levels can be written and read; 65 are an error. */
static void depth(void **state)
{
    uint8_t buffer[BUFFER_SIZE];
    catga_problem problem;
    size_t length;
    test_codec_node nodes[65];

    (void)state;
    memset(nodes, 0, sizeof nodes);
    for (size_t i = 0; i < 64; i++)
        nodes[i].next = &nodes[i + 1];
    length = codec_encode(node, &nodes[1], buffer, sizeof buffer);
    codec_text(node, buffer, length);
    assert_int_equal(catga_encode(node, nodes, buffer, sizeof buffer, &length, &problem),
                     CATGA_INVALID_MESSAGE);
    assert_non_null(strstr(problem.text, "nested deeper than 64"));
    for (size_t i = 0; i < 64; i++) {
        nodes[i].next = NULL;
        nodes[i].children.data = &nodes[i + 1];
        nodes[i].children.length = 1;
    }
    length = codec_encode(node, &nodes[1], buffer, sizeof buffer);
    codec_text(node, buffer, length);
    assert_int_equal(catga_encode(node, nodes, buffer, sizeof buffer, &length, &problem),
                     CATGA_INVALID_MESSAGE);
    assert_non_null(strstr(problem.text, "nested deeper than 64"));
    nodes[64].next = &nodes[64]; /* a cycle is an error too */
    assert_int_equal(catga_encode(node, &nodes[64], buffer, sizeof buffer, &length, &problem),
                     CATGA_INVALID_MESSAGE);
    assert_true(catga_size_bound(node, &nodes[64]) > 64);
}

/* ---- Capacity ---- */

/* Encodes with every capacity from 0 to the bound, each in memory of exactly that size. */
static void every_capacity(const catga_table *type, const void *plain)
{
    size_t bound = catga_size_bound(type, plain);
    bool sufficed = false;

    for (size_t capacity = 0; capacity <= bound; capacity++) {
        size_t length = 0;
        uint8_t *buffer = malloc(capacity == 0 ? 1 : capacity);
        assert_non_null(buffer);
        memset(buffer, GUARD, capacity == 0 ? 1 : capacity);
        catga_status status = catga_encode(type, plain, buffer, capacity, &length, NULL);
        assert_true(status == CATGA_OK || (status == CATGA_TOO_LARGE && !sufficed));
        if (status == CATGA_OK) {
            sufficed = true;
            assert_true(length <= capacity);
            codec_text(type, buffer, length);
            for (size_t i = length; i < capacity && i > capacity / 4 * 4; i++)
                assert_int_equal(buffer[i], GUARD);
        }
        if (capacity == 0)
            assert_int_equal(*buffer, GUARD);
        free(buffer);
    }
    assert_true(sufficed);
}

enum { KINDS = 31, ALL_KINDS = 0x7fffffff };

/* A message in which no field has its default. */
static test_codec_kinds all_kinds(void)
{
    static const test_codec_mixed mixed = {true, TEST_CODEC_COLOR_BLUE, {1, 2}, 599999};
    static const test_codec_point points[] = {{1, 2}, {3, 4}};
    static const test_codec_kinds inners[2] = {TEST_CODEC_KINDS_INIT, TEST_CODEC_KINDS_INIT};
    static const uint8_t data[] = {1, 2, 3, 4, 5};
    static const uint16_t numbers[] = {1, 2, 3};
    static const bool flags[] = {true, false, true};
    static const uint8_t colors[] = {0, 4, 5, 77};
    static const int64_t wide[] = {1, -1, INT64_MAX};
    static const catga_string texts[] = {{"a", 1}, {"", 0}, {"bcdefghi", 8}};
    const test_codec_kinds plain = {
        .flag = true,
        .signed_8 = INT8_MIN,
        .signed_16 = INT16_MIN,
        .signed_32 = INT32_MIN,
        .signed_64 = INT64_MIN,
        .unsigned_8 = UINT8_MAX,
        .unsigned_16 = UINT16_MAX,
        .unsigned_32 = UINT32_MAX,
        .unsigned_64 = UINT64_MAX,
        .single = 1.5f,
        .twice = -2.25,
        .color = TEST_CODEC_COLOR_GREEN,
        .huge = TEST_CODEC_HUGE_ALL,
        .price = -599999,
        .at = -1,
        .took = 1500000000,
        .text = {"text", 4},
        .data = CATGA_SLICE(data),
        .maybe = CATGA_SOME(0),
        .maybe_on = CATGA_SOME(false),
        .point = points,
        .mixed = &mixed,
        .inner = inners,
        .numbers = CATGA_SLICE(numbers),
        .flags = CATGA_SLICE(flags),
        .colors = CATGA_SLICE(colors),
        .prices = CATGA_SLICE(wide),
        .times = CATGA_SLICE(wide),
        .texts = CATGA_SLICE(texts),
        .points = CATGA_SLICE(points),
        .inners = CATGA_SLICE(inners),
    };

    return plain;
}

/* Returns a table of Kinds with the fields of `set`; its members are in the order of their ids. */
static test_codec_kinds with(uint32_t set)
{
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;
    const test_codec_kinds all = all_kinds();

    for (size_t i = 0; i < KINDS; i++) {
        size_t begin = kinds->fields[i].member;
        size_t end = i + 1 == KINDS ? sizeof all : kinds->fields[i + 1].member;
        if (set >> i & 1)
            memcpy((char *)&plain + begin, (const char *)&all + begin, end - begin);
    }
    return plain;
}

static void capacities(void **state)
{
    test_codec_order plain = codec_order();
    test_codec_kinds full = with(ALL_KINDS);
    test_codec_kinds sparse = with(0x00410020);

    (void)state;
    every_capacity(order, &plain);
    every_capacity(kinds, &full);
    every_capacity(kinds, &sparse);
}

/* Encodes into exactly the bound's number of bytes, between guards. */
static size_t encode_in_bound(const catga_table *type, const void *plain, uint8_t *copy)
{
    size_t bound = catga_size_bound(type, plain);
    uint8_t *buffer = malloc(bound);

    assert_non_null(buffer);
    memset(buffer, GUARD, bound);
    size_t length = codec_encode(type, plain, buffer, bound);
    assert_true(length <= bound && length % 4 == 0 && length <= BUFFER_SIZE);
    memcpy(copy, buffer, length);
    free(buffer);
    return length;
}

static void bound_suffices(void **state)
{
    uint8_t copy[BUFFER_SIZE];
    uint8_t data[16] = {0};
    uint64_t seed = 7;

    (void)state;
    for (size_t i = 0; i < 4000; i++) {
        test_codec_kinds plain = with(codec_random(&seed) & codec_random(&seed));
        test_codec_kinds outer = with(codec_random(&seed));
        outer.inner = &plain;
        encode_in_bound(kinds, &outer, copy);
    }
    for (size_t length = 0; length <= sizeof data; length++) {
        test_codec_eight plain = {1, 2, 3, 4, 5, 6, 7, {data, length}};
        encode_in_bound(eight, &plain, copy);
        plain.a = 0;
        encode_in_bound(eight, &plain, copy);
    }
    for (size_t length = 0; length <= 16; length++) {
        test_codec_noticed plain = {{"0123456789abcdef", length}};
        encode_in_bound(&test_codec_noticed_descriptor, &plain, copy);
    }
}

/* ---- Bytes ---- */

/* The bytes do not depend on the buffer's old content or size. */
static void same_bytes(const catga_table *type, const void *plain)
{
    uint8_t first[BUFFER_SIZE];
    uint8_t second[BUFFER_SIZE];

    memset(first, 0, sizeof first);
    memset(second, 0xff, sizeof second);
    size_t length = codec_encode(type, plain, first, sizeof first);
    assert_int_equal(codec_encode(type, plain, second, sizeof second), length);
    assert_memory_equal(first, second, length);
    memset(second, GUARD, sizeof second);
    assert_int_equal(encode_in_bound(type, plain, second), length);
    assert_memory_equal(first, second, length);
}

/* Unused bytes of a struct are written as zeros, whatever they are in memory. */
static void deterministic(void **state)
{
    test_codec_mixed dirty[2];
    uint8_t buffers[2][BUFFER_SIZE];
    uint64_t seed = 9;
    test_codec_order plain = codec_order();

    (void)state;
    same_bytes(order, &plain);
    for (size_t i = 0; i < 500; i++) {
        test_codec_kinds values = with(codec_random(&seed) & codec_random(&seed));
        same_bytes(kinds, &values);
    }
    for (size_t i = 0; i < 2; i++) {
        test_codec_kinds values = TEST_CODEC_KINDS_INIT;
        memset(&dirty[i], i == 0 ? 0 : 0xff, sizeof dirty[i]);
        dirty[i].on = true;
        dirty[i].color = 4;
        dirty[i].at.x = dirty[i].at.y = 1;
        dirty[i].price = 5;
        values.mixed = &dirty[i];
        size_t length = codec_encode(kinds, &values, buffers[i], BUFFER_SIZE);
        assert_memory_equal(buffers[0], buffers[i], length);
    }
}

/* ---- Sparse tables ---- */

/* Encodes a table in both ways, and compares the text of the results. */
static void survives(uint32_t set)
{
    uint8_t buffer[BUFFER_SIZE];
    static uint64_t memory[2048];
    static char text[CODEC_TEXT];
    const uint8_t *root;
    test_codec_kinds read;
    test_codec_kinds plain = with(set);
    catga_arena arena = {memory, sizeof memory, 0};
    size_t length = codec_encode(kinds, &plain, buffer, sizeof buffer);

    strcpy(text, codec_text(kinds, buffer, length));
    assert_int_equal(catga_verify(kinds, buffer, length, &root, NULL), CATGA_OK);
    for (uint16_t id = 0; id < KINDS; id++)
        assert_int_equal(catga_find(root, (uint16_t)(4 + 2 * id)) != NULL, set >> id & 1);
    assert_int_equal(catga_unpack(kinds, root, &read, &arena), CATGA_OK);
    assert_int_equal(encode_in_bound(kinds, &read, buffer), length);
    assert_string_equal(codec_text(kinds, buffer, length), text);
    if (set >> 14 & 1)
        assert_int_equal(test_codec_kinds_get_at((test_codec_kinds_view){root}), -1);
    if (set >> 28 & 1)
        assert_int_equal(test_codec_kinds_get_texts((test_codec_kinds_view){root}).length, 3);
}

static void sparse(void **state)
{
    uint64_t seed = 11;

    (void)state;
    survives(0);
    survives(ALL_KINDS);
    for (size_t i = 0; i < KINDS; i++) {
        survives((uint32_t)1 << i);
        survives(ALL_KINDS & ~((uint32_t)1 << i));
        for (size_t k = 0; k < i; k++)
            survives((uint32_t)1 << i | (uint32_t)1 << k);
    }
    for (size_t i = 0; i < 2000; i++)
        survives(codec_random(&seed) & codec_random(&seed));
}

/* Absent fields cost little: a sparse table is shorter than a full one. */
static void gaps_are_closed(void **state)
{
    uint8_t buffer[BUFFER_SIZE];
    test_codec_kinds plain = with(1u << 5);

    (void)state;
    size_t length = codec_encode(kinds, &plain, buffer, sizeof buffer);
    assert_true(length <= 8 + 4 + 8 + 4 + 2 * 6 + 4);
}

/* ---- Shared vtables ---- */

static size_t length_of_lines(const test_codec_line *lines, size_t count)
{
    static uint8_t buffer[BUFFER_SIZE];
    static const test_codec_point point = {0, 0};
    test_codec_order plain = TEST_CODEC_ORDER_INIT;

    plain.order_id = catga_str("x");
    plain.point = &point;
    plain.lines.data = lines;
    plain.lines.length = count;
    size_t length = codec_encode(order, &plain, buffer, sizeof buffer);
    codec_text(order, buffer, length);
    return length;
}

/* Lines of two kinds alternate. From the third on, each costs only its table and its string. */
static void shared_vtables(void **state)
{
    test_codec_line lines[100];

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(lines); i++) {
        test_codec_line line = TEST_CODEC_LINE_INIT;
        line.product_id = catga_str("abc");
        line.quantity = i % 2 == 0 ? 2 : 1;
        lines[i] = line;
    }
    size_t step = length_of_lines(lines, 4) - length_of_lines(lines, 2);
    size_t whole = 4 + test_codec_line_descriptor.vtable[1] + 8u;
    assert_true(step <= 2 * ((whole + 3) / 4 * 4));
    for (size_t count = 6; count <= 100; count += 2)
        assert_int_equal(length_of_lines(lines, count) - length_of_lines(lines, count - 2), step);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent),          cmocka_unit_test(length_without_data),
        cmocka_unit_test(too_long),        cmocka_unit_test(out_of_range),
        cmocka_unit_test(not_utf8),        cmocka_unit_test(depth),
        cmocka_unit_test(capacities),      cmocka_unit_test(bound_suffices),
        cmocka_unit_test(deterministic),   cmocka_unit_test(sparse),
        cmocka_unit_test(gaps_are_closed), cmocka_unit_test(shared_vtables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
