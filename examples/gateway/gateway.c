/* The shop over HTTP: orders are placed, shipped and found; browsers receive new orders. */
#include "shop/orders.routes.h"

#include <catga/http.h>

#include <stdio.h>

int main(void)
{
    static const catga_routes *const routes[] = {&shop_orders_routes};
    catga_bus *bus;
    catga_http *http = NULL;
    catga_status status = catga_open(&bus, NULL); /* NATS_URL, or nats://127.0.0.1:4222 */

    if (status == CATGA_OK)
        status = catga_http_open(&http, bus, routes, 1, NULL); /* CATGA_HTTP_PORT, or 8080 */
    if (status == CATGA_OK) {
        printf("http://127.0.0.1:%u\n", catga_http_port(http));
        fflush(stdout);
        status = catga_http_run(http); /* until SIGTERM; then it finishes what is in flight */
    }
    catga_http_close(http);
    catga_close(bus);
    if (status != CATGA_OK)
        fprintf(stderr, "gateway: %s\n", catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
