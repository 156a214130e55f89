/*
 * families_bridge URL: publishes every event of the namespace, which it gets from the server
 * $NATS_URL, at a second server too, until SIGTERM. Several bridges share the work.
 */
#include "orders.catga.h"

#include <stdio.h>
#include <time.h>

/* Pause between two tries while the other server is away. */
enum { PAUSE_MS = 100 };

typedef struct bridge {
    catga_bus *bus; /* of catga_open: the bus of a context never says that it drains */
    catga_bus *other;
} bridge;

static bool is_away(catga_status status)
{
    return status == CATGA_DISCONNECTED || status == CATGA_TIMEOUT || status == CATGA_OVERLOADED;
}

/* The event waits here while the other server is away: a failed handler would use up its attempts.
 * It stops waiting when the bus drains. */
static catga_status my_forward(catga_context *context, const catga_event *event)
{
    const bridge *b = catga_context_user(context);
    catga_status status = catga_event_forward(b->other, context);

    while (is_away(status) && event->message->delivery != NULL &&
           catga_ready(b->bus) != CATGA_DRAINING) {
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
        status = catga_event_forward(b->other, context);
    }
    return status;
}

static catga_status run(bridge *b)
{
    static const orders_bridge service = ORDERS_BRIDGE(my);
    catga_status status = orders_bridge_serve(b->bus, &service, b);

    if (status != CATGA_OK)
        return status;
    puts("ready");
    fflush(stdout);
    return catga_run(b->bus);
}

int main(int argc, char **argv)
{
    bridge b = {NULL, NULL};

    if (argc != 2) {
        fprintf(stderr, "usage: families_bridge URL\n");
        return 2;
    }
    catga_status status = catga_open(&b.bus, NULL);
    if (status == CATGA_OK)
        status = catga_open(&b.other, &(catga_options){.servers = argv[1]});
    if (status == CATGA_OK)
        status = run(&b);
    catga_close(b.bus); /* first: its handlers use the other one */
    catga_close(b.other);
    if (status != CATGA_OK)
        fprintf(stderr, "families_bridge: %s\n", catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
