/*
 * Ships an order. The answer comes when OrderShipped is stored. From then on every subscribed
 * service receives the event, also after an absence.
 */
#include "client.h"

#include <shop/orders.catga.h>
#include <stdio.h>

static void ship(shop_client *self, const char *order_id)
{
    const shop_orders_ship_order command = SHOP_ORDERS_SHIP_ORDER(.order_id = catga_str(order_id));
    shop_orders_ship_result_reply reply;
    char wanted[32];

    snprintf(wanted, sizeof wanted, "TRK-%s", order_id);
    catga_status status = shop_orders_ship_order_call(self->bus, &command, &reply);
    if (expect_status(&self->checks, "the outcome", status, CATGA_OK)) {
        catga_string number = shop_orders_ship_result_get_tracking_number(reply.view);
        step_gave(&self->checks, "tracking number %.*s", CATGA_PRINT(number));
        expect_text(&self->checks, "the tracking number", number, wanted);
    } else {
        step_gave(&self->checks, "%s: %.*s", catga_status_name(status),
                  CATGA_PRINT(reply.error.text));
    }
    shop_orders_ship_result_reply_free(&reply);
}

static void see_status(shop_client *self, const char *order_id)
{
    const shop_orders_get_order query = SHOP_ORDERS_GET_ORDER(.order_id = catga_str(order_id));
    shop_orders_order_reply reply;

    step(&self->checks, "The order %s is queried", order_id);
    catga_status status = shop_orders_get_order_call(self->bus, &query, &reply);
    if (expect_status(&self->checks, "the outcome", status, CATGA_OK)) {
        const char *name = shop_orders_order_status_name(shop_orders_order_get_status(reply.view));
        step_gave(&self->checks, "%s", name);
        expect_text(&self->checks, "its status", catga_str(name), "Shipped");
    }
    shop_orders_order_reply_free(&reply);
}

bool client_order_and_ship(shop_client *self, const char *customer_id, char order_id[65])
{
    catga_status status = client_order(self, customer_id, "PROD-004", 219999, order_id);

    if (!expect_status(&self->checks, "the outcome", status, CATGA_OK))
        return false;
    step(&self->checks, "The order %s is shipped", order_id);
    ship(self, order_id);
    return true;
}

void client_shows_shipping(shop_client *self)
{
    char order_id[65];

    if (!client_order_and_ship(self, "CUST-007", order_id))
        return;
    see_status(self, order_id);
    step(&self->checks, "The order %s is shipped again, and is still one parcel", order_id);
    ship(self, order_id);
}
