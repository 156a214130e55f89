/*
 * bridge_orders publish FIRST COUNT: publishes orders at $NATS_URL, each with a number, until all
 * are stored. bridge_orders read: prints the numbers of the stored orders.
 */
#include "orders.catga.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static catga_status publish(catga_bus *bus, uint32_t number)
{
    const orders_order_paid paid = {.order_id = CATGA_STR("A-1"), .cents = number};
    catga_status status = orders_order_paid_publish(bus, &paid);

    if (status == CATGA_OK)
        status = orders_order_seen_publish(bus, &(orders_order_seen){.order_id = CATGA_STR("A-1")});
    return status;
}

static void show(const catga_read_event *read, orders_order_paid_view paid, void *user)
{
    (void)user;
    if (read->status == CATGA_OK)
        printf("%" PRIu32 "\n", orders_order_paid_get_cents(paid));
}

static catga_status run(catga_bus *bus, char **arguments, int count)
{
    catga_status status = CATGA_OK;

    if (count == 1)
        return orders_order_paid_read_to_end(bus, NULL, show, NULL);
    uint32_t first = (uint32_t)strtoul(arguments[1], NULL, 10);
    uint32_t most = (uint32_t)strtoul(arguments[2], NULL, 10);
    for (uint32_t i = 0; i < most && status == CATGA_OK; i++)
        status = publish(bus, first + i);
    return status;
}

int main(int argc, char **argv)
{
    catga_bus *bus;
    catga_status status = catga_open(&bus, NULL);

    if (status == CATGA_OK)
        status = run(bus, argv + 1, argc - 1);
    catga_close(bus);
    if (status != CATGA_OK)
        fprintf(stderr, "bridge_orders: %s\n", catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
