/*
 * Orders are shipped over both transports: each replica of the order service, and one of the
 * notification services, receives each event.
 */
#include "notifications.h"
#include "orders.h"

#include <setjmp.h>
#include <shop/orders.catga.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

enum { REPLICAS = 2, PARCELS = 8, HEARD_WAIT_MS = 10000 };

/* Two order services that share their records, two notification services, and a client. */
typedef struct fixture {
    catga_local *local; /* NULL for NATS */
    shop_state *state;
    order_context orders[REPLICAS];
    notification_context notifications[REPLICAS];
    catga_bus *buses[2 * REPLICAS];
    catga_bus *client;
} fixture;

static catga_bus *open_bus(const fixture *self, const char *instance)
{
    const catga_options options = {.prefix = "shipping",
                                   .instance = instance,
                                   .local = self->local,
                                   .log_level = CATGA_LOG_ERROR};
    catga_bus *bus;

    assert_int_equal(catga_open(&bus, &options), CATGA_OK);
    return bus;
}

static void open_fixture(fixture *self, bool inside)
{
    static const char *const names[] = {"one", "two"};

    *self = (fixture){0};
    if (inside)
        assert_int_equal(catga_local_open(&self->local), CATGA_OK);
    self->state = shop_state_open(NULL);
    for (size_t i = 0; i < REPLICAS; i++) {
        self->orders[i].state = self->state;
        self->buses[i] = open_bus(self, names[i]);
        self->buses[REPLICAS + i] = open_bus(self, names[i]);
        assert_int_equal(order_context_serve(&self->orders[i], self->buses[i]), CATGA_OK);
        assert_int_equal(
            notification_context_serve(&self->notifications[i], self->buses[REPLICAS + i]),
            CATGA_OK);
    }
    self->client = open_bus(self, "client");
}

static void close_fixture(fixture *self)
{
    catga_close(self->client);
    for (size_t i = 0; i < 2 * REPLICAS; i++)
        catga_close(self->buses[i]);
    catga_local_close(self->local);
    shop_state_close(self->state);
}

/* ---- Steps ---- */

static void order(fixture *at, char id[65])
{
    const shop_orders_create_order command = {CATGA_STR("CUST-001"), CATGA_STR("PROD-002"), 1};
    shop_orders_order_result_reply reply;

    assert_int_equal(shop_orders_create_order_call(at->client, &command, &reply), CATGA_OK);
    snprintf(id, 65, "%.*s", CATGA_PRINT(shop_orders_order_result_get_order_id(reply.view)));
    shop_orders_order_result_reply_free(&reply);
}

static catga_status ship(fixture *at, const char *id, uint32_t *code)
{
    const shop_orders_ship_order command = {.order_id = catga_str(id)};
    shop_orders_ship_result_reply reply;
    char wanted[80];

    snprintf(wanted, sizeof wanted, "TRK-%s", id);
    catga_status status = shop_orders_ship_order_call(at->client, &command, &reply);
    *code = reply.error.code;
    if (status == CATGA_OK)
        assert_true(catga_string_equal(shop_orders_ship_result_get_tracking_number(reply.view),
                                       catga_str(wanted)));
    shop_orders_ship_result_reply_free(&reply);
    return status;
}

static shop_orders_order_status status_of(fixture *at, const char *id)
{
    const shop_orders_get_order query = {.order_id = catga_str(id)};
    shop_orders_order_reply reply;

    assert_int_equal(shop_orders_get_order_call(at->client, &query, &reply), CATGA_OK);
    shop_orders_order_status status = shop_orders_order_get_status(reply.view);
    shop_orders_order_reply_free(&reply);
    return status;
}

static void wait_for(atomic_uint *first, atomic_uint *second, unsigned wanted)
{
    const struct timespec pause = {.tv_nsec = 5000000};

    for (int waited = 0; waited < HEARD_WAIT_MS; waited += 5) {
        unsigned sum = atomic_load(first) + (second == NULL ? 0 : atomic_load(second));
        if (sum >= wanted)
            break;
        nanosleep(&pause, NULL);
    }
    assert_int_equal(atomic_load(first) + (second == NULL ? 0 : atomic_load(second)), wanted);
}

/* ---- Cases ---- */

static void every_parcel_is_heard_of(bool inside)
{
    char id[65];
    uint32_t code;
    fixture at;

    open_fixture(&at, inside);
    for (unsigned i = 0; i < PARCELS; i++) {
        order(&at, id);
        assert_int_equal(status_of(&at, id), SHOP_ORDERS_ORDER_STATUS_CREATED);
        assert_int_equal(ship(&at, id, &code), CATGA_OK);
        assert_int_equal(status_of(&at, id), SHOP_ORDERS_ORDER_STATUS_SHIPPED);
        assert_int_equal(ship(&at, id, &code), CATGA_OK); /* the same tracking number */
    }
    for (size_t i = 0; i < REPLICAS; i++)
        wait_for(&at.orders[i].shipped_heard, NULL, PARCELS);
    wait_for(&at.notifications[0].tracked, &at.notifications[1].tracked, PARCELS);
    close_fixture(&at);
}

static void on_the_local_server_every_parcel_is_received(void **state)
{
    (void)state;
    every_parcel_is_heard_of(true);
}

static void over_nats_every_parcel_is_received(void **state)
{
    (void)state;
    every_parcel_is_heard_of(false);
}

static void an_unknown_order_is_not_shipped(void **state)
{
    uint32_t code;
    fixture at;

    (void)state;
    open_fixture(&at, true);
    assert_int_equal(ship(&at, "NO-ORDER", &code), CATGA_DECLARED_ERROR);
    assert_int_equal(code, SHOP_ORDERS_ORDER_ERROR_ORDER_NOT_FOUND);
    close_fixture(&at);
}

/*
 * Publishing is rejected once, and stored once without an answer. The retries still make one
 * parcel.
 */
static void storing_is_retried(void **state)
{
    static const catga_local_fault faults[] = {CATGA_LOCAL_REFUSE_PUBLISH,
                                               CATGA_LOCAL_LOSE_PUBLISH_ACK};
    char id[65];
    uint32_t code;
    fixture at;

    (void)state;
    open_fixture(&at, true);
    for (unsigned i = 0; i < 2; i++) {
        order(&at, id);
        catga_local_inject(at.local, faults[i], 1);
        assert_int_equal(ship(&at, id, &code), CATGA_OK);
        wait_for(&at.orders[0].shipped_heard, NULL, i + 1);
        wait_for(&at.notifications[0].tracked, &at.notifications[1].tracked, i + 1);
    }
    close_fixture(&at);
}

/* As after the death of the service that stored the event, before it could mark the order. */
static void the_event_is_the_truth(void **state)
{
    char id[65];
    fixture at;

    (void)state;
    open_fixture(&at, true);
    order(&at, id);
    const shop_orders_order_shipped event = {.order_id = catga_str(id),
                                             .customer_id = CATGA_STR("CUST-001"),
                                             .tracking_number = CATGA_STR("TRK-1")};
    assert_int_equal(shop_orders_order_shipped_publish(at.client, &event), CATGA_OK);
    wait_for(&at.orders[0].shipped_heard, NULL, 1);
    assert_int_equal(status_of(&at, id), SHOP_ORDERS_ORDER_STATUS_SHIPPED);
    close_fixture(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_the_local_server_every_parcel_is_received),
        cmocka_unit_test(over_nats_every_parcel_is_received),
        cmocka_unit_test(an_unknown_order_is_not_shipped),
        cmocka_unit_test(storing_is_retried),
        cmocka_unit_test(the_event_is_the_truth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
