/*
 * checks.h: code that both languages compile without a warning: a service, enums in and out of
 * messages, and a status that is discarded on purpose.
 */
#include "usage.catga.h"

#include <assert.h>

static catga_status my_order(catga_context *context, test_usage_order_view request)
{
    if (test_usage_order_get_customer_id(request).length == 0)
        return test_usage_usage_error_not_there(context, "no customer");
    return test_usage_order_reply(context, &TEST_USAGE_LINE(.color = TEST_USAGE_COLOR_BLUE));
}

static catga_status my_find(catga_context *context, test_usage_find_view request)
{
    (void)request;
    return test_usage_find_reply(context, &TEST_USAGE_LINE());
}

static catga_status my_hear(catga_context *context, test_usage_ordered_view event)
{
    (void)event;
    test_usage_ordered_publish(catga_context_bus(context),
                               &TEST_USAGE_ORDERED()); /* the event may be lost anyway */
    catga_ignore(test_usage_shipped_publish(catga_context_bus(context), &TEST_USAGE_SHIPPED()));
    return CATGA_OK;
}

static catga_status my_ship(catga_context *context, test_usage_shipped_view event)
{
    (void)event;
    return catga_retry_after(context, 100);
}

static const test_usage_desk desk = TEST_USAGE_DESK(my);

static int rank(enum test_usage_color_value color)
{
    switch (color) {
    case TEST_USAGE_COLOR_RED:
        return 1;
    case TEST_USAGE_COLOR_GREEN:
        return 2;
    case TEST_USAGE_COLOR_BLUE:
        return 3;
    }
    return 0; /* from a newer sender */
}

/* Encodes a line with that color, and reads it. */
static int rank_on_the_wire(test_usage_color color)
{
    uint8_t bytes[256];
    size_t length;
    test_usage_line_view view;
    test_usage_line line = TEST_USAGE_LINE_INIT;

    line.color = color;
    assert(test_usage_line_encode(&line, bytes, sizeof bytes, &length, NULL) == CATGA_OK);
    assert(test_usage_line_open(bytes, length, &view, NULL) == CATGA_OK);
    line.color = test_usage_line_get_color(view);
    assert(line.color == color && sizeof line.color == 1);
    return rank(test_usage_line_get_color(view));
}

static int run(void)
{
    assert(desk.order == my_order && desk.ship == my_ship);
    assert(rank_on_the_wire(TEST_USAGE_COLOR_RED) == 1);
    assert(rank_on_the_wire(TEST_USAGE_COLOR_GREEN) == 2);
    assert(rank_on_the_wire(TEST_USAGE_COLOR_BLUE) == 3);
    assert(rank_on_the_wire(200) == 0);
    return 0;
}
