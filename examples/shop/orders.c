/*
 * The handlers of OrderService.
 *
 * They run on several threads at once (options.workers), so what they share, the order desk, is
 * made for that. A request is read in place: what is to outlive the handler is copied. A reply is
 * encoded inside the call that sends it, so it may point at locals.
 */
#include "orders.h"

#include "shop_log.h"

#include <shop/orders.catga.h>

#include <inttypes.h>

enum { JSON_MAX = 1024 };

/*
 * Tells whoever listens. The order stands even if nobody hears of it: OrderCreated is declared at
 * most once.
 */
static void announce(catga_context *context, const shop_order *order)
{
    const shop_orders_order_created event = {
        .order_id = catga_str(order->id),
        .customer_id = catga_str(order->customer_id),
        .product_id = catga_str(order->product->id),
        .product_name = catga_str(order->product->name),
        .quantity = order->quantity,
        .total = order->total,
        .created_at = order->created_at,
    };
    catga_status status = shop_orders_order_created_publish(catga_context_bus(context), &event);

    if (status != CATGA_OK)
        shop_warn(context, "订单事件未发布: %s, 原因: %s", order->id, catga_status_text(status));
}

static catga_status accept(catga_context *context, const shop_order *order)
{
    char total[CATGA_DECIMAL_TEXT];
    const shop_orders_order_result result = {
        .order_id = catga_str(order->id),
        .total = order->total,
        .status = SHOP_ORDERS_ORDER_STATUS_CREATED,
        .created_at = order->created_at,
    };

    shop_info(context, "订单创建成功: %s, 总金额: %s", order->id,
              catga_decimal_text(order->total, 2, total));
    announce(context, order);
    return shop_orders_create_order_reply(context, &result);
}

static catga_status handle_create_order(catga_context *context,
                                        shop_orders_create_order_view request)
{
    order_desk *desk = catga_context_user(context);
    catga_string customer_id = shop_orders_create_order_get_customer_id(request);
    catga_string product_id = shop_orders_create_order_get_product_id(request);
    uint32_t quantity = shop_orders_create_order_get_quantity(request);
    uint32_t left;
    char json[JSON_MAX];

    shop_orders_create_order_print(request, json, sizeof json);
    shop_info(context, "处理创建订单命令: %s", json);

    shop_product *product = catalogue_find(&desk->catalogue, product_id);
    if (product == NULL) {
        shop_warn(context, "产品不存在: %.*s", CATGA_PRINT(product_id));
        return shop_orders_order_error_product_not_found(context, "no product %.*s",
                                                         CATGA_PRINT(product_id));
    }
    if (!product_take(product, quantity, &left)) {
        shop_warn(context, "库存不足: %s, 剩余: %" PRIu32 ", 需要: %" PRIu32, product->name, left,
                  quantity);
        return shop_orders_order_error_insufficient_stock(
            context, "%" PRIu32 " of %s (%s) left, %" PRIu32 " ordered", left, product->id,
            product->name, quantity);
    }
    const shop_order *order = order_store_add(&desk->orders, customer_id, product, quantity);
    if (order == NULL) {
        product_give_back(product, quantity);
        return CATGA_NO_MEMORY; /* the caller is told CATGA_HANDLER_FAILED, and this reason */
    }
    return accept(context, order);
}

static catga_status handle_get_order(catga_context *context, shop_orders_get_order_view request)
{
    const order_desk *desk = catga_context_user(context);
    catga_string id = shop_orders_get_order_get_order_id(request);
    const shop_order *order = order_store_find(&desk->orders, id);

    if (order == NULL) {
        shop_warn(context, "订单不存在: %.*s", CATGA_PRINT(id));
        return shop_orders_order_error_order_not_found(context, "no order %.*s", CATGA_PRINT(id));
    }
    const shop_orders_order result = {
        .order_id = catga_str(order->id),
        .customer_id = catga_str(order->customer_id),
        .product_id = catga_str(order->product->id),
        .product_name = catga_str(order->product->name),
        .quantity = order->quantity,
        .unit_price = order->product->price,
        .total = order->total,
        .status = SHOP_ORDERS_ORDER_STATUS_CREATED,
        .created_at = order->created_at,
    };
    shop_info(context, "查询订单: %s", order->id);
    return shop_orders_get_order_reply(context, &result);
}

void order_desk_open(order_desk *self)
{
    catalogue_init(&self->catalogue);
    order_store_open(&self->orders);
}

void order_desk_close(order_desk *self)
{
    order_store_close(&self->orders);
}

catga_status order_desk_serve(order_desk *self, catga_bus *bus)
{
    static const shop_orders_order_service service = SHOP_ORDERS_ORDER_SERVICE(handle);

    return shop_orders_order_service_serve(bus, &service, self);
}
