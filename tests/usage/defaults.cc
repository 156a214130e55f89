/* The same in C++17 and C++20: the macro names fields, and an object without an initialiser has the
 * defaults. */
#include "usage.catga.h"

#include <cassert>
#include <type_traits>

#if CASE == 1 // says: quantiti
const test_usage_line own = TEST_USAGE_LINE(.quantiti = 2);
#endif

static_assert(std::is_standard_layout<test_usage_order>::value &&
                  std::is_trivially_copyable<test_usage_order>::value,
              "C and C++ have the same struct");

static const test_usage_line at_file_scope = TEST_USAGE_LINE(.quantity = 8);

static uint32_t quantity(const test_usage_line *line)
{
    return line->quantity;
}

static void check_defaults(const test_usage_order &order)
{
    assert(order.priority == -3 && order.rights == TEST_USAGE_RIGHTS_WRITE && order.urgent);
    assert(!order.discount.present && order.lines.data == nullptr && order.best == nullptr);
}

int main()
{
    static const uint16_t numbers[] = {1, 2, 3};
    const test_usage_line lines[] = {TEST_USAGE_LINE(.quantity = 5), TEST_USAGE_LINE(),
                                     TEST_USAGE_LINE_INIT};

    test_usage_order order{};

    check_defaults(order);
    check_defaults(TEST_USAGE_ORDER());
    check_defaults(TEST_USAGE_ORDER(.customer_id = CATGA_STR("CUST-1")));
    assert(quantity(&TEST_USAGE_LINE(.product_id = catga_str("x"), .quantity = 4)) == 4);
    assert(quantity(&TEST_USAGE_LINE(.product_id = catga_str("x"))) == 1);
    assert(at_file_scope.quantity == 8 && lines[1].quantity == 1 &&
           lines[2].color == TEST_USAGE_COLOR_GREEN);

    CATGA_SET(order.discount, CATGA_SOME(9));
    CATGA_SET(order.lines, CATGA_SLICE(lines));
    CATGA_SET(order.numbers, CATGA_SLICE(numbers));
    assert(order.discount.present && order.discount.value == 9 && order.lines.length == 3 &&
           order.numbers.length == 3);
    const test_usage_order whole =
        TEST_USAGE_ORDER(.discount = CATGA_SOME(1), .lines = CATGA_SLICE(lines), .best = &lines[0]);
    assert(whole.best->quantity == 5 && whole.lines.length == 3);
    return 0;
}
