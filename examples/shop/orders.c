/*
 * The handlers of OrderService.
 *
 * They run on several threads at once (options.workers), so their shared data is atomic. A request
 * is read in place: copy what must outlive the handler. A reply is encoded in the call that sends
 * it, so it may point to locals.
 */
#include "orders.h"

#include "shop_log.h"

#include <inttypes.h>
#include <shop/orders.catga.h>
#include <stdio.h>

enum { JSON_MAX = 1024, TRACKING_MAX = 32 };

static const char *instance(catga_context *context)
{
    return catga_instance(catga_context_bus(context));
}

/* ---- CreateOrder ---- */

/*
 * Publishes OrderCreated. The order stands even if nobody receives the event, which is at most
 * once.
 */
static void announce(catga_context *context, const shop_order *order, const shop_product *product)
{
    const shop_orders_order_created event =
        SHOP_ORDERS_ORDER_CREATED(.order_id = catga_str(order->id),
                                  .customer_id = catga_str(order->customer_id),
                                  .product_id = catga_str(product->id),
                                  .product_name = catga_str(product->name),
                                  .quantity = order->quantity, .total = order->total,
                                  .created_at = order->created_at);
    catga_status status = shop_orders_order_created_publish(catga_context_bus(context), &event);

    if (status != CATGA_OK)
        shop_warn(context, "订单事件未发布: %s, 原因: %s", order->id, catga_status_text(status));
}

static catga_status accept(catga_context *context, const shop_order *order)
{
    char total[CATGA_DECIMAL_TEXT];

    const shop_orders_order_result result =
        SHOP_ORDERS_ORDER_RESULT(.order_id = catga_str(order->id), .total = order->total,
                                 .status = SHOP_ORDERS_ORDER_STATUS_CREATED,
                                 .created_at = order->created_at,
                                 .processed_by = catga_str(instance(context)));

    shop_info(context, "订单创建成功: %s, 总金额: %s", order->id,
              catga_decimal_text(order->total, 2, total));
    return shop_orders_create_order_reply(context, &result);
}

/*
 * CreateOrder is idempotent: this handler runs once per id, unless an attempt was killed. The
 * killed attempt may have made the order. So the order stores the command's id, and this handler
 * looks for it.
 */
static const shop_order *made_before(catga_context *context, order_store *orders)
{
    const catga_claim *claim = catga_context_claim(context);

    return claim != NULL && claim->attempt > 1 ? order_store_made_by(orders, claim->key) : NULL;
}

static catga_status handle_create_order(catga_context *context,
                                        shop_orders_create_order_view request)
{
    order_context *service = catga_context_user(context);
    shop_state *state = service->state;
    catga_string customer_id = shop_orders_create_order_get_customer_id(request);
    catga_string product_id = shop_orders_create_order_get_product_id(request);
    uint32_t quantity = shop_orders_create_order_get_quantity(request);
    uint32_t left;
    char json[JSON_MAX];

    shop_info(context, "处理命令: CreateOrder");
    shop_orders_create_order_print(request, json, sizeof json);
    shop_info(context, "处理创建订单命令: %s", json);

    const shop_order *order = made_before(context, &state->orders);
    if (order != NULL)
        return accept(context, order);
    const shop_product *product = catalogue_find(product_id);
    if (product == NULL) {
        shop_warn(context, "产品不存在: %.*s", CATGA_PRINT(product_id));
        return shop_orders_order_error_product_not_found(context, "no product %.*s",
                                                         CATGA_PRINT(product_id));
    }
    if (!shelves_take(&state->shelves, product, quantity, &left)) {
        shop_warn(context, "库存不足: %s, 剩余: %" PRIu32 ", 需要: %" PRIu32, product->name, left,
                  quantity);
        return shop_orders_order_error_insufficient_stock(
            context, "%" PRIu32 " of %s (%s) left, %" PRIu32 " ordered", left, product->id,
            product->name, quantity);
    }
    order = order_store_add(&state->orders, catga_context_message_id(context), customer_id, product,
                            quantity);
    if (order == NULL) {
        shelves_give_back(&state->shelves, product, quantity);
        return CATGA_NO_MEMORY; /* the caller gets CATGA_HANDLER_FAILED with this reason */
    }
    shop_info(context, "📦 Processing order %s on %s", order->id, instance(context));
    announce(context, order, product);
    return accept(context, order);
}

/* ---- ShipOrder ---- */

/*
 * Returns when the event is stored: from then on every subscriber receives it. The tracking number
 * is made from the order's id, so an order that is shipped twice because the first answer was lost
 * is one parcel.
 */
