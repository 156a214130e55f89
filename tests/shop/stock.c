/*
 * Sixty-four customers order one of ten laptops at the same time. Ten get one, fifty-four get an
 * error, and every confirmed order can be found. The test runs inside the process and over NATS
 * ($NATS_URL), with several workers, with blocking calls in threads and with asynchronous calls.
 */
#include "orders.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <shop/orders.catga.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { CUSTOMERS = 64, STOCK = 10, WORKERS = 4 };

typedef struct fixture {
    catga_local *local; /* NULL for NATS */
    order_context context;
    catga_bus *service;
    catga_bus *client;
} fixture;

/* The answer to one customer. */
typedef struct told {
    catga_bus *bus;
    sem_t *all;
    catga_status status;
    uint32_t code;
    char order_id[65];
} told;

static void open_fixture(fixture *self, bool inside)
{
    *self = (fixture){0};
    assert_true(order_context_open(&self->context, NULL));
    if (inside)
        assert_int_equal(catga_local_open(&self->local), CATGA_OK);
    const catga_options options = {.prefix = "stock", .workers = WORKERS, .local = self->local};
    assert_int_equal(catga_open(&self->service, &options), CATGA_OK);
    assert_int_equal(catga_open(&self->client, &options), CATGA_OK);
    assert_int_equal(order_context_serve(&self->context, self->service), CATGA_OK);
}

static void close_fixture(fixture *self)
{
    catga_close(self->client);
    catga_close(self->service);
    catga_local_close(self->local);
    order_context_close(&self->context);
}

static void note(told *self, catga_status status, shop_orders_order_result_view result,
                 const catga_error *error)
{
    self->status = status;
    self->code = error->code;
    if (status == CATGA_OK)
        snprintf(self->order_id, sizeof self->order_id, "%.*s",
                 CATGA_PRINT(shop_orders_order_result_get_order_id(result)));
}

static const shop_orders_create_order *command(void)
{
    static const shop_orders_create_order one = {{"CUST-064", 8}, {"PROD-001", 8}, 1};

    return &one;
}

/* ---- All customers at once ---- */

static void *call(void *argument)
{
    told *self = argument;
    shop_orders_order_result_reply reply;

    catga_status status = shop_orders_create_order_call(self->bus, command(), &reply);
    note(self, status, reply.view, &reply.error);
    shop_orders_order_result_reply_free(&reply);
    return NULL;
}

static void order_by_calls(fixture *at, told customers[CUSTOMERS])
{
    pthread_t threads[CUSTOMERS];

    for (size_t i = 0; i < CUSTOMERS; i++) {
        customers[i] = (told){.bus = at->client};
        assert_int_equal(pthread_create(&threads[i], NULL, call, &customers[i]), 0);
    }
    for (size_t i = 0; i < CUSTOMERS; i++)
        pthread_join(threads[i], NULL);
}

static void on_answer(catga_status status, shop_orders_order_result_view result,
                      const catga_error *error, void *user)
{
    told *self = user;

    note(self, status, result, error);
    sem_post(self->all);
}

static void order_by_sends(fixture *at, told customers[CUSTOMERS])
{
    sem_t all;

    sem_init(&all, 0, 0);
    for (size_t i = 0; i < CUSTOMERS; i++) {
        customers[i] = (told){.all = &all};
        assert_int_equal(
            shop_orders_create_order_send(at->client, command(), on_answer, &customers[i]),
            CATGA_OK);
    }
    for (size_t i = 0; i < CUSTOMERS; i++)
        while (sem_wait(&all) != 0)
            continue;
    sem_destroy(&all);
}

/* ---- Cases ---- */

static void check_found(fixture *at, const char *order_id)
{
    const shop_orders_get_order query = {.order_id = catga_str(order_id)};
    shop_orders_order_reply reply;

    assert_int_equal(shop_orders_get_order_call(at->client, &query, &reply), CATGA_OK);
    assert_true(
        catga_string_equal(shop_orders_order_get_order_id(reply.view), catga_str(order_id)));
    assert_true(catga_string_equal(shop_orders_order_get_product_name(reply.view),
                                   CATGA_STR("笔记本电脑")));
    assert_int_equal(shop_orders_order_get_total(reply.view), 599999);
    shop_orders_order_reply_free(&reply);
}

static void check(fixture *at, const told customers[CUSTOMERS])
{
    unsigned served = 0;

    for (size_t i = 0; i < CUSTOMERS; i++) {
        if (customers[i].status == CATGA_OK) {
            served++;
            assert_int_equal(strspn(customers[i].order_id, "0123456789ABCDEF"), 8);
            check_found(at, customers[i].order_id);
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(customers[i].order_id, customers[j].order_id);
        } else {
            assert_int_equal(customers[i].status, CATGA_DECLARED_ERROR);
            assert_int_equal(customers[i].code, SHOP_ORDERS_ORDER_ERROR_INSUFFICIENT_STOCK);
        }
    }
    assert_int_equal(served, STOCK);
    const shop_shelves *shelves = &at->context.state->shelves;
    assert_int_equal(shelves_left(shelves, catalogue_find(CATGA_STR("PROD-001"))), 0);
    assert_int_equal(shelves_left(shelves, catalogue_find(CATGA_STR("PROD-002"))), 50);
    assert_int_equal(order_store_count(&at->context.state->orders), STOCK);
}

static void run(bool inside, void (*order)(fixture *at, told customers[CUSTOMERS]))
{
    told customers[CUSTOMERS];
    fixture at;

    open_fixture(&at, inside);
    order(&at, customers);
    check(&at, customers);
    close_fixture(&at);
}

static void local_calls(void **state)
{
    (void)state;
    run(true, order_by_calls);
}

static void local_sends(void **state)
{
    (void)state;
    run(true, order_by_sends);
}

static void nats_calls(void **state)
{
    (void)state;
    run(false, order_by_calls);
}

static void nats_sends(void **state)
{
    (void)state;
    run(false, order_by_sends);
}

/* The same without a bus: eight threads empty the stock, and return some pieces. */
static void *take_and_give_back(void *argument)
{
    const shop_product *mice = catalogue_find(CATGA_STR("PROD-002"));
    shop_shelves *shelves = argument;
    uint32_t left;
    intptr_t taken = 0;

    while (shelves_take(shelves, mice, 3, &left)) {
        shelves_give_back(shelves, mice, 1);
        taken += 2;
    }
    return (void *)taken;
}

static void every_piece_is_somewhere(void **state)
{
    enum { THREADS = 8 };
    const shop_product *mice = catalogue_find(CATGA_STR("PROD-002"));
    pthread_t threads[THREADS];
    shop_shelves shelves = {0};
    intptr_t taken = 0;

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give_back, &shelves), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *some;
        pthread_join(threads[i], &some);
        taken += (intptr_t)some;
    }
    assert_int_equal(taken + shelves_left(&shelves, mice), 50);
    assert_true(shelves_left(&shelves, mice) < 3 + 2 * THREADS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_is_somewhere),
        cmocka_unit_test(local_calls),
        cmocka_unit_test(local_sends),
        cmocka_unit_test(nats_calls),
        cmocka_unit_test(nats_sends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
