/*
 * A replica of the order service with metrics, for prometheus_test.py. Prints the port of /metrics.
 * For each number on standard input, sends that many commands, of which every tenth fails, and
 * prints how many have ended.
 */
#include "metrics.catga.h"

#include <catga/http.h>

#include <stdio.h>
#include <stdlib.h>

enum { FAILING = 10 };

static catga_status create(catga_context *context, shop_create_order_view request)
{
    uint32_t number = shop_create_order_get_number(request);

    if (number % FAILING == 0)
        return CATGA_HANDLER_FAILED;
    return shop_create_order_reply(context, &(shop_answer){number});
}

static catga_status find(catga_context *context, shop_find_order_view request)
{
    return shop_find_order_reply(context, &(shop_answer){shop_find_order_get_number(request)});
}

static unsigned send_commands(catga_bus *bus, unsigned count)
{
    unsigned ended = 0;

    for (uint32_t i = 0; i < count; i++) {
        shop_answer_reply reply;
        catga_status status = shop_create_order_call(bus, &(shop_create_order){i}, &reply);
        ended += status == (i % FAILING == 0 ? CATGA_HANDLER_FAILED : CATGA_OK);
        shop_answer_reply_free(&reply);
    }
    return ended;
}

static void serve_input(catga_bus *bus)
{
    char line[16];

    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("%u\n", send_commands(bus, (unsigned)strtoul(line, NULL, 10)));
        fflush(stdout);
    }
}

int main(void)
{
    static const shop_order_service service = {.create_order = create, .find_order = find};
    catga_bus *bus;
    catga_http *http = NULL;
    catga_status status = catga_open(&bus, NULL);

    if (status == CATGA_OK)
        status =
            catga_http_open(&http, bus, NULL, 0, &(catga_http_options){.port = -1, .metrics = 1});
    if (status == CATGA_OK)
        status = shop_order_service_serve(bus, &service, NULL);
    if (status == CATGA_OK) {
        printf("%u\n", catga_http_port(http));
        fflush(stdout);
        serve_input(bus);
    }
    catga_http_close(http);
    catga_close(bus);
    return status == CATGA_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
