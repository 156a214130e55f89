/*
 * Sends an order twice, as a customer does who did not see the answer, or a program that was
 * restarted. Both have the id of the order form, so one order is made.
 */
#include "client.h"

#include <inttypes.h>
#include <shop/orders.catga.h>
#include <stdio.h>

/* Sends the order form, and writes the id of the resulting order to order_id. */
static void send_form(shop_client *self, const char *form, char order_id[65])
{
    const shop_orders_create_order command =
        SHOP_ORDERS_CREATE_ORDER(.customer_id = CATGA_STR("CUST-009"),
                                 .product_id = CATGA_STR("PROD-002"), .quantity = 1);
    shop_orders_order_result_reply reply;

    order_id[0] = '\0';
    step(&self->checks, "CUST-009 sends the order form %s", form);
    catga_status status =
        shop_orders_create_order_call_with_id(self->bus, catga_str(form), &command, &reply);
    if (expect_status(&self->checks, "the outcome", status, CATGA_OK)) {
        client_check_result(self, reply.view, 19999);
        snprintf(order_id, 65, "%.*s",
                 CATGA_PRINT(shop_orders_order_result_get_order_id(reply.view)));
    }
    shop_orders_order_result_reply_free(&reply);
}

void client_shows_twice(shop_client *self)
{
    char form[32];
    char first[65];
    char second[65];

    snprintf(form, sizeof form, "form-%" PRIx64, (uint64_t)catga_timestamp_now());
    send_form(self, form, first);
    send_form(self, form, second);
    expect_text(&self->checks, "the order's id", catga_str(second), first);
}
