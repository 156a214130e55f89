/* Every scalar at its limits, and defaults that are not sent. */
#include "scalars.catga.h"

#include <float.h>
#include <math.h>

#include <roundtrip.h>

static void check_highest(const uint8_t *table)
{
    trip_scalars_plain_view view = {table};

    assert_true(trip_scalars_plain_get_flag(view));
    assert_int_equal(trip_scalars_plain_get_signed_8(view), INT8_MIN);
    assert_int_equal(trip_scalars_plain_get_signed_16(view), INT16_MIN);
    assert_int_equal(trip_scalars_plain_get_signed_32(view), INT32_MIN);
    assert_true(trip_scalars_plain_get_signed_64(view) == INT64_MIN);
    assert_int_equal(trip_scalars_plain_get_unsigned_8(view), UINT8_MAX);
    assert_int_equal(trip_scalars_plain_get_unsigned_16(view), UINT16_MAX);
    assert_int_equal(trip_scalars_plain_get_unsigned_32(view), UINT32_MAX);
    assert_true(trip_scalars_plain_get_unsigned_64(view) == UINT64_MAX);
    assert_true(trip_scalars_plain_get_single(view) == 3.25f);
    assert_true(trip_scalars_plain_get_twice(view) == 1e300);
}

static void limits(void **state)
{
    (void)state;
    const trip_scalars_plain plain = {true,       INT8_MIN,  INT16_MIN,  INT32_MIN,
                                      INT64_MIN,  UINT8_MAX, UINT16_MAX, UINT32_MAX,
                                      UINT64_MAX, 3.25f,     1e300};
    roundtrip(&trip_scalars_plain_descriptor, &plain, check_highest);
}

static void check_zeros(const uint8_t *table)
{
    trip_scalars_plain_view view = {table};

    for (uint16_t slot = 4; slot < 4 + 2 * 11; slot = (uint16_t)(slot + 2))
        assert_null(catga_find(table, slot));
    assert_false(trip_scalars_plain_get_flag(view));
    assert_int_equal(trip_scalars_plain_get_signed_64(view), 0);
    assert_true(trip_scalars_plain_get_twice(view) == 0);
}

static void zeros(void **state)
{
    const trip_scalars_plain plain = TRIP_SCALARS_PLAIN_INIT;

    (void)state;
    roundtrip(&trip_scalars_plain_descriptor, &plain, check_zeros);
}

static void check_preset(const uint8_t *table)
{
    trip_scalars_preset_view view = {table};

    assert_null(catga_find(table, 4));
    assert_true(trip_scalars_preset_get_flag(view));
    assert_int_equal(trip_scalars_preset_get_signed_8(view), INT8_MIN);
    assert_true(trip_scalars_preset_get_signed_64(view) == INT64_MIN);
    assert_true(trip_scalars_preset_get_unsigned_64(view) == UINT64_MAX);
    assert_true(trip_scalars_preset_get_single(view) == 0.1f);
    assert_true(trip_scalars_preset_get_twice(view) == -2.5);
}

static void presets(void **state)
{
    const trip_scalars_preset plain = TRIP_SCALARS_PRESET_INIT;

    (void)state;
    roundtrip(&trip_scalars_preset_descriptor, &plain, check_preset);
    check_preset(CATGA_EMPTY_TABLE);
}

/* A default that digits cannot express works too, and is not sent. */
static void check_not_finite(const uint8_t *table)
{
    trip_scalars_not_finite_view view = {table};

    for (uint16_t slot = 4; slot < 4 + 2 * 8; slot = (uint16_t)(slot + 2))
        assert_null(catga_find(table, slot));
    assert_true(isnan(trip_scalars_not_finite_get_none(view)));
    assert_true(isnan(trip_scalars_not_finite_get_none_twice(view)));
    assert_true(isinf(trip_scalars_not_finite_get_beyond(view)));
    assert_true(trip_scalars_not_finite_get_beyond_twice(view) > DBL_MAX);
    assert_true(trip_scalars_not_finite_get_below(view) < -FLT_MAX);
    assert_true(trip_scalars_not_finite_get_below_twice(view) < -DBL_MAX);
    assert_true(trip_scalars_not_finite_get_most(view) == FLT_MAX);
    assert_true(signbit(trip_scalars_not_finite_get_least(view)));
}

static void defaults_that_are_not_finite(void **state)
{
    static const char expected[] = "{\"none\":\"NaN\",\"none_twice\":\"NaN\",\"beyond\":"
                                   "\"Infinity\",\"beyond_twice\":\"Infinity\","
                                   "\"below\":\"-Infinity\",\"below_twice\":\"-Infinity\",\"most\":"
                                   "3.4028235e+38,\"least\":-0}";
    const trip_scalars_not_finite plain = TRIP_SCALARS_NOT_FINITE_INIT;

    (void)state;
    roundtrip(&trip_scalars_not_finite_descriptor, &plain, check_not_finite);
    check_not_finite(CATGA_EMPTY_TABLE);
    char text[sizeof expected + 32];
    trip_scalars_not_finite_view view = {CATGA_EMPTY_TABLE};
    trip_scalars_not_finite_print(view, text, sizeof text);
    assert_string_equal(text, expected);
}

/* Zero is sent when it is not the default. */
static void check_zeroed(const uint8_t *table)
{
    trip_scalars_preset_view view = {table};

    assert_non_null(catga_find(table, 4));
    assert_false(trip_scalars_preset_get_flag(view));
    assert_int_equal(trip_scalars_preset_get_signed_8(view), 0);
    assert_true(trip_scalars_preset_get_unsigned_64(view) == 0);
    assert_true(trip_scalars_preset_get_twice(view) == 0);
}

static void zeroed_presets(void **state)
{
    const trip_scalars_preset plain = {false, 0, 0, 0, 0, 0};

    (void)state;
    roundtrip(&trip_scalars_preset_descriptor, &plain, check_zeroed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),         cmocka_unit_test(zeros),
        cmocka_unit_test(presets),        cmocka_unit_test(defaults_that_are_not_finite),
        cmocka_unit_test(zeroed_presets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
