/* The macro of a table keeps the defaults of the schema without warnings, and leaves the warning
 * about the caller's own overrides enabled. */
#include "usage.catga.h"

#include <assert.h>
#include <math.h>

#if CASE == 1 /* says: initiali[sz]e[dr].*overr|overwritten */
const test_usage_line own = {.quantity = 1, .quantity = 2};
#endif
#if CASE == 2 /* says: initiali[sz]e[dr].*overr|overwritten */
test_usage_line behind(void);
test_usage_line behind(void)
{
    test_usage_line line = TEST_USAGE_LINE(.quantity = 2);
    const test_usage_line own = {.quantity = 1, .quantity = line.quantity};

    return own;
}
#endif
#if CASE == 3 /* says: quantiti */
const test_usage_line *misspelt(void);
const test_usage_line *misspelt(void)
{
    return &TEST_USAGE_LINE(.quantiti = 2);
}
#endif

static void check_defaults(const test_usage_order *order)
{
    assert(order->priority == -3 && order->ratio == 0 && signbit(order->ratio));
    assert(order->rights == TEST_USAGE_RIGHTS_WRITE && order->urgent);
    assert(!order->discount.present && order->lines.data == NULL && order->best == NULL);
}

static uint32_t quantities(const test_usage_order *order)
{
    uint32_t sum = order->best == NULL ? 0 : order->best->quantity;

    for (size_t i = 0; i < order->lines.length; i++)
        sum += order->lines.data[i].quantity;
    return sum;
}

int main(void)
{
    static const uint16_t numbers[] = {1, 2, 3};
    const test_usage_order none = TEST_USAGE_ORDER();
    test_usage_order some = TEST_USAGE_ORDER(.urgent = true, .customer_id = CATGA_STR("CUST-1"), );
    const test_usage_line lines[] = {TEST_USAGE_LINE(.quantity = 5), TEST_USAGE_LINE()};
    const test_usage_nothing nothing = TEST_USAGE_NOTHING();

    check_defaults(&none);
    check_defaults(&some);
    check_defaults(&TEST_USAGE_ORDER(.customer_id = catga_str("x")));
    assert(some.customer_id.length == 6 && lines[0].color == TEST_USAGE_COLOR_GREEN &&
           nothing.empty == 0);

    /* Nested macros, and values with commas. */
    assert(quantities(
               &TEST_USAGE_ORDER(.lines = CATGA_SLICE(lines), .discount = CATGA_SOME(7),
                                 .numbers = {numbers, 3},
                                 .best = &TEST_USAGE_LINE(.quantity = 4,
                                                          .at = &(test_usage_point){1, 2}))) == 10);
    assert(TEST_USAGE_ORDER(.priority = 0).priority == 0);

    CATGA_SET(some.discount, CATGA_SOME(9));
    CATGA_SET(some.lines, CATGA_SLICE(lines));
    CATGA_SET(some.numbers, CATGA_SLICE(numbers));
    CATGA_SET(some.customer_id, {"abc", 3});
    assert(some.discount.present && some.discount.value == 9 && quantities(&some) == 6 &&
           some.numbers.length == 3);
    assert(catga_string_equal(some.customer_id, CATGA_STR("abc")));
    return 0;
}
