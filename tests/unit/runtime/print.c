/* Messages as JSON text. The text is complete: print, parse and encode give the same bytes. */
#include "codec.h"

#include <math.h>

static const catga_table *const kinds = &test_codec_kinds_descriptor;
static const catga_table *const order = &test_codec_order_descriptor;

enum { BUFFER_SIZE = 8192 };

static const char *printed(const catga_table *type, const void *plain)
{
    static uint8_t buffer[BUFFER_SIZE];

    return codec_text(type, buffer, codec_encode(type, plain, buffer, sizeof buffer));
}

/* Checks the text after the name of the only field that is not its default. */
static void expect(const test_codec_kinds *plain, const char *text)
{
    const char *whole = printed(kinds, plain);

    if (strstr(whole, text) == NULL)
        fail_msg("no %s in %s", text, whole);
}

static void defaults(void **state)
{
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;

    (void)state;
    assert_string_equal(
        printed(kinds, &plain),
        "{\"flag\":false,\"signed_8\":0,\"signed_16\":0,\"signed_32\":0,\"signed_64\":0,"
        "\"unsigned_8\":0,\"unsigned_16\":0,\"unsigned_32\":0,\"unsigned_64\":0,"
        "\"single\":0,\"twice\":0,\"color\":\"Red\",\"huge\":\"None\",\"price\":0.00,"
        "\"at\":\"1970-01-01T00:00:00Z\",\"took\":\"0s\"}");
}

static void whole_order(void **state)
{
    test_codec_order plain = codec_order();

    (void)state;
    assert_string_equal(
        printed(order, &plain),
        "{\"order_id\":\"order-1\",\"lines\":["
        "{\"product_id\":\"anvil\",\"quantity\":3,\"weights\":[1.5,-2.5],\"ratio\":0.5},"
        "{\"product_id\":\"rope\",\"quantity\":1,\"ratio\":0},"
        "{\"product_id\":\"rocket\",\"quantity\":1000,\"weights\":[1.5],\"ratio\":1},"
        "{\"product_id\":\"\",\"quantity\":7,\"weights\":[],\"ratio\":0.25}],"
        "\"note\":\"as soon as you can\",\"tags\":[\"new\",\"\",\"gr\xc3\xbc\xc3\x9f\"],"
        "\"point\":{\"x\":48.5,\"y\":9.25},\"total\":599999,\"data\":\"AAEC/f4=\","
        "\"best\":{\"product_id\":\"rocket\",\"quantity\":1000,\"weights\":[1.5],\"ratio\":1}}");
}

static void limits(void **state)
{
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;

    (void)state;
    plain.signed_8 = INT8_MIN;
    plain.signed_16 = INT16_MIN;
    plain.signed_32 = INT32_MIN;
    plain.signed_64 = INT64_MIN;
    plain.unsigned_8 = UINT8_MAX;
    plain.unsigned_16 = UINT16_MAX;
    plain.unsigned_32 = UINT32_MAX;
    plain.unsigned_64 = UINT64_MAX;
    plain.huge = TEST_CODEC_HUGE_ALL;
    expect(&plain, "\"signed_8\":-128,\"signed_16\":-32768,\"signed_32\":-2147483648,"
                   "\"signed_64\":-9223372036854775808,\"unsigned_8\":255,\"unsigned_16\":65535,"
                   "\"unsigned_32\":4294967295,\"unsigned_64\":18446744073709551615,");
    expect(&plain, "\"huge\":\"All\"");
}

static void meanings(void **state)
{
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;

    (void)state;
    plain.price = INT64_MIN;
    plain.at = INT64_C(-1);
    plain.took = INT64_C(-1500000000);
    plain.color = 77; /* from a newer sender */
    plain.maybe_on.present = true;
    expect(&plain, "\"price\":-92233720368547758.08,");
    expect(&plain, "\"at\":\"1969-12-31T23:59:59.999999999Z\",\"took\":\"-1.5s\"");
    expect(&plain, "\"color\":77,");
    expect(&plain, "\"maybe_on\":false");
    plain.took = 1;
    expect(&plain, "\"took\":\"0.000000001s\"");
    plain.took = INT64_MIN;
    expect(&plain, "\"took\":\"-9223372036.854775808s\"");
    plain.took = INT64_C(100000000000);
    expect(&plain, "\"took\":\"100s\"");
}

