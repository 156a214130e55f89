/* Enums, decimals and times: their defaults, their limits, values without a name. */
#include "money.catga.h"

#include <roundtrip.h>

static const catga_table *const money = &trip_money_money_descriptor;

static void check_defaults(const uint8_t *table)
{
    trip_money_money_view view = {table};

    assert_int_equal(trip_money_money_get_balance(view), TRIP_MONEY_NEGATIVE_EVEN);
    assert_int_equal(trip_money_money_get_debt(view), TRIP_MONEY_NEGATIVE_DEBT);
    assert_int_equal(trip_money_money_get_late(view), TRIP_MONEY_LATE_SECOND);
    assert_int_equal(trip_money_money_get_cents(view), -99);
    assert_int_equal(trip_money_money_get_took(view), 1500000000);
    assert_int_equal(trip_money_money_get_at(view), 0);
    assert_null(catga_find(table, 6));
}

static void defaults(void **state)
{
    const trip_money_money plain = TRIP_MONEY_MONEY_INIT;

    (void)state;
    assert_int_equal(plain.debt, -100);
    assert_int_equal(plain.took, 1500000000);
    roundtrip(money, &plain, check_defaults);
    check_defaults(CATGA_EMPTY_TABLE);
}

static void check_limits(const uint8_t *table)
{
    trip_money_money_view view = {table};

    assert_int_equal(trip_money_money_get_balance(view), 100);
    assert_string_equal(trip_money_negative_name(trip_money_money_get_balance(view)), "Credit");
    assert_int_equal(trip_money_money_get_debt(view), 0);
    assert_int_equal(trip_money_money_get_late(view), 65535);
    assert_null(trip_money_late_name(trip_money_money_get_late(view)));
    assert_true(trip_money_money_get_whole(view) == INT64_MIN);
    assert_int_equal(trip_money_money_get_cents(view), 10000);
    assert_true(trip_money_money_get_finest(view) == INT64_MAX);
    assert_true(trip_money_money_get_at(view) == INT64_MIN);
    assert_true(trip_money_money_get_took(view) == INT64_C(3600000000000));
}

static void limits(void **state)
{
    const trip_money_money plain = {100,   0,         65535,     INT64_MIN,
                                    10000, INT64_MAX, INT64_MIN, INT64_C(3600000000000)};

    (void)state;
    roundtrip(money, &plain, check_limits);
}

static void refuse(const trip_money_money *plain, const char *text)
{
    uint8_t bytes[256];
    size_t length;
    catga_problem problem;

    assert_int_equal(trip_money_money_encode(plain, bytes, sizeof bytes, &length, &problem),
                     CATGA_INVALID_MESSAGE);
    assert_string_equal(problem.text, text);
}

static void ranges(void **state)
{
    trip_money_money plain = TRIP_MONEY_MONEY_INIT;

    (void)state;
    plain.cents = 10001;
    refuse(&plain, "cents: out of range");
    plain.cents = -10001;
    refuse(&plain, "cents: out of range");
    plain.cents = 0;
    plain.took = -1;
    refuse(&plain, "took: out of range");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(limits),
        cmocka_unit_test(ranges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
