/* Places an order, queries it, and receives its event. */
#include "client.h"

#include <shop/orders.catga.h>

enum { EVENT_WAIT_MS = 5000 };

/* Queries everything that the shop knows of an order. */
static void check_order(shop_client *self, shop_orders_order_view order, const char *order_id)
{
    shop_checks *steps = &self->checks;

    expect_text(steps, "its id", shop_orders_order_get_order_id(order), order_id);
    expect_text(steps, "its customer", shop_orders_order_get_customer_id(order), "CUST-001");
    expect_text(steps, "its product", shop_orders_order_get_product_id(order), "PROD-001");
    expect_text(steps, "its product's name", shop_orders_order_get_product_name(order),
                "笔记本电脑");
    expect_number(steps, "its quantity", shop_orders_order_get_quantity(order), 1);
    expect_money(steps, "its unit price", shop_orders_order_get_unit_price(order), 599999);
    expect_money(steps, "its total", shop_orders_order_get_total(order), 599999);
    expect_number(steps, "its status", shop_orders_order_get_status(order),
                  SHOP_ORDERS_ORDER_STATUS_CREATED);
    expect_true(steps, "it was created within the last hour",
                catga_timestamp_now() - shop_orders_order_get_created_at(order) <
                    3600 * INT64_C(1000000000));
}

static void find_order(shop_client *self, const char *order_id)
{
    const shop_orders_get_order query = SHOP_ORDERS_GET_ORDER(.order_id = catga_str(order_id));
    shop_orders_order_reply reply;
    char json[1024];

    step(&self->checks, "The order %s is queried", order_id);
    catga_status status = shop_orders_get_order_call(self->bus, &query, &reply);
    if (expect_status(&self->checks, "the outcome", status, CATGA_OK)) {
        shop_orders_order_print(reply.view, json, sizeof json);
        step_gave(&self->checks, "%s", json);
        check_order(self, reply.view, order_id);
    }
    shop_orders_order_reply_free(&reply);
}

static void see_event(shop_client *self, const char *order_id)
{
    logged_event event;

    step(&self->checks, "The event of order %s arrives", order_id);
    if (!expect_true(&self->checks, "it arrived",
                     event_log_wait(&self->watch, order_id, EVENT_WAIT_MS, &event)))
        return;
    step_gave(&self->checks, "OrderCreated %s: %s, %s", event.order_id, event.customer_id,
              event.product_name);
    expect_text(&self->checks, "its customer", catga_str(event.customer_id), "CUST-001");
    expect_text(&self->checks, "its product's name", catga_str(event.product_name), "笔记本电脑");
    expect_number(&self->checks, "its quantity", event.quantity, 1);
    expect_money(&self->checks, "its total", event.total, 599999);
}

void client_shows_orders(shop_client *self)
{
    char order_id[65];

    catga_status status = client_order(self, "CUST-001", "PROD-001", 599999, order_id);
    if (!expect_status(&self->checks, "the outcome", status, CATGA_OK))
        return;
    find_order(self, order_id);
    see_event(self, order_id);
}