static void floating(void **state)
{
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;

    (void)state;
    plain.single = NAN;
    plain.twice = INFINITY;
    expect(&plain, "\"single\":\"NaN\",\"twice\":\"Infinity\"");
    plain.twice = -INFINITY;
    expect(&plain, "\"twice\":\"-Infinity\"");
    plain.twice = -0.0;
    expect(&plain, "\"twice\":-0");
    plain.single = 0.1f;
    plain.twice = 0.1;
    expect(&plain, "\"single\":0.1,\"twice\":0.1,");
}

static void escapes(void **state)
{
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;

    (void)state;
    plain.text = CATGA_STR("\"\\/\b\f\n\r\t\0\x1f\x7f");
    expect(&plain, "\"text\":\"\\\"\\\\/");
    expect(&plain, "\\u0000\\u001f");
}

static void bytes(void **state)
{
    static const uint8_t data[] = "foobar";
    static const char *const texts[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                        "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;
    char wanted[32];

    (void)state;
    for (size_t length = 0; length < CODEC_COUNT(texts); length++) {
        plain.data.data = data;
        plain.data.length = length;
        snprintf(wanted, sizeof wanted, "\"data\":\"%s\"", texts[length]);
        expect(&plain, wanted);
    }
}

/* Like snprintf: returns the whole length, and writes the part of the text that fits, terminated.
 * */
static void every_capacity(void **state)
{
    static uint8_t buffer[BUFFER_SIZE];
    test_codec_order plain = codec_order();
    const uint8_t *root;

    (void)state;
    size_t length = codec_encode(order, &plain, buffer, sizeof buffer);
    const char *whole = codec_text(order, buffer, length);
    size_t text_length = strlen(whole);
    assert_int_equal(catga_verify(order, buffer, length, &root, NULL), CATGA_OK);
    assert_int_equal(catga_json_write(order, root, NULL, 0), text_length);
    for (size_t capacity = 1; capacity <= text_length + 1; capacity++) {
        char *text = malloc(capacity);
        assert_non_null(text);
        assert_int_equal(catga_json_write(order, root, text, capacity), text_length);
        assert_int_equal(strlen(text), capacity - 1);
        assert_memory_equal(text, whole, capacity - 1);
        free(text);
    }
}

/* ---- Round trips ---- */

/* Goes through text and through the native struct: both give the same bytes. An arena that is too
 * small never gives a wrong struct. */
static void same_bytes(const catga_table *type, const void *plain)
{
    static uint8_t first[BUFFER_SIZE];
    static uint8_t second[BUFFER_SIZE];
    static uint64_t memory[4096];
    const uint8_t *root;
    catga_problem problem;
    size_t length = codec_encode(type, plain, first, sizeof first);
    const char *text = codec_text(type, first, length);
    void *copy = malloc(type->native_size);
    catga_arena arena = {memory, sizeof memory, 0};

    assert_non_null(copy);
    if (catga_json_read(type, text, strlen(text), CATGA_REFUSE_UNKNOWN, copy, &arena, &problem) !=
        CATGA_OK)
        fail_msg("%s in %s", problem.text, text);
    assert_int_equal(codec_encode(type, copy, second, sizeof second), length);
    assert_memory_equal(first, second, length);
    arena.used = 0;
    assert_int_equal(catga_verify(type, first, length, &root, NULL), CATGA_OK);
    assert_int_equal(catga_unpack(type, root, copy, &arena), CATGA_OK);
    assert_int_equal(codec_encode(type, copy, second, sizeof second), length);
    assert_memory_equal(first, second, length);
    free(copy);
}

static void floating_point_is_exact(void **state)
{
    static const double values[] = {0.1,
                                    1.0 / 3,
                                    5e-324,
                                    2.2250738585072014e-308,
                                    1.7976931348623157e308,
                                    1e23,
                                    9007199254740993.0,
                                    123456789012345680.0,
                                    -0.0,
                                    INFINITY,
                                    -INFINITY};
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;
    uint64_t seed = 3;

    (void)state;
    for (size_t i = 0; i < 5000; i++) {
        uint64_t bits = (uint64_t)codec_random(&seed) << 33 ^ (uint64_t)codec_random(&seed) << 11 ^
                        codec_random(&seed);
        uint32_t half = (uint32_t)(bits >> 20);
        memcpy(&plain.twice, &bits, sizeof bits);
        memcpy(&plain.single, &half, sizeof half);
        if (i < CODEC_COUNT(values))
            plain.twice = values[i];
        plain.twice = isnan(plain.twice) ? 1 : plain.twice;
        plain.single = isnan(plain.single) ? 1 : plain.single;
        same_bytes(kinds, &plain);
    }
}

static void integers_are_exact(void **state)
{
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;
    uint64_t seed = 5;

    (void)state;
    for (size_t i = 0; i < 5000; i++) {
        unsigned shift = codec_random(&seed) % 64;
        uint64_t bits = ((uint64_t)codec_random(&seed) << 33 ^ codec_random(&seed)) >> shift;
        plain.unsigned_64 = bits;
        plain.signed_64 = (int64_t)~bits;
        plain.price = (int64_t)(bits * 31);
        plain.at = (int64_t)(bits * 7);
        plain.took = (int64_t) ~(bits * 5);
        plain.huge = bits;
        same_bytes(kinds, &plain);
    }
}

static void text_is_exact(void **state)
{
    char text[40];
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;
    uint64_t seed = 13;

    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        for (size_t k = 0; k < sizeof text; k++)
            text[k] = (char)(codec_random(&seed) % 128);
        memcpy(text + codec_random(&seed) % 30, "\xf0\x9f\x90\x88", 4);
        plain.text.data = text;
        plain.text.length = sizeof text;
        if (catga_encode(kinds, &plain, (uint8_t[512]){0}, 512, &(size_t){0}, NULL) == CATGA_OK)
            same_bytes(kinds, &plain);
    }
}

