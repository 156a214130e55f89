/* Mistakes that compilers find: ignored statuses, confused enums, handlers of another type. */
#include "checks.h"

#if CASE == 1 /* says: unused.result|ignoring return value */
void mistake(catga_bus *bus)
{
    test_usage_line_reply reply;

    test_usage_order_call(bus, &TEST_USAGE_ORDER(), &reply);
}
#endif
#if CASE == 2 /* says: unused.result|ignoring return value */
void mistake(catga_bus *bus)
{
    test_usage_order_send(bus, &TEST_USAGE_ORDER(), NULL, NULL);
}
#endif
#if CASE == 3 /* says: unused.result|ignoring return value */
void mistake(catga_context *context)
{
    test_usage_usage_error_not_there(context, "no %s", "x");
}
#endif
#if CASE == 4 /* says: unused.result|ignoring return value */
void mistake(catga_context *context)
{
    test_usage_order_reply(context, &TEST_USAGE_LINE());
}
#endif
#if CASE == 5 /* says: unused.result|ignoring return value */
void mistake(catga_bus *bus)
{
    test_usage_shipped_publish(bus, &TEST_USAGE_SHIPPED());
}
#endif
#if CASE == 6 /* says: unused.result|ignoring return value */
void mistake(catga_bus *bus)
{
    test_usage_shipped_publish_async(bus, &TEST_USAGE_SHIPPED(), NULL, NULL);
}
#endif
#if CASE == 7 /* says: unused.result|ignoring return value */
void mistake(catga_bus *bus)
{
    test_usage_desk_serve(bus, &desk, NULL);
}
#endif
#if CASE == 8 /* says: unused.result|ignoring return value */
void mistake(catga_context *context)
{
    catga_reject(context, "never");
}
#endif
#if CASE == 9 /* says: unused.result|ignoring return value */
void mistake(const void *bytes, size_t length, test_usage_line_view *view)
{
    test_usage_line_open(bytes, length, view, NULL);
}
#endif
#if CASE == 10 /* says: enumeration value .TEST_USAGE_COLOR_BLUE. not handled */
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
#if CASE == 11 /* says: enumeration value .TEST_USAGE_COLOR_BLUE. not handled */
int mistake(const test_usage_line *line)
{
    switch ((enum test_usage_color_value)line->color) {
    case TEST_USAGE_COLOR_RED:
        return 1;
    case TEST_USAGE_COLOR_GREEN:
        return 2;
    }
    return 3;
}
#endif
#if CASE == 12 /* says: conversion from .*enum test_usage_shape_value|enumeration type .enum       \
                  test_usage_shape_value */
int mistake(void)
{
    return rank(TEST_USAGE_SHAPE_SQUARE);
}
#endif
#if CASE == 13 /* says: catga_status mine_find.catga_context .context, test_usage_find_view */
static catga_status mine_find(catga_context *context, test_usage_order_view request)
{
    (void)request;
    return catga_reject(context, "not here");
}
#define mine_order my_order
#define mine_hear  my_hear
#define mine_ship  my_ship
const test_usage_desk mistake = TEST_USAGE_DESK(mine);
#endif
#if CASE == 14 /* says: the handler must be: catga_status mine_order */
static void mine_order(catga_context *context, test_usage_order_view request)
{
    (void)context;
    (void)request;
}
#define mine_find my_find
#define mine_hear my_hear
#define mine_ship my_ship
const test_usage_desk mistake = TEST_USAGE_DESK(mine);
#endif
#if CASE == 15 /* says: your_ship. undeclared|undeclared identifier .your_ship */
#define your_order my_order
#define your_find  my_find
#define your_hear  my_hear
const test_usage_desk mistake = TEST_USAGE_DESK(your);
#endif

int main(void)
{
    return run();
}
