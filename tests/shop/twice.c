/*
 * An order that is sent twice is made once: after an answer, and after the attempt that made it was
 * killed before answering.
 */
#include "orders.h"

#include <setjmp.h>
#include <shop/orders.catga.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

typedef struct fixture {
    catga_local *local;
    order_context context;
    catga_bus *service;
    catga_bus *client;
} fixture;

static void open_fixture(fixture *self, const catga_claim_store *claims)
{
    *self = (fixture){0};
    assert_true(order_context_open(&self->context, NULL));
    assert_int_equal(catga_local_open(&self->local), CATGA_OK);
    const catga_options options = {.local = self->local, .claims = claims};
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

static void order(fixture *at, const char *form, char id[65])
{
    const shop_orders_create_order command = {CATGA_STR("CUST-001"), CATGA_STR("PROD-002"), 1};
    shop_orders_order_result_reply reply;

    assert_int_equal(
        shop_orders_create_order_call_with_id(at->client, catga_str(form), &command, &reply),
        CATGA_OK);
    snprintf(id, 65, "%.*s", CATGA_PRINT(shop_orders_order_result_get_order_id(reply.view)));
    shop_orders_order_result_reply_free(&reply);
}

static void check(const catga_claim_store *claims)
{
    char first[65];
    char again[65];
    char other[65];
    fixture at;

    open_fixture(&at, claims);
    order(&at, "form-1", first);
    order(&at, "form-1", again);
    order(&at, "form-2", other);
    assert_string_equal(again, first);
    assert_string_not_equal(other, first);
    assert_int_equal(order_store_count(&at.context.state->orders), 2);
    assert_int_equal(
        shelves_left(&at.context.state->shelves, catalogue_find(CATGA_STR("PROD-002"))), 48);
    close_fixture(&at);
}

static void an_answered_order_is_made_once(void **state)
{
    (void)state;
    check(NULL);
}

/* As the claim store answers after a killed attempt: an attempt existed, and is not done. */
static catga_claim_result take_again(void *user, catga_claim *claim)
{
    (void)user;
    claim->attempt = 2;
    return CATGA_CLAIM_TAKEN;
}

static bool done(void *user, catga_claim *claim)
{
    (void)user;
    (void)claim;
    return true;
}

static void release(void *user, catga_claim *claim)
{
    (void)user;
    (void)claim;
}

static void an_order_of_a_killed_attempt_is_made_once(void **state)
{
    static const catga_claim_store forgetful = {
        .claim = take_again, .done = done, .release = release};

    (void)state;
    check(&forgetful);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answered_order_is_made_once),
        cmocka_unit_test(an_order_of_a_killed_attempt_is_made_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
