/*
 * The test client, in eight parts. Each part checks that every step gave exactly the expected
 * results, and counts wrong ones in client.checks.failures.
 */
#ifndef SHOP_CLIENT_H
#define SHOP_CLIENT_H

#include "checks.h"
#include "event_log.h"

#include <shop/orders.catga.h>

typedef struct shop_client {
    catga_bus *bus;
    event_log watch;
    shop_checks checks;
} shop_client;

/*
 * Functions that stop and start the server. Both return when the client has noticed the change, and
 * return false if it did not.
 */
typedef struct shop_outage {
    bool (*begin)(void *user, catga_bus *bus);
    bool (*end)(void *user, catga_bus *bus);
    void *user;
} shop_outage;

/* Connects and subscribes to events. Leaves nothing open when it fails. */
CATGA_CHECKED catga_status client_open(shop_client *self, const catga_options *options);
void client_close(shop_client *self);

/* Places an order, finds it, and receives its event. */
void client_shows_orders(shop_client *self);

/* Sends an order twice; it is made once. */
void client_shows_twice(shop_client *self);

/* Receives declared errors, and fails to send an invalid message. */
void client_shows_failures(shop_client *self);

/* Sends several orders at once. */
void client_shows_burst(shop_client *self);

/* Ships an order. */
void client_shows_shipping(shop_client *self);

/* Ships an order of a customer without an account: the event becomes a dead letter. */
void client_shows_gone(shop_client *self);

/* Calls while the server is stopped and after it is started again. */
void client_shows_outage(shop_client *self, const shop_outage *outage);

/* Calls while no service is running. */
void client_shows_silence(shop_client *self);

/* Prints the result of placing an order, and checks it. */
void client_check_result(shop_client *self, shop_orders_order_result_view result, int64_t total);

/*
 * Places an order, prints the result, and writes the order's id to order_id. Returns the outcome of
 * the call. Several parts use it.
 */
catga_status client_order(shop_client *self, const char *customer_id, const char *product_id,
                          int64_t total, char order_id[65]);

/* Places an order of PROD-004 and ships it. Returns false if either fails. */
bool client_order_and_ship(shop_client *self, const char *customer_id, char order_id[65]);

#endif
