/*
 * The program shop_local: the three programs in one, without a server. Handlers and client are the
 * same code; only the buses are opened on a server inside the process. Exits with 0 when every step
 * gave what it should.
 */
#include "client.h"
#include "notifications.h"
#include "orders.h"
#include "shop_log.h"

#include <stdio.h>
#include <time.h>

enum { NOTIFIED_WAIT_MS = 5000, LOOK_EVERY_MS = 5 };

typedef struct local_shop {
    catga_local *server;
    catga_bus *orders_bus;
    catga_bus *notifications_bus;
    order_desk orders;
    notification_desk notifications;
} local_shop;

/* What was opened is closed by shop_close, also when this fails. */
static catga_status shop_open(local_shop *self)
{
    *self = (local_shop){0};
    order_desk_open(&self->orders);
    notification_desk_init(&self->notifications);
    catga_status status = catga_local_open(&self->server);
    const catga_options orders = {
        .instance = "order-service-1", .workers = 4, .local = self->server};
    const catga_options notifications = {.instance = "notification-service-1",
                                         .local = self->server};
    if (status == CATGA_OK)
        status = catga_open(&self->orders_bus, &orders);
    if (status == CATGA_OK)
        status = catga_open(&self->notifications_bus, &notifications);
    if (status == CATGA_OK)
        status = order_desk_serve(&self->orders, self->orders_bus);
    if (status == CATGA_OK)
        status = notification_desk_serve(&self->notifications, self->notifications_bus);
    return status;
}

/* In the opposite order; a bus finishes what waits for it when it is closed. */
static void shop_close(local_shop *self)
{
    catga_close(self->orders_bus);
    catga_close(self->notifications_bus);
    catga_local_close(self->server);
    order_desk_close(&self->orders);
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

/*
 * Waits until the two handlers of the notification service have done `count` orders: nobody else
 * waits for them.
 */
static void check_notified(shop_client *client, local_shop *shop, unsigned count)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
    notification_desk *done = &shop->notifications;

    for (int waited = 0; waited < NOTIFIED_WAIT_MS; waited += LOOK_EVERY_MS) {
        if (atomic_load(&done->notified) >= count && atomic_load(&done->audited) >= count)
            break;
        nanosleep(&pause, NULL);
    }
    step(&client->steps, "Every order has been notified and audited: %u until now", count);
    expect_number(&client->steps, "notified", atomic_load(&done->notified), count);
    expect_number(&client->steps, "audited", atomic_load(&done->audited), count);
}

static void show(shop_client *client, local_shop *shop)
{
    const shop_outage outage = {.begin = disconnect, .end = reconnect, .user = shop->server};

    printf("\n== An order is placed, found, and announced\n");
    client_shows_orders(client);
    check_notified(client, shop, 1);
    printf("\n== What cannot be done is said in the terms of the schema\n");
    client_shows_failures(client);
    printf("\n== Five orders at once, without waiting for one another\n");
    client_shows_burst(client);
    check_notified(client, shop, 6);
    printf("\n== The server goes away and comes back\n");
    client_shows_outage(client, &outage);
    check_notified(client, shop, 8);
    printf("\n== Nobody is there to answer\n");
    catga_close(shop->orders_bus);
    shop->orders_bus = NULL;
    client_shows_silence(client);
}

static int fail(catga_status status)
{
    fprintf(stderr, "shop_local: %s\n", catga_status_text(status));
    return 1;
}

/*
 * The options name the server that shop_open has made, so the client comes after the shop, and goes
 * before it.
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
    return client.steps.failures == 0 ? 0 : 1;
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
