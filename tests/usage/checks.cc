// The same in C++17 and C++20.
#include "checks.h"

#if CASE == 1 // says: unused.result|ignoring return value
void mistake(catga_bus *bus, const test_usage_order &order, test_usage_line_reply *reply)
{
    test_usage_order_call(bus, &order, reply);
}
#endif
#if CASE == 2 // says: unused.result|ignoring return value
void mistake(catga_context *context)
{
    test_usage_usage_error_not_there(context, "no %s", "x");
}
#endif
#if CASE == 3 // says: enumeration value .TEST_USAGE_COLOR_BLUE. not handled
int mistake(test_usage_line_view view)
{
    switch (test_usage_line_get_color(view)) {
    case TEST_USAGE_COLOR_RED:
        return 1;
    case TEST_USAGE_COLOR_GREEN:
        return 2;
    }
    return 3;
}
#endif
#if CASE == 4 // says: compar.*(test_usage_color_value|test_usage_shape_value)
bool mistake(test_usage_line_view view)
{
    return test_usage_line_get_color(view) == TEST_USAGE_SHAPE_ROUND;
}
#endif
#if CASE == 5 // says: cannot convert|no matching function
int mistake()
{
    return rank(TEST_USAGE_SHAPE_SQUARE);
}
#endif
#if CASE == 6 // says: invalid conversion|cannot initialize
static catga_status mine_find(catga_context *context, test_usage_order_view request)
{
    (void)request;
    return catga_reject(context, "not here");
}
#define mine_order my_order
#define mine_hear  my_hear
#define mine_ship  my_ship
extern const test_usage_desk mistake;
const test_usage_desk mistake = TEST_USAGE_DESK(mine);
#endif

int main()
{
    return run();
}
