/* A service and its client in one process. */

#include "quote.catga.h"

#include <catga/nodes.h>

#include <stdio.h>

static catga_status my_get_quote(catga_context *context, demo_quotes_get_quote_view request)
{
    demo_base_price price = {.amount = 599999, .currency = CATGA_STR("CNY")};
    demo_quotes_quote quote = {.product = demo_quotes_get_quote_get_product(request),
                               .price = &price};

    return demo_quotes_get_quote_reply(context, &quote);
}

static catga_status ask(catga_bus *bus)
{
    demo_quotes_get_quote query = {.product = CATGA_STR("laptop")};
    demo_quotes_quote_reply reply;
    catga_status status = demo_quotes_get_quote_call(bus, &query, &reply);

    if (status == CATGA_OK) {
        demo_base_price_view price = demo_quotes_quote_get_price(reply.view);
        char text[CATGA_DECIMAL_TEXT];
        printf("%.*s: %s %.*s\n", CATGA_PRINT(demo_quotes_quote_get_product(reply.view)),
               catga_decimal_text(demo_base_price_get_amount(price), 2, text),
               CATGA_PRINT(demo_base_price_get_currency(price)));
    }
    demo_quotes_quote_reply_free(&reply);
    return status;
}

/* Uses an optional part of the library. */
static catga_status announce(catga_bus *bus)
{
    catga_nodes *nodes;
    catga_status status = catga_nodes_open(&nodes, bus, NULL);

    catga_nodes_close(nodes);
    return status;
}

int main(void)
{
    static const demo_quotes_quote_service service = DEMO_QUOTES_QUOTE_SERVICE(my);
    catga_local *local = NULL;
    catga_bus *bus = NULL;
    catga_status status = catga_local_open(&local);

    if (status == CATGA_OK)
        status = catga_open(&bus, &(catga_options){.local = local});
    if (status == CATGA_OK)
        status = demo_quotes_quote_service_serve(bus, &service, NULL);
    if (status == CATGA_OK)
        status = ask(bus);
    if (status == CATGA_OK)
        status = announce(bus);
    catga_close(bus);
    catga_local_close(local);
    if (status != CATGA_OK)
        fprintf(stderr, "%s\n", catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
