/*
 * The program cluster_notification_service: every replica receives each order, one replica sends
 * the e-mail, and one the tracking number.
 */
#include "orders.catga.h"
#include "program.h"
#include "shop_log.h"

static catga_status handle_hear(catga_context *context, cluster_orders_order_created_view event)
{
    shop_info(context, "收到事件: OrderCreatedEvent [OrderId=%.*s]",
              CATGA_PRINT(cluster_orders_order_created_get_order_id(event)));
    return CATGA_OK;
}

static catga_status handle_notify(catga_context *context, cluster_orders_order_created_view event)
{
    char total[CATGA_DECIMAL_TEXT];

    shop_info(context, "📧 邮件通知已发送 - 订单: %.*s, 客户: %.*s, 总额: ¥%s",
              CATGA_PRINT(cluster_orders_order_created_get_order_id(event)),
              CATGA_PRINT(cluster_orders_order_created_get_customer_id(event)),
              catga_decimal_text(cluster_orders_order_created_get_total(event), 2, total));
    return CATGA_OK;
}

static catga_status handle_track(catga_context *context, cluster_orders_order_shipped_view event)
{
    shop_info(context, "🚚 发货通知已发送 - 订单: %.*s, 运单号: %.*s",
              CATGA_PRINT(cluster_orders_order_shipped_get_order_id(event)),
              CATGA_PRINT(cluster_orders_order_shipped_get_tracking_number(event)));
    return CATGA_OK;
}

static catga_status serve(catga_bus *bus, void *user)
{
    static const cluster_orders_notification_service service =
        CLUSTER_ORDERS_NOTIFICATION_SERVICE(handle);

    return cluster_orders_notification_service_serve(bus, &service, user);
}

int main(void)
{
    return cluster_program_run(&(cluster_program){.name = "notification-service", .serve = serve});
}
