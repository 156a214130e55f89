/*
 * The test client: what it shows, in eight parts. Each checks by itself that every step gave
 * exactly the expected results, and counts others in client.checks.failures.
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
 * How the client makes the server go away and come back. Both return when the client has noticed;
 * false: it did not.
 */
typedef struct shop_outage {
    bool (*begin)(void *user, catga_bus *bus);
    bool (*end)(void *user, catga_bus *bus);
    void *user;
} shop_outage;

/* Connects and watches for events; nothing is left open when it fails. */
CATGA_CHECKED catga_status client_open(shop_client *self, const catga_options *options);
void client_close(shop_client *self);

/* An order is placed, found, and its event seen. */
void client_shows_orders(shop_client *self);

/* An order is sent twice, and made once. */
void client_shows_twice(shop_client *self);

/* Declared errors, and a message that is not sent. */
void client_shows_failures(shop_client *self);

/* Several orders under way at once. */
void client_shows_burst(shop_client *self);

/* An order is shipped. */
void client_shows_shipping(shop_client *self);

/* An order is shipped whose customer cannot be told of it: the event becomes a dead letter. */
void client_shows_gone(shop_client *self);

/* The server stops and starts again. */
void client_shows_outage(shop_client *self, const shop_outage *outage);

/* No service is running. */
void client_shows_silence(shop_client *self);

/* Says what a placed order gave, and checks it. */
void client_check_result(shop_client *self, shop_orders_order_result_view result, int64_t total);

/*
 * Places an order and says what it gave; order_id gets its id. Returns the outcome of the call.
 * Used by several parts.
 */
catga_status client_order(shop_client *self, const char *customer_id, const char *product_id,
                          int64_t total, char order_id[65]);

/* Places an order of PROD-004 and ships it. False: it did not go so far. */
bool client_order_and_ship(shop_client *self, const char *customer_id, char order_id[65]);

#endif
