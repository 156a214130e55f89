/* The connection of the test client, and a step that several parts use: placing an order. */
#include "client.h"

#include <ctype.h>
#include <stdio.h>

catga_status client_open(shop_client *self, const catga_options *options)
{
    self->checks = (shop_checks){.program = "test-client"};
    event_log_open(&self->watch);
    catga_status status = catga_open(&self->bus, options);
    if (status == CATGA_OK)
        status = event_log_serve(&self->watch, self->bus);
    if (status != CATGA_OK)
        client_close(self);
    return status;
}

/* Closes the bus first: its threads may bring events to the event log until then. */
void client_close(shop_client *self)
{
    catga_close(self->bus);
    event_log_close(&self->watch);
}

/* Writes eight upper-case hexadecimal digits. */
static bool is_order_id(catga_string id)
{
    if (id.length != 8)
        return false;
    for (size_t i = 0; i < id.length; i++)
        if (!isdigit((unsigned char)id.data[i]) && (id.data[i] < 'A' || id.data[i] > 'F'))
            return false;
    return true;
}

void client_check_result(shop_client *self, shop_orders_order_result_view result, int64_t total)
{
    catga_string id = shop_orders_order_result_get_order_id(result);
    const char *status = shop_orders_order_status_name(shop_orders_order_result_get_status(result));
    char text[CATGA_DECIMAL_TEXT];

    step_gave(&self->checks, "order %.*s, total %s, %s", CATGA_PRINT(id),
              catga_decimal_text(shop_orders_order_result_get_total(result), 2, text), status);
    expect_true(&self->checks, "the order's id is eight hexadecimal digits", is_order_id(id));
    expect_money(&self->checks, "the total", shop_orders_order_result_get_total(result), total);
    expect_text(&self->checks, "the status", catga_str(status), "Created");
}

/*
 * Frees the reply also after a failed call. The view and the error's text live until then, so copy
 * what is needed longer.
 */
catga_status client_order(shop_client *self, const char *customer_id, const char *product_id,
                          int64_t total, char order_id[65])
{
    const shop_orders_create_order command =
        SHOP_ORDERS_CREATE_ORDER(.customer_id = catga_str(customer_id),
                                 .product_id = catga_str(product_id), .quantity = 1);
    shop_orders_order_result_reply reply;

    step(&self->checks, "%s orders one %s", customer_id, product_id);
    catga_status status = shop_orders_create_order_call(self->bus, &command, &reply);
    if (status == CATGA_OK) {
        client_check_result(self, reply.view, total);
        snprintf(order_id, 65, "%.*s",
                 CATGA_PRINT(shop_orders_order_result_get_order_id(reply.view)));
    } else {
        step_gave(&self->checks, "%s: %.*s", catga_status_name(status),
                  CATGA_PRINT(reply.error.text));
    }
    shop_orders_order_result_reply_free(&reply);
    return status;
}
