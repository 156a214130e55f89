/*
 * Sends several orders at once. Each ..._send returns as soon as the command is sent. The answers
 * arrive in any order, in a callback on a thread of the runtime.
 */
#include "client.h"

#include <semaphore.h>
#include <shop/orders.catga.h>

enum { ORDERS = 5 };

/*
 * One order under way. Its callback writes the result, then posts `answered`; it is read only after
 * that.
 */
typedef struct underway {
    sem_t *answered;
    catga_status status;
    int64_t total;
} underway;

/* The reply's data is valid until the callback returns. */
static void on_answer(catga_status status, shop_orders_order_result_view result,
                      const catga_error *error, void *user)
{
    underway *order = user;

    (void)error;
    order->status = status;
    order->total = status == CATGA_OK ? shop_orders_order_result_get_total(result) : 0;
    sem_post(order->answered);
}

/* The message may be a local: ..._send encodes it before it returns. */
static bool send_order(shop_client *self, const char *product_id, underway *order)
{
    const shop_orders_create_order command =
        SHOP_ORDERS_CREATE_ORDER(.customer_id = CATGA_STR("CUST-004"),
                                 .product_id = catga_str(product_id), .quantity = 1);
    catga_status status = shop_orders_create_order_send(self->bus, &command, on_answer, order);

    return expect_status(&self->checks, "sending", status, CATGA_OK);
}

static void check_answers(shop_client *self, const underway orders[ORDERS])
{
    static const int64_t totals[ORDERS] = {599999, 19999, 69999, 219999, 29999};
    int64_t sum = 0;
    char text[CATGA_DECIMAL_TEXT];

    for (size_t i = 0; i < ORDERS; i++) {
        expect_status(&self->checks, "an outcome", orders[i].status, CATGA_OK);
        expect_money(&self->checks, "a total", orders[i].total, totals[i]);
        sum += orders[i].total;
    }
    step_gave(&self->checks, "%d answers, together %s", ORDERS, catga_decimal_text(sum, 2, text));
    expect_money(&self->checks, "the sum", sum, 939995);
}

/*
 * The callback runs once for every send that succeeded, so this waits for as many callbacks as
 * sends.
 */
void client_shows_burst(shop_client *self)
{
    static const char *const products[ORDERS] = {"PROD-001", "PROD-002", "PROD-003", "PROD-004",
                                                 "PROD-005"};
    underway orders[ORDERS];
    sem_t answered;
    int sent = 0;

    step(&self->checks, "CUST-004 orders one of each product, without waiting in between");
    sem_init(&answered, 0, 0);
    for (int i = 0; i < ORDERS; i++) {
        orders[i] = (underway){.answered = &answered};
        sent += send_order(self, products[i], &orders[i]);
    }
    for (int i = 0; i < sent; i++)
        while (sem_wait(&answered) != 0)
            continue; /* interrupted by a signal */
    sem_destroy(&answered);
    if (sent == ORDERS)
        check_answers(self, orders);
}