static void whole_messages(void **state)
{
    static const uint16_t numbers[] = {1, 65535};
    static const bool flags[] = {true, false};
    static const uint8_t colors[] = {0, 4, 5, 77};
    static const int64_t wide[] = {INT64_MIN, -1, INT64_MAX};
    static const catga_string texts[] = {{"a", 1}, {"", 0}, {"\n", 1}};
    static const test_codec_point points[] = {{1, 2}, {3, 4}};
    static const test_codec_mixed mixed = {true, TEST_CODEC_COLOR_BLUE, {1, 2}, -599999};
    static const test_codec_kinds inners[2] = {TEST_CODEC_KINDS_INIT, TEST_CODEC_KINDS_INIT};
    test_codec_order full = codec_order();
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;

    (void)state;
    same_bytes(order, &full);
    same_bytes(kinds, &plain);
    plain.numbers = (catga_u16_slice)CATGA_SLICE(numbers);
    plain.flags = (catga_bool_slice)CATGA_SLICE(flags);
    plain.colors = (catga_u8_slice)CATGA_SLICE(colors);
    plain.prices = plain.times = (catga_i64_slice)CATGA_SLICE(wide);
    plain.texts = (catga_string_slice)CATGA_SLICE(texts);
    plain.points = (test_codec_point_slice)CATGA_SLICE(points);
    plain.mixed = &mixed;
    plain.inner = inners;
    plain.inners = (test_codec_kinds_slice)CATGA_SLICE(inners);
    plain.text = catga_str("");
    plain.data.data = (const uint8_t *)"";
    same_bytes(kinds, &plain);
}

/* ---- Unpacking ---- */

/* An arena that is too small is an error, which reports the needed size. Nothing is written past
 * it. */
static void every_arena(void **state)
{
    static uint8_t buffer[BUFFER_SIZE];
    test_codec_order plain = codec_order();
    test_codec_order copy;
    catga_arena none = {NULL, 0, 0};
    const uint8_t *root;

    (void)state;
    size_t length = codec_encode(order, &plain, buffer, sizeof buffer);
    assert_int_equal(catga_verify(order, buffer, length, &root, NULL), CATGA_OK);
    assert_int_equal(catga_unpack(order, root, &copy, &none), CATGA_TOO_LARGE);
    size_t needed = none.used;
    for (size_t capacity = 0; capacity <= needed; capacity++) {
        catga_arena arena = {malloc(capacity == 0 ? 1 : capacity), capacity, 0};
        assert_non_null(arena.data);
        catga_status status = catga_unpack(order, root, &copy, &arena);
        assert_int_equal(status, capacity < needed ? CATGA_TOO_LARGE : CATGA_OK);
        assert_int_equal(arena.used, needed);
        free(arena.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),       cmocka_unit_test(whole_order),
        cmocka_unit_test(limits),         cmocka_unit_test(meanings),
        cmocka_unit_test(floating),       cmocka_unit_test(escapes),
        cmocka_unit_test(bytes),          cmocka_unit_test(every_capacity),
        cmocka_unit_test(whole_messages), cmocka_unit_test(integers_are_exact),
        cmocka_unit_test(text_is_exact),  cmocka_unit_test(floating_point_is_exact),
        cmocka_unit_test(every_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
