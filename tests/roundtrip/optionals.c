/* Optional scalars: absent, present, and present with zero. */
#include "optionals.catga.h"

#include <roundtrip.h>

static void check_none(const uint8_t *table)
{
    trip_optionals_optionals_view view = {table};

    assert_false(trip_optionals_optionals_get_flag(view).present);
    assert_false(trip_optionals_optionals_get_large(view).present);
    assert_false(trip_optionals_optionals_get_level(view).present);
    assert_false(trip_optionals_optionals_get_took(view).present);
    assert_false(trip_optionals_optionals_get_limited(view).present);
}

static void none(void **state)
{
    const trip_optionals_optionals plain = TRIP_OPTIONALS_OPTIONALS_INIT;

    (void)state;
    roundtrip(&trip_optionals_optionals_descriptor, &plain, check_none);
}

static void check_zeros(const uint8_t *table)
{
    trip_optionals_optionals_view view = {table};

    assert_true(trip_optionals_optionals_get_flag(view).present);
    assert_false(trip_optionals_optionals_get_flag(view).value);
    assert_true(trip_optionals_optionals_get_large(view).present);
    assert_true(trip_optionals_optionals_get_large(view).value == 0);
    assert_true(trip_optionals_optionals_get_share(view).present);
    assert_true(trip_optionals_optionals_get_at(view).present);
    assert_false(trip_optionals_optionals_get_small(view).present);
}

static void zeros(void **state)
{
    trip_optionals_optionals plain = TRIP_OPTIONALS_OPTIONALS_INIT;

    (void)state;
    plain.flag.present = plain.large.present = plain.share.present = plain.at.present = true;
    roundtrip(&trip_optionals_optionals_descriptor, &plain, check_zeros);
}

static void check_some(const uint8_t *table)
{
    trip_optionals_optionals_view view = {table};

    assert_int_equal(trip_optionals_optionals_get_small(view).value, -7);
    assert_true(trip_optionals_optionals_get_large(view).value == UINT64_MAX);
    assert_int_equal(trip_optionals_optionals_get_level(view).value, -1);
    assert_int_equal(trip_optionals_optionals_get_price(view).value, -1234);
    assert_int_equal(trip_optionals_optionals_get_took(view).value, 5);
    assert_int_equal(trip_optionals_optionals_get_limited(view).value, 10);
}

static void some(void **state)
{
    const trip_optionals_optionals plain = {
        CATGA_SOME(true),  CATGA_SOME(-7), CATGA_SOME(UINT64_MAX), CATGA_SOME(0.5), CATGA_SOME(-1),
        CATGA_SOME(-1234), CATGA_SOME(-1), CATGA_SOME(5),          CATGA_SOME(10),
    };

    (void)state;
    roundtrip(&trip_optionals_optionals_descriptor, &plain, check_some);
}

/* The range applies to values, so an absent field is valid. */
static void range(void **state)
{
    uint8_t buffer[256];
    size_t length;
    catga_problem problem;
    trip_optionals_optionals plain = TRIP_OPTIONALS_OPTIONALS_INIT;

    (void)state;
    plain.limited.present = true;
    assert_int_equal(
        trip_optionals_optionals_encode(&plain, buffer, sizeof buffer, &length, &problem),
        CATGA_INVALID_MESSAGE);
    assert_string_equal(problem.text, "limited: out of range");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none),
        cmocka_unit_test(zeros),
        cmocka_unit_test(some),
        cmocka_unit_test(range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
