/*
 * families_bridge URL: publishes every event of the namespace, which it gets from the server
 * $NATS_URL, at a second server too, until SIGTERM. Several bridges share the work.
 */
#include "orders.catga.h"

#include <stdio.h>

static bool is_away(catga_status status)
{
    return status == CATGA_DISCONNECTED || status == CATGA_TIMEOUT || status == CATGA_OVERLOADED;
}

/* The event waits here while the other server is away: a failed handler would use up its attempts.
 */
static catga_status my_forward(catga_context *context, const catga_event *event)
{
    catga_bus *other = catga_context_user(context);
    catga_status status = catga_event_forward(other, context);

    while (is_away(status) && event->message->delivery != NULL &&
           catga_ready(catga_context_bus(context)) != CATGA_DRAINING)
        status = catga_event_forward(other, context);
    return status;
}

static catga_status run(catga_bus *bus, catga_bus *other)
{
    static const orders_bridge service = ORDERS_BRIDGE(my);
    catga_status status = orders_bridge_serve(bus, &service, other);

    if (status != CATGA_OK)
        return status;
    puts("ready");
    fflush(stdout);
    return catga_run(bus);
}

int main(int argc, char **argv)
{
    catga_bus *bus = NULL;
    catga_bus *other = NULL;

    if (argc != 2) {
        fprintf(stderr, "usage: families_bridge URL\n");
        return 2;
    }
    catga_status status = catga_open(&bus, NULL);
    if (status == CATGA_OK)
        status = catga_open(&other, &(catga_options){.servers = argv[1]});
    if (status == CATGA_OK)
        status = run(bus, other);
    catga_close(bus); /* first: its handlers use the other one */
    catga_close(other);
    if (status != CATGA_OK)
        fprintf(stderr, "families_bridge: %s\n", catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
