/* The program cluster_order_api: an HTTP gateway of the cluster. */
#include "orders.routes.h"
#include "program.h"

int main(void)
{
    return cluster_program_run(
        &(cluster_program){.name = "order-api", .routes = &cluster_orders_routes});
}
