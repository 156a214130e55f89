/* The order service behind the gateway. */
#include "http.catga.h"

#define PLACED(view)                                                                               \
    &(bench_http_placed)                                                                           \
    {                                                                                              \
        .order_id = CATGA_STR("ORDER-00000001"),                                                   \
        .product_id = bench_http_##view##_get_product_id(request),                                 \
        .quantity = bench_http_##view##_get_quantity(request), .total = 199998                     \
    }

static catga_status my_place_order(catga_context *context, bench_http_place_order_view request)
{
    return bench_http_place_order_reply(context, PLACED(place_order));
}

static catga_status my_place_once(catga_context *context, bench_http_place_once_view request)
{
    return bench_http_place_once_reply(context, PLACED(place_once));
}

static catga_status my_find_order(catga_context *context, bench_http_find_order_view request)
{
    return bench_http_find_order_reply(
        context, &(bench_http_placed){.order_id = bench_http_find_order_get_order_id(request),
                                      .product_id = CATGA_STR("PROD-001"),
                                      .quantity = 2,
                                      .total = 199998});
}

int main(void)
{
    static const bench_http_order_service service = BENCH_HTTP_ORDER_SERVICE(my);
    catga_bus *bus;
    catga_status status = catga_open(&bus, NULL);

    if (status == CATGA_OK)
        status = bench_http_order_service_serve(bus, &service, NULL);
    if (status == CATGA_OK)
        status = catga_run(bus);
    catga_close(bus);
    return status == CATGA_OK ? 0 : 1;
}
