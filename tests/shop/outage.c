/*
 * The server is killed and started again many times while customers order. Once an order is
 * confirmed again, its event has been published too, and every order has been answered: a reachable
 * service can also send.
 */
#include "nats_server.h"
#include "orders.h"

#include <setjmp.h>
#include <shop/orders.catga.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { OUTAGES = 8, RECOVERY_S = 10 };

/*
 * Orders until the service is available again, which must be soon. Every earlier order must have an
 * answer.
 */
static void order_until_confirmed(catga_bus *client)
{
    const shop_orders_create_order command = {CATGA_STR("CUST-001"), CATGA_STR("PROD-002"), 1};
    double end = seconds_now() + RECOVERY_S;
    catga_status status;

    do {
        shop_orders_order_result_reply reply;
        status = shop_orders_create_order_call(client, &command, &reply);
        shop_orders_order_result_reply_free(&reply);
        assert_true(status == CATGA_OK || status == CATGA_DISCONNECTED ||
                    status == CATGA_NO_RESPONDERS);
        assert_true(seconds_now() < end);
    } while (status != CATGA_OK);
}

typedef struct fixture {
    nats_server server;
    order_context context;
    catga_bus *service;
    catga_bus *client;
} fixture;

static int open_scene(void **state)
{
    static fixture only;
    catga_options options = {
        .servers = only.server.url, .workers = 4, .log_level = CATGA_LOG_ERROR};

    char config[256];

    *state = &only;
    snprintf(config, sizeof config, "jetstream { store_dir: \"%s\" }\n", getenv("CATGA_TEMP"));
    nats_server_init(&only.server, config);
    nats_server_start(&only.server);
    bool opened = order_context_open(&only.context, NULL) &&
                  catga_open(&only.service, &options) == CATGA_OK &&
                  catga_open(&only.client, &options) == CATGA_OK &&
                  order_context_serve(&only.context, only.service) == CATGA_OK;
    return opened ? 0 : -1;
}

static int close_scene(void **state)
{
    fixture *at = *state;

    catga_close(at->client);
    catga_close(at->service);
    order_context_close(&at->context);
    nats_server_clear(&at->server);
    return 0;
}

static void a_confirmed_order_has_its_event(void **state)
{
    fixture *at = *state;

    order_until_confirmed(at->client);
    for (uint64_t outages = 1; outages <= OUTAGES; outages++) {
        nats_server_signal(&at->server, SIGKILL);
        nats_server_start(&at->server);
        order_until_confirmed(at->client);
        assert_int_equal(catga_count(at->service).published, outages + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_confirmed_order_has_its_event, open_scene, close_scene),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
