/* Types of another namespace, and two generated files in one translation unit. */
#include "imports.catga.h"
#include "imports_base.catga.h"

#include <roundtrip.h>

static void check_bill(const uint8_t *table)
{
    trip_user_bill_view view = {table};
    trip_base_point place;

    assert_int_equal(trip_base_amount_get_value(trip_user_bill_get_amount(view)), 1050);
    assert_int_equal(trip_user_bill_get_currency(view), TRIP_BASE_CURRENCY_USD);
    trip_base_amount_vector parts = trip_user_bill_get_parts(view);
    assert_int_equal(parts.length, 2);
    assert_int_equal(trip_base_amount_get_currency(trip_base_amount_at(parts, 1)),
                     TRIP_BASE_CURRENCY_USD);
    assert_true(trip_user_bill_get_place(view, &place));
    assert_true(place.y == 2);
    assert_true(trip_base_point_at(trip_user_bill_get_places(view), 1).x == 3);
    assert_true(catga_string_equal(trip_user_point_get_label(trip_user_bill_get_point(view)),
                                   catga_str("here")));
}

static void bill(void **state)
{
    static const trip_base_amount amounts[] = {{1050, TRIP_BASE_CURRENCY_EUR},
                                               {-1, TRIP_BASE_CURRENCY_USD}};
    static const trip_base_point places[] = {{1, 2}, {3, 4}};
    static const trip_user_point point = {{"here", 4}};
    trip_user_bill plain = TRIP_USER_BILL_INIT;

    (void)state;
    assert_int_equal(plain.currency, TRIP_BASE_CURRENCY_USD);
    plain.amount = &amounts[0];
    plain.parts.data = amounts;
    plain.parts.length = 2;
    plain.place = &places[0];
    plain.places.data = places;
    plain.places.length = 2;
    plain.point = &point;
    roundtrip(&trip_user_bill_descriptor, &plain, check_bill);
}

/* The limit is the constant of the other file. */
static void imported_limit(void **state)
{
    static uint8_t bytes[ROUNDTRIP_SIZE];
    trip_base_amount amounts[TRIP_BASE_LIMIT + 1];
    catga_problem problem;
    size_t length;
    trip_user_bill plain = TRIP_USER_BILL_INIT;

    (void)state;
    memset(amounts, 0, sizeof amounts);
    plain.amount = amounts;
    plain.parts.data = amounts;
    plain.parts.length = TRIP_BASE_LIMIT + 1;
    assert_int_equal(trip_user_bill_encode(&plain, bytes, sizeof bytes, &length, &problem),
                     CATGA_INVALID_MESSAGE);
    assert_string_equal(problem.text, "parts: more elements than 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bill),
        cmocka_unit_test(imported_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
