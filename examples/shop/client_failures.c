/*
 * Failed calls. An error that the schema declares arrives as CATGA_DECLARED_ERROR with its number.
 * Programs decide by the number; the text is for people.
 */
#include "client.h"

#include <shop/orders.catga.h>

static void check_declared(shop_client *self, catga_status status, const catga_error *error,
                           uint32_t code, const char *name)
{
    step_gave(&self->checks, "%u %.*s: %.*s", error->code, CATGA_PRINT(error->name),
              CATGA_PRINT(error->text));
    expect_status(&self->checks, "the outcome", status, CATGA_DECLARED_ERROR);
    expect_number(&self->checks, "the error's code", error->code, code);
    expect_text(&self->checks, "the error's name", error->name, name);
    expect_true(&self->checks, "the error has a text", error->text.length != 0);
}

static void order_in_vain(shop_client *self, const shop_orders_create_order *command, uint32_t code,
                          const char *name)
{
    shop_orders_order_result_reply reply;

    step(&self->checks, "%.*s orders %u of %.*s", CATGA_PRINT(command->customer_id),
         command->quantity, CATGA_PRINT(command->product_id));
    catga_status status = shop_orders_create_order_call(self->bus, command, &reply);
    check_declared(self, status, &reply.error, code, name);
    shop_orders_order_result_reply_free(&reply);
}

static void ask_in_vain(shop_client *self)
{
    const shop_orders_get_order query = SHOP_ORDERS_GET_ORDER(.order_id = CATGA_STR("NO-ORDER"));
    shop_orders_order_reply reply;

    step(&self->checks, "The order NO-ORDER is queried");
    catga_status status = shop_orders_get_order_call(self->bus, &query, &reply);
    check_declared(self, status, &reply.error, SHOP_ORDERS_ORDER_ERROR_ORDER_NOT_FOUND,
                   "shop.orders.OrderError.OrderNotFound");
    shop_orders_order_reply_free(&reply);
}

/* The schema says @range(1..MAX_QUANTITY), so the client does not send this message. */
static void order_nothing(shop_client *self)
{
    const shop_orders_create_order command =
        SHOP_ORDERS_CREATE_ORDER(.customer_id = CATGA_STR("CUST-001"),
                                 .product_id = CATGA_STR("PROD-001"), .quantity = 0);
    shop_orders_order_result_reply reply;

    step(&self->checks, "CUST-001 orders none of PROD-001");
    catga_status status = shop_orders_create_order_call(self->bus, &command, &reply);
    step_gave(&self->checks, "%s: %.*s", catga_status_name(status), CATGA_PRINT(reply.error.text));
    expect_status(&self->checks, "the outcome", status, CATGA_INVALID_MESSAGE);
    shop_orders_order_result_reply_free(&reply);
}

void client_shows_failures(shop_client *self)
{
    const shop_orders_create_order unknown =
        SHOP_ORDERS_CREATE_ORDER(.customer_id = CATGA_STR("CUST-003"),
                                 .product_id = CATGA_STR("PROD-999"), .quantity = 1);
    const shop_orders_create_order too_many =
        SHOP_ORDERS_CREATE_ORDER(.customer_id = CATGA_STR("CUST-002"),
                                 .product_id = CATGA_STR("PROD-001"), .quantity = 999);

    order_in_vain(self, &unknown, SHOP_ORDERS_ORDER_ERROR_PRODUCT_NOT_FOUND,
                  "shop.orders.OrderError.ProductNotFound");
    order_in_vain(self, &too_many, SHOP_ORDERS_ORDER_ERROR_INSUFFICIENT_STOCK,
                  "shop.orders.OrderError.InsufficientStock");
    ask_in_vain(self);
    order_nothing(self);
}
