/*
 * The bytes of a message, one by one: numbers of each size at each possible position. They are
 * little-endian on every machine. A build that swaps bytes must swap all of them.
 */
#include "layout.catga.h"

#include <roundtrip.h>

/* A number and its length on the wire; floating-point numbers by their bits. */
typedef struct number {
    unsigned size;
    uint64_t value;
} number;

static const number expected[] = {
    /* the root's offset; 'SpBe' is the identifier */
    {4, 12},
    {1, 'S'},
    {1, 'p'},
    {1, 'B'},
    {1, 'e'},
    /* padding before a field of 8 bytes */
    {4, 0},
    /* the table, at 12: its vtable 52 bytes after it; d, f, c, e */
    {4, (uint32_t)-52},
    {8, 0x0102030405060708},
    {8, 0xc002000000000000},
    {4, 0x01020304},
    {4, 0x3fc00000},
    /* pair: two bytes, two of padding, four */
    {2, 0xfffe},
    {2, 0},
    {4, 0x01020304},
    /* the offsets of text, numbers and next; b, a, a byte of padding */
    {4, 40},
    {4, 44},
    {4, 52},
    {2, 0x0102},
    {1, 1},
    {1, 0},
    /* the vtable: its size, the table's size, and the positions of a to next */
    {2, 24},
    {2, 51},
    {2, 50},
    {2, 48},
    {2, 20},
    {2, 4},
    {2, 24},
    {2, 12},
    {2, 28},
    {2, 36},
    {2, 40},
    {2, 44},
    /* text, with its NUL */
    {4, 2},
    {1, 'a'},
    {1, 'b'},
    {1, 0},
    {1, 0},
    /* numbers */
    {4, 2},
    {2, 0x0102},
    {2, 0xfffe},
    /* next: padding, the table, which has only b, and its vtable */
    {4, 0},
    {4, (uint32_t)-8},
    {2, 0x0708},
    {2, 0},
    {2, 8},
    {2, 6},
    {2, 0},
    {2, 4},
};

static size_t write_expected(uint8_t *bytes)
{
    size_t at = 0;

    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        for (unsigned k = 0; k < expected[i].size; k++) {
#ifdef CATGA_TEST_BYTE_SWAP
            unsigned shift = 8 * (expected[i].size - 1 - k);
#else
            unsigned shift = 8 * k;
#endif
            bytes[at++] = (uint8_t)(expected[i].value >> shift);
        }
    return at;
}

static void check(const uint8_t *table)
{
    trip_layout_layout_view view = {table};
    trip_layout_pair pair;

    assert_int_equal(trip_layout_layout_get_a(view), 1);
    assert_int_equal(trip_layout_layout_get_b(view), 0x0102);
    assert_int_equal(trip_layout_layout_get_c(view), 0x01020304);
    assert_true(trip_layout_layout_get_d(view) == 0x0102030405060708);
    assert_true(trip_layout_layout_get_e(view) == 1.5f);
    assert_true(trip_layout_layout_get_f(view) == -2.25);
    assert_true(trip_layout_layout_get_pair(view, &pair));
    assert_int_equal(pair.small, -2);
    assert_int_equal(pair.large, 0x01020304);
    assert_int_equal(catga_u16_at(trip_layout_layout_get_numbers(view), 1), 0xfffe);
    assert_int_equal(trip_layout_layout_get_b(trip_layout_layout_get_next(view)), 0x0708);
}

static void every_byte(void **state)
{
    static const trip_layout_pair pair = {-2, 0x01020304};
    static const uint16_t numbers[] = {0x0102, 0xfffe};
    trip_layout_layout next = TRIP_LAYOUT_LAYOUT_INIT;
    trip_layout_layout plain = {1,     0x0102, 0x01020304,      0x0102030405060708, 1.5f,
                                -2.25, &pair,  catga_str("ab"), {numbers, 2},       &next};
    uint8_t wanted[ROUNDTRIP_SIZE];
    uint8_t bytes[ROUNDTRIP_SIZE];

    (void)state;
    next.b = 0x0708;
    size_t length = roundtrip_encode(&trip_layout_layout_descriptor, &plain, bytes);
    assert_int_equal(length, write_expected(wanted));
    assert_memory_equal(bytes, wanted, length);
    roundtrip(&trip_layout_layout_descriptor, &plain, check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
