/*
 * The handlers of NotificationService. Two handlers receive every OrderCreated. They run
 * independently: neither waits for the other, and a failure of one does not affect the other. An
 * event has no reply, so a handler only returns whether it succeeded.
 */
#include "notifications.h"

#include "shop_log.h"

#include <inttypes.h>
#include <shop/orders.catga.h>

enum { JSON_MAX = 2048 };

static catga_status handle_notify(catga_context *context, shop_orders_order_created_view event)
{
    notification_context *self = catga_context_user(context);
    catga_string order_id = shop_orders_order_created_get_order_id(event);
    catga_string customer_id = shop_orders_order_created_get_customer_id(event);
    catga_string product_name = shop_orders_order_created_get_product_name(event);
    char total[CATGA_DECIMAL_TEXT];

    shop_info(context, "收到事件: OrderCreated [OrderId=%.*s]", CATGA_PRINT(order_id));
    catga_decimal_text(shop_orders_order_created_get_total(event), 2, total);
    shop_info(context,
              "📧 邮件通知已发送 - 订单: %.*s, 客户: %.*s, 产品: %.*s, 数量: %" PRIu32 ", 总额: ¥%s",
              CATGA_PRINT(order_id), CATGA_PRINT(customer_id), CATGA_PRINT(product_name),
              shop_orders_order_created_get_quantity(event), total);
    shop_info(context, "📱 短信通知已发送 - 订单: %.*s, 客户: %.*s, 总额: ¥%s",
              CATGA_PRINT(order_id), CATGA_PRINT(customer_id), total);
    atomic_fetch_add(&self->notified, 1);
    return CATGA_OK;
}

static catga_status handle_audit(catga_context *context, shop_orders_order_created_view event)
{
    notification_context *self = catga_context_user(context);
    char json[JSON_MAX];

    shop_orders_order_created_print(event, json, sizeof json);
    shop_info(context, "📊 审计日志记录 - 新订单创建: %s", json);
    atomic_fetch_add(&self->audited, 1);
    return CATGA_OK;
}

/* Returns whether the customer has closed the account since ordering. */
static bool is_gone(catga_string customer_id)
{
    return customer_id.length >= 5 && memcmp(customer_id.data, "GONE-", 5) == 0;
}

/*
 * OrderShipped is stored. It waits while no notification service runs, and is retried up to three
 * times when this handler fails. It may also be delivered twice; two messages with the same number
 * do less harm than none. An event that no retry can help is rejected, and becomes a dead letter
 * with the reason.
 */
static catga_status handle_track(catga_context *context, shop_orders_order_shipped_view event)
{
    notification_context *self = catga_context_user(context);
    catga_string order_id = shop_orders_order_shipped_get_order_id(event);
    catga_string customer_id = shop_orders_order_shipped_get_customer_id(event);

    shop_info(context, "收到事件: OrderShipped [OrderId=%.*s]", CATGA_PRINT(order_id));
    if (is_gone(customer_id)) {
        shop_warn(context, "无法发送发货通知 - 订单: %.*s, 客户: %.*s 已销户",
                  CATGA_PRINT(order_id), CATGA_PRINT(customer_id));
        return catga_reject(context, "%.*s has closed the account", CATGA_PRINT(customer_id));
    }
    shop_info(context, "🚚 发货通知已发送 - 订单: %.*s, 客户: %.*s, 运单号: %.*s",
              CATGA_PRINT(order_id), CATGA_PRINT(customer_id),
              CATGA_PRINT(shop_orders_order_shipped_get_tracking_number(event)));
    atomic_fetch_add(&self->tracked, 1);
    return CATGA_OK;
}

void notification_context_init(notification_context *self)
{
    atomic_init(&self->notified, 0);
    atomic_init(&self->audited, 0);
    atomic_init(&self->tracked, 0);
}

catga_status notification_context_serve(notification_context *self, catga_bus *bus)
{
    static const shop_orders_notification_service service =
        SHOP_ORDERS_NOTIFICATION_SERVICE(handle);

    return shop_orders_notification_service_serve(bus, &service, self);
}
