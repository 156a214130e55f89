/*
 * The program cluster_order_service: a replica of the order service. CLUSTER_ORDERS is the folder
 * that the replicas share. REDIS_CONNECTION is the Redis with their claims; without it, the folder
 * has them.
 */
#include "orders.h"
#include "program.h"

#include <stdio.h>

int main(void)
{
    order_files files = {.folder = cluster_variable("CLUSTER_ORDERS")};
    const catga_claim_store claims = order_files_claims(&files);

    if (files.folder == NULL) {
        fprintf(stderr, "order-service: set CLUSTER_ORDERS to an existing folder\n");
        return 2;
    }
    return cluster_program_run(&(cluster_program){
        .name = "order-service", .serve = orders_serve, .user = &files, .claims = &claims});
}
