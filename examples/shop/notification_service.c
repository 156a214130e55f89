/* The program notification_service: like order_service.c, with the handlers of notifications.c. */
#include "notifications.h"
#include "shop_log.h"
#include "shop_transport.h"

#include <stdio.h>

static catga_status serve(catga_bus *bus, notification_context *context)
{
    catga_status status = notification_context_serve(context, bus);

    if (status != CATGA_OK)
        return status;
    shop_notice(bus, "通知服务已启动");
    status = catga_run(bus);
    shop_notice(bus, "通知服务已停止");
    return status;
}

int main(void)
{
    const catga_options options = {.name = "notification-service", .transport = SHOP_TRANSPORT};
    notification_context context;
    catga_bus *bus;

    setvbuf(stdout, NULL, _IOLBF, 0);
    notification_context_init(&context);
    catga_status status = catga_open(&bus, &options);
    if (status == CATGA_OK)
        status = serve(bus, &context);
    catga_close(bus);
    if (status != CATGA_OK)
        fprintf(stderr, "notification_service: %s\n", catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
