/*
 * The program order_service: connects, serves the handlers of orders.c, and runs until SIGTERM or
 * SIGINT. Then it finishes its work and exits. Each order goes to one of the replicas. Replicas
 * share the file that SHOP_STATE names; without it each has stock of its own.
 */
#include "orders.h"
#include "shop_log.h"
#include "shop_transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static catga_status serve(catga_bus *bus, order_context *context)
{
    catga_status status = order_context_serve(context, bus);

    if (status != CATGA_OK)
        return status;
    shop_notice(bus, "订单服务已启动");
    status = catga_run(bus);
    shop_notice(bus, "订单服务已停止, 订单总数: %u", order_store_count(&context->state->orders));
    return status;
}

int main(void)
{
    const catga_options options = {
        .name = "order-service", .workers = 4, .transport = SHOP_TRANSPORT};
    order_context context;
    catga_bus *bus;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!order_context_open(&context, getenv("SHOP_STATE"))) {
        fprintf(stderr, "order_service: SHOP_STATE: %s\n", strerror(errno));
        return 1;
    }
    catga_status status = catga_open(&bus, &options);
    if (status == CATGA_OK)
        status = serve(bus, &context);
    catga_close(bus); /* no handler runs any more, so its data can be freed */
    order_context_close(&context);
    if (status != CATGA_OK)
        fprintf(stderr, "order_service: %s\n", catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
