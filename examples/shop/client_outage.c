/*
 * The server stops and starts again. Meanwhile a call retries with pauses, as its schema says
 * (@retry), and then returns CATGA_DISCONNECTED: nothing was sent. The bus reconnects by itself.
 * After that, calls, services and subscriptions work as before, without being opened again.
 */
#include "client.h"

#include <shop/orders.catga.h>
#include <time.h>

enum { RECOVERY_WAIT_MS = 10000, BETWEEN_TRIES_MS = 50, EVENT_WAIT_MS = 5000 };

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static catga_status ask(shop_client *self, const char *order_id)
{
    const shop_orders_get_order query = SHOP_ORDERS_GET_ORDER(.order_id = catga_str(order_id));
    shop_orders_order_reply reply;
    catga_status status = shop_orders_get_order_call(self->bus, &query, &reply);

    if (status == CATGA_OK)
        expect_text(&self->checks, "its id", shop_orders_order_get_order_id(reply.view), order_id);
    shop_orders_order_reply_free(&reply);
    return status;
}

static void try_without_server(shop_client *self, const char *order_id)
{
    char none[65];

    step(&self->checks, "The order %s is queried, without a server", order_id);
    catga_status status = ask(self, order_id);
    step_gave(&self->checks, "%s: %s", catga_status_name(status), catga_status_text(status));
    expect_status(&self->checks, "the outcome", status, CATGA_DISCONNECTED);

    status = client_order(self, "CUST-005", "PROD-002", 19999, none);
    expect_status(&self->checks, "the outcome", status, CATGA_DISCONNECTED);
}

/*
 * The client may reconnect before the order service does. Until then nobody responds to its calls.
 */
static void ask_until_answered(shop_client *self, const char *order_id)
{
    const struct timespec pause = {.tv_nsec = BETWEEN_TRIES_MS * 1000000L};
    int64_t began = now_ms();
    catga_status status;

    step(&self->checks, "The order %s is queried until there is an answer", order_id);
    while ((status = ask(self, order_id)) != CATGA_OK && now_ms() - began < RECOVERY_WAIT_MS) {
        bool expected = status == CATGA_NO_RESPONDERS || status == CATGA_DISCONNECTED;
        if (!expected)
            break;
        step_gave(&self->checks, "%s: %s", catga_status_name(status), catga_status_text(status));
        nanosleep(&pause, NULL);
    }
    if (expect_status(&self->checks, "the outcome", status, CATGA_OK))
        step_gave(&self->checks, "it is there, as it was before");
}

static void order_again(shop_client *self)
{
    char order_id[65];
    logged_event event;

    catga_status status = client_order(self, "CUST-005", "PROD-002", 19999, order_id);
    if (!expect_status(&self->checks, "the outcome", status, CATGA_OK))
        return;
    step(&self->checks, "The event of order %s arrives, through the subscription made before",
         order_id);
    if (expect_true(&self->checks, "it arrived",
                    event_log_wait(&self->watch, order_id, EVENT_WAIT_MS, &event)))
        step_gave(&self->checks, "OrderCreated %s: %s, %s", event.order_id, event.customer_id,
                  event.product_name);
}

void client_shows_outage(shop_client *self, const shop_outage *outage)
{
    char order_id[65];

    catga_status status = client_order(self, "CUST-005", "PROD-002", 19999, order_id);
    if (!expect_status(&self->checks, "the outcome", status, CATGA_OK))
        return;
    step(&self->checks, "The server is stopped");
    if (!expect_true(&self->checks, "the client noticed", outage->begin(outage->user, self->bus)))
        return;
    try_without_server(self, order_id);
    step(&self->checks, "The server is started again");
    if (!expect_true(&self->checks, "the client noticed", outage->end(outage->user, self->bus)))
        return;
    ask_until_answered(self, order_id);
    order_again(self);
}

/*
 * A server runs, but no service does. The server reports that at once; the call retries as the
 * schema says, and fails.
 */
void client_shows_silence(shop_client *self)
{
    char none[65];

    catga_status status = client_order(self, "CUST-006", "PROD-003", 69999, none);
    expect_status(&self->checks, "the outcome", status, CATGA_NO_RESPONDERS);
}
