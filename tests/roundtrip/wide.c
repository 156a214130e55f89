/* Tables of more than 64 fields: some fields at either end of each word, all, or none. */
#include "wide.catga.h"

#include <roundtrip.h>

static const trip_wide_inner inner = {17};

static void check_ends(const uint8_t *table)
{
    trip_wide_wide_view view = {table};

    assert_int_equal(trip_wide_wide_get_f0(view), 1);
    assert_true(catga_string_equal(trip_wide_wide_get_f61(view), catga_str("last but two")));
    assert_int_equal(trip_wide_wide_get_f60(view), -5);
    assert_int_equal(catga_u16_at(trip_wide_wide_get_f63(view), 1), 65535);
    assert_true(trip_wide_wide_has_f64(view));
    assert_int_equal(trip_wide_wide_get_f0(trip_wide_wide_get_f64(view)), -5);
    assert_int_equal(trip_wide_wide_get_f128(view) == 0.5f, true);
    trip_wide_choice_view choice = trip_wide_wide_get_f129(view);
    assert_int_equal(trip_wide_inner_get_value(trip_wide_choice_as_inner(choice)), 17);
    assert_false(trip_wide_wide_get_f122(view).present);
    assert_true(trip_wide_wide_get_f125(view));
}

static void ends(void **state)
{
    static const uint16_t numbers[] = {0, 65535};
    trip_wide_wide child = TRIP_WIDE_WIDE_INIT;
    trip_wide_wide plain = TRIP_WIDE_WIDE_INIT;

    (void)state;
    plain.f0 = 1;
    plain.f61 = catga_str("last but two");
    plain.f63.data = numbers;
    plain.f63.length = 2;
    plain.f64 = &child;
    plain.f128 = 0.5f;
    plain.f129.type = TRIP_WIDE_CHOICE_INNER;
    plain.f129.inner = &inner;
    roundtrip(&trip_wide_wide_descriptor, &plain, check_ends);
}

static void check_none(const uint8_t *table)
{
    trip_wide_wide_view view = {table};

    assert_int_equal(trip_wide_wide_get_f120(view), -5);
    assert_int_equal(trip_wide_wide_get_f129(view).type, TRIP_WIDE_CHOICE_NONE);
}

static void none(void **state)
{
    const trip_wide_wide plain = TRIP_WIDE_WIDE_INIT;

    (void)state;
    roundtrip(&trip_wide_wide_descriptor, &plain, check_none);
}

static void check_just(const uint8_t *table)
{
    trip_wide_just_view view = {table};

    assert_int_equal(trip_wide_just_get_g0(view), 9);
    assert_int_equal(trip_wide_just_get_g63(view), 63);
    assert_int_equal(trip_wide_just_get_g64(view), 64);
}

static void just(void **state)
{
    trip_wide_just plain = TRIP_WIDE_JUST_INIT;

    (void)state;
    plain.g63 = 63;
    plain.g64 = 64;
    roundtrip(&trip_wide_just_descriptor, &plain, check_just);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends),
        cmocka_unit_test(none),
        cmocka_unit_test(just),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