static catga_status ship(catga_context *context, shop_order *order, const char *tracking_number)
{
    const shop_orders_order_shipped event =
        SHOP_ORDERS_ORDER_SHIPPED(.order_id = catga_str(order->id),
                                  .customer_id = catga_str(order->customer_id),
                                  .tracking_number = catga_str(tracking_number),
                                  .shipped_at = catga_timestamp_now());
    catga_status status = shop_orders_order_shipped_publish(catga_context_bus(context), &event);

    if (status == CATGA_OK) {
        atomic_store(&order->shipped, true);
        shop_info(context, "订单已发货: %s, 运单号: %s", order->id, tracking_number);
    } else {
        shop_warn(context, "订单未发货: %s, 原因: %s", order->id, catga_status_text(status));
    }
    return status;
}

static catga_status handle_ship_order(catga_context *context, shop_orders_ship_order_view request)
{
    order_context *service = catga_context_user(context);
    catga_string id = shop_orders_ship_order_get_order_id(request);
    shop_order *order = order_store_find(&service->state->orders, id);
    catga_status status = CATGA_OK;
    char tracking_number[TRACKING_MAX];

    shop_info(context, "处理命令: ShipOrder");
    if (order == NULL) {
        shop_warn(context, "订单不存在: %.*s", CATGA_PRINT(id));
        return shop_orders_order_error_order_not_found(context, "no order %.*s", CATGA_PRINT(id));
    }
    snprintf(tracking_number, sizeof tracking_number, "TRK-%s", order->id);
    if (!atomic_load(&order->shipped))
        status = ship(context, order, tracking_number);
    if (status != CATGA_OK)
        return status;
    const shop_orders_ship_result result =
        SHOP_ORDERS_SHIP_RESULT(.order_id = catga_str(order->id),
                                .tracking_number = catga_str(tracking_number));
    return shop_orders_ship_order_reply(context, &result);
}

/* ---- GetOrder ---- */

static catga_status handle_get_order(catga_context *context, shop_orders_get_order_view request)
{
    order_context *service = catga_context_user(context);
    catga_string id = shop_orders_get_order_get_order_id(request);
    const shop_order *order = order_store_find(&service->state->orders, id);

    if (order == NULL) {
        shop_warn(context, "订单不存在: %.*s", CATGA_PRINT(id));
        return shop_orders_order_error_order_not_found(context, "no order %.*s", CATGA_PRINT(id));
    }
    const shop_product *product = catalogue_find(catga_str(order->product_id));
    const shop_orders_order result =
        SHOP_ORDERS_ORDER(.order_id = catga_str(order->id),
                          .customer_id = catga_str(order->customer_id),
                          .product_id = catga_str(order->product_id),
                          .product_name = catga_str(product->name), .quantity = order->quantity,
                          .unit_price = product->price, .total = order->total,
                          .status = atomic_load(&order->shipped) ? SHOP_ORDERS_ORDER_STATUS_SHIPPED
                                                                 : SHOP_ORDERS_ORDER_STATUS_CREATED,
                          .created_at = order->created_at);
    shop_info(context, "查询订单: %s", order->id);
    return shop_orders_get_order_reply(context, &result);
}

/* ---- Events that every replica receives ---- */

static catga_status handle_hear_created(catga_context *context,
                                        shop_orders_order_created_view event)
{
    order_context *service = catga_context_user(context);

    shop_info(context, "📝 [QoS 0] Order created event received (may be lost): %.*s",
              CATGA_PRINT(shop_orders_order_created_get_order_id(event)));
    atomic_fetch_add(&service->created_heard, 1);
    return CATGA_OK;
}

/*
 * Marks the order as shipped. The event is the truth: a replica may be killed after storing the
 * event and before marking the order, so every replica marks it.
 */
static catga_status handle_hear_shipped(catga_context *context,
                                        shop_orders_order_shipped_view event)
{
    order_context *service = catga_context_user(context);
    catga_string id = shop_orders_order_shipped_get_order_id(event);
    shop_order *order = order_store_find(&service->state->orders, id);

    shop_info(context, "📦 [QoS 1] Order shipped event received (guaranteed delivery): %.*s",
              CATGA_PRINT(id));
    if (order != NULL)
        atomic_store(&order->shipped, true);
    atomic_fetch_add(&service->shipped_heard, 1);
    return CATGA_OK;
}

/* ---- The context ---- */

bool order_context_open(order_context *self, const char *file)
{
    atomic_init(&self->created_heard, 0);
    atomic_init(&self->shipped_heard, 0);
    self->state = shop_state_open(file);
    return self->state != NULL;
}

void order_context_close(order_context *self)
{
    shop_state_close(self->state);
}

catga_status order_context_serve(order_context *self, catga_bus *bus)
{
    static const shop_orders_order_service service = SHOP_ORDERS_ORDER_SERVICE(handle);

    return shop_orders_order_service_serve(bus, &service, self);
}
