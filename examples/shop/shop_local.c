/*
 * The program shop_local: all three programs in one process, without a server. Handlers and client
 * are the same code; the buses connect to a server inside the process. Exits with 0 when every step
 * had the expected result.
 */
#include "client.h"
#include "notifications.h"
#include "orders.h"
#include "shop_log.h"

#include <stdio.h>
#include <time.h>

enum { DONE_WAIT_MS = 5000, LOOK_EVERY_MS = 5 };

typedef struct local_shop {
    catga_local *server;
    catga_bus *orders_bus;
    catga_bus *notifications_bus;
    order_context orders;
    notification_context notifications;
} local_shop;

static catga_status start_orders(local_shop *self)
{
    const catga_options options = {
        .instance = "order-service-1", .workers = 4, .local = self->server};
    catga_status status = catga_open(&self->orders_bus, &options);

    return status == CATGA_OK ? order_context_serve(&self->orders, self->orders_bus) : status;
}

static catga_status start_notifications(local_shop *self)
{
    const catga_options options = {.instance = "notification-service-1", .local = self->server};
    catga_status status = catga_open(&self->notifications_bus, &options);

    return status == CATGA_OK
               ? notification_context_serve(&self->notifications, self->notifications_bus)
               : status;
}

/* Closing a bus finishes its waiting messages. */
static void stop(catga_bus **bus)
{
    catga_close(*bus);
    *bus = NULL;
}

/* Opens the shop. When this fails, shop_close closes what was opened. */
static catga_status shop_open(local_shop *self)
{
    *self = (local_shop){0};
    notification_context_init(&self->notifications);
    if (!order_context_open(&self->orders, NULL))
        return CATGA_NO_MEMORY;
    catga_status status = catga_local_open(&self->server);
    if (status == CATGA_OK)
        status = start_orders(self);
    if (status == CATGA_OK)
        status = start_notifications(self);
    return status;
}

static void shop_close(local_shop *self)
{
    stop(&self->orders_bus);
    stop(&self->notifications_bus);
    catga_local_close(self->server);
    order_context_close(&self->orders);
}

static bool disconnect(void *user, catga_bus *bus)
{
    catga_local_set_connected(user, false);
    return !catga_connected(bus);
}

static bool reconnect(void *user, catga_bus *bus)
{
    catga_local_set_connected(user, true);
    return catga_connected(bus);
}

/* Pauses. Returns false when `*waited_ms` has reached the limit. */
static bool look_again(int *waited_ms)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};

    if (*waited_ms >= DONE_WAIT_MS)
        return false;
    nanosleep(&pause, NULL);
    *waited_ms += LOOK_EVERY_MS;
    return true;
}

/* Waits until a handler has finished `wanted` times. */
static void check_done(shop_client *client, const char *what, atomic_uint *done, unsigned wanted)
{
    int waited_ms = 0;

    while (atomic_load(done) < wanted && look_again(&waited_ms))
        continue;
    expect_number(&client->checks, what, atomic_load(done), wanted);
}

/*
 * Waits until the service has counted its dead letter. A client can see the letter earlier: the
 * service counts it when the acknowledgement of the server has arrived.
 */
static void check_dead_letters(shop_client *client, catga_bus *bus, uint64_t wanted)
{
    int waited_ms = 0;

    while (catga_count(bus).dead_letters < wanted && look_again(&waited_ms))
        continue;
    expect_number(&client->checks, "dead letters", (int64_t)catga_count(bus).dead_letters,
                  (int64_t)wanted);
}

static void check_notified(shop_client *client, local_shop *shop, unsigned count)
{
    step(&client->checks, "Every order has been notified and audited: %u until now", count);
    check_done(client, "notified", &shop->notifications.notified, count);
    check_done(client, "audited", &shop->notifications.audited, count);
}

/* After its absence the notification service receives only the stored events. */
static void show_shipping(shop_client *client, local_shop *shop)
{
    unsigned before = atomic_load(&shop->notifications.notified);

    stop(&shop->notifications_bus);
    client_shows_shipping(client);
    step(&client->checks, "The order service receives OrderShipped");
    check_done(client, "received", &shop->orders.shipped_heard, 1);
    step(&client->checks,
         "The notification service starts again: it receives the stored OrderShipped, "
         "and not OrderCreated");
    expect_status(&client->checks, "starting it", start_notifications(shop), CATGA_OK);
    check_done(client, "tracked", &shop->notifications.tracked, 1);
    check_done(client, "notified", &shop->notifications.notified, before);
}

static void show(shop_client *client, local_shop *shop)
{
    const shop_outage outage = {.begin = disconnect, .end = reconnect, .user = shop->server};

    printf("\n== An order is placed, found, and announced\n");
    client_shows_orders(client);
    check_notified(client, shop, 1);
    printf("\n== An order that is sent twice is created once\n");
    client_shows_twice(client);
    expect_number(&client->checks, "orders", order_store_count(&shop->orders.state->orders), 2);
    printf("\n== Errors are the errors of the schema\n");
    client_shows_failures(client);
    printf("\n== Five orders at once, without waiting for each answer\n");
    client_shows_burst(client);
    check_notified(client, shop, 7);
    printf("\n== Stored events are delivered when the subscriber returns\n");
    show_shipping(client, shop);
    printf("\n== A rejected event becomes a dead letter\n");
    client_shows_gone(client);
    check_dead_letters(client, shop->notifications_bus, 1);
    printf("\n== The server stops and starts again\n");
    client_shows_outage(client, &outage);
    check_notified(client, shop, 10);
    printf("\n== No service is running\n");
    stop(&shop->orders_bus);
    client_shows_silence(client);
}

static int fail(catga_status status)
{
    fprintf(stderr, "shop_local: %s\n", catga_status_text(status));
    return 1;
}

/*
 * The client uses the server that shop_open has made, so it opens after the shop and closes before
 * it.
 */
static int show_with(local_shop *shop)
{
    const catga_options options = {.instance = "test-client", .local = shop->server};
    shop_client client;

    catga_status status = client_open(&client, &options);
    if (status != CATGA_OK)
        return fail(status);
    show(&client, shop);
    client_close(&client);
    return client.checks.failures == 0 ? 0 : 1;
}

int main(void)
{
    local_shop shop;

    setvbuf(stdout, NULL, _IOLBF, 0);
    catga_status status = shop_open(&shop);
    int result = status == CATGA_OK ? show_with(&shop) : fail(status);
    shop_close(&shop);
    return result;
}
