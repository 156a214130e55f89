/* Structs: every member, padding of zeros, and bools that are 0 or 1 whatever was received. */
#include "structs.catga.h"

#include <roundtrip.h>

static const trip_structs_nested nested = {
    {true}, {200, UINT64_MAX, true, 65535, TRIP_STRUCTS_KIND_LOW}, -12345, -1, 1500000000, 0.5f};

static void check_nested(trip_structs_nested read)
{
    assert_true(read.tiny.on);
    assert_int_equal(read.gaps.small, 200);
    assert_true(read.gaps.large == UINT64_MAX);
    assert_true(read.gaps.flag);
    assert_int_equal(read.gaps.half, 65535);
    assert_int_equal(read.gaps.kind, TRIP_STRUCTS_KIND_LOW);
    assert_int_equal(read.price, -12345);
    assert_int_equal(read.at, -1);
    assert_int_equal(read.took, 1500000000);
    assert_true(read.single == 0.5f);
}

static void check_full(const uint8_t *table)
{
    trip_structs_structs_view view = {table};
    trip_structs_tiny tiny;
    trip_structs_gaps gaps;
    trip_structs_nested read;

    assert_true(trip_structs_structs_get_tiny(view, &tiny));
    assert_true(tiny.on);
    assert_true(trip_structs_structs_get_gaps(view, &gaps));
    assert_int_equal(gaps.half, 7);
    assert_true(trip_structs_structs_get_nested(view, &read));
    check_nested(read);
    trip_structs_tiny_vector tinies = trip_structs_structs_get_tinies(view);
    assert_int_equal(tinies.length, 3);
    assert_true(trip_structs_tiny_at(tinies, 2).on);
    assert_false(trip_structs_tiny_at(tinies, 3).on);
    trip_structs_nested_vector many = trip_structs_structs_get_many(view);
    assert_int_equal(many.length, 2);
    check_nested(trip_structs_nested_at(many, 1));
}

static void full(void **state)
{
    static const trip_structs_tiny tinies[] = {{true}, {false}, {true}};
    const trip_structs_nested many[] = {nested, nested};
    const trip_structs_gaps gaps = {1, 2, false, 7, TRIP_STRUCTS_KIND_HIGH};
    const trip_structs_structs plain = {tinies, &gaps, &nested, CATGA_SLICE(tinies),
                                        CATGA_SLICE(many)};

    (void)state;
    roundtrip(&trip_structs_structs_descriptor, &plain, check_full);
}

static void check_required(const uint8_t *table)
{
    trip_structs_structs_view view = {table};
    trip_structs_nested read;
    trip_structs_gaps gaps;

    memset(&read, 0xff, sizeof read);
    assert_false(trip_structs_structs_get_nested(view, &read));
    assert_int_equal(read.gaps.half, 0);
    assert_true(trip_structs_structs_get_gaps(view, &gaps));
}

static void only_required(void **state)
{
    trip_structs_structs plain = TRIP_STRUCTS_STRUCTS_INIT;
    const trip_structs_gaps zeros = {0, 0, false, 0, 0};

    (void)state;
    plain.gaps = &zeros;
    roundtrip(&trip_structs_structs_descriptor, &plain, check_required);
}

/* A byte other than 0 and 1 is not a C bool; it reads as true. */
static void odd_bool(void **state)
{
    static uint8_t bytes[ROUNDTRIP_SIZE];
    const uint8_t *root;
    trip_structs_tiny tiny;
    trip_structs_structs plain = TRIP_STRUCTS_STRUCTS_INIT;
    const trip_structs_tiny on = {true};
    const trip_structs_gaps zeros = {0, 0, false, 0, 0};

    (void)state;
    plain.tiny = &on;
    plain.gaps = &zeros;
    size_t length = roundtrip_encode(&trip_structs_structs_descriptor, &plain, bytes);
    assert_int_equal(catga_verify(&trip_structs_structs_descriptor, bytes, length, &root, NULL),
                     CATGA_OK);
    bytes[catga_find(root, 4) - bytes] = 0x80;
    trip_structs_structs_view view = {root};
    assert_true(trip_structs_structs_get_tiny(view, &tiny));
    assert_true(tiny.on == true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full),
        cmocka_unit_test(only_required),
        cmocka_unit_test(odd_bool),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
