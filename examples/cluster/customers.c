/*
 * The program shop_customers: customers place orders in turn and have each order shipped. Each
 * customer knows some of the servers. Meanwhile one customer queries the first order a hundred
 * times a second. The program prints which service took each order, and the longest wait.
 *
 *   shop_customers COUNT SERVERS...
 *
 * Exits with 0 if every order was confirmed, found and shipped in the end, even when services and
 * servers die meanwhile.
 */
#include "checks.h"

#include <inttypes.h>
#include <pthread.h>
#include <shop/orders.catga.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ORDERS_MAX = 100, CUSTOMERS_MAX = 8, INSTANCES_MAX = 8, PRODUCTS = 4 };
enum { ORDER_EVERY_MS = 80, ASK_EVERY_MS = 10, AGAIN_AFTER_MS = 20, GIVE_UP_MS = 30000 };

/* The calls of one kind. */
typedef struct waits {
    unsigned answered;
    unsigned failed; /* calls that ended without an answer, and were repeated */
    int64_t last_ns, longest_ns;
} waits;

typedef struct share {
    char instance[65];
    unsigned orders;
} share;

typedef struct customers {
    catga_bus *buses[CUSTOMERS_MAX];
    unsigned bus_count;
    char visit[24]; /* prefix of its order ids */
    shop_checks checks;
    unsigned count;
    unsigned product; /* index of the product to order until it is sold out */
    unsigned done;    /* orders that are placed and shipped */
    char ids[ORDERS_MAX][65];
    char taken_by[65]; /* instance that took the last order */
    share shares[INSTANCES_MAX];
    waits placed, shipped, asked;
    atomic_bool asking;
} customers;

/* ---- Time ---- */

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void pause_ms(long ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&pause, NULL);
}

static double ms(int64_t ns)
{
    return (double)ns / 1e6;
}

/* ---- Calls that are repeated until they are answered ---- */

/* Returns the bus of the customer that places this order. */
static catga_bus *bus_of(const customers *self, unsigned order)
{
    return self->buses[order % self->bus_count];
}

/* Makes one call about an order. */
typedef catga_status call_once(customers *self, unsigned order);

/*
 * Repeats a call while the service or the server is unavailable, as a customer would. Returns true
 * when the answer came and was not an error.
 */
static bool call_until_answered(customers *self, waits *of, call_once *call, unsigned order)
{
    int64_t began = now_ns();
    catga_status status;

    while ((status = call(self, order)) != CATGA_OK && status != CATGA_DECLARED_ERROR) {
        of->failed++;
        step_gave(&self->checks, "%s: the call is repeated", catga_status_name(status));
        if (ms(now_ns() - began) > GIVE_UP_MS)
            return false;
        pause_ms(AGAIN_AFTER_MS);
    }
    of->answered++;
    of->last_ns = now_ns() - began;
    if (of->last_ns > of->longest_ns)
        of->longest_ns = of->last_ns;
    return status == CATGA_OK;
}

static void count_share(customers *self, const char *instance)
{
    for (size_t i = 0; i < INSTANCES_MAX; i++) {
        share *entry = &self->shares[i];
        if (entry->orders == 0)
            snprintf(entry->instance, sizeof entry->instance, "%s", instance);
        if (strcmp(instance, entry->instance) == 0) {
            entry->orders++;
            return;
        }
    }
}

/* Places an order. An unknown outcome is repeated under the same id, so the order is made once. */
static catga_status place_one(customers *self, unsigned order, const char *product_id)
{
    const shop_orders_create_order command =
        SHOP_ORDERS_CREATE_ORDER(.customer_id = CATGA_STR("CUST-008"),
                                 .product_id = catga_str(product_id), .quantity = 1);
    shop_orders_order_result_reply reply;
    char form[64];

    snprintf(form, sizeof form, "%s-%u-%s", self->visit, order, product_id);
    catga_status status = shop_orders_create_order_call_with_id(bus_of(self, order),
                                                                catga_str(form), &command, &reply);
    if (status == CATGA_OK) {
        catga_string id = shop_orders_order_result_get_order_id(reply.view);
        catga_string by = shop_orders_order_result_get_processed_by(reply.view);
        snprintf(self->ids[order], sizeof self->ids[order], "%.*s", CATGA_PRINT(id));
        snprintf(self->taken_by, sizeof self->taken_by, "%.*s", CATGA_PRINT(by));
    }
    shop_orders_order_result_reply_free(&reply);
    return status;
}

/* Chooses another product when one is sold out. */
static catga_status place(customers *self, unsigned order)
{
    static const char *const products[PRODUCTS] = {"PROD-002", "PROD-005", "PROD-003", "PROD-004"};
    catga_status status = CATGA_DECLARED_ERROR;

    while (self->product < PRODUCTS &&
           (status = place_one(self, order, products[self->product])) == CATGA_DECLARED_ERROR)
        self->product++;
    return status;
}

static catga_status ship(customers *self, unsigned order)
{
    const shop_orders_ship_order command =
        SHOP_ORDERS_SHIP_ORDER(.order_id = catga_str(self->ids[order]));
    shop_orders_ship_result_reply reply;
    catga_status status = shop_orders_ship_order_call(bus_of(self, order), &command, &reply);

    shop_orders_ship_result_reply_free(&reply);
    return status;
}

static catga_status ask(customers *self, unsigned order)
{
    const shop_orders_get_order query =
        SHOP_ORDERS_GET_ORDER(.order_id = catga_str(self->ids[order]));
    shop_orders_order_reply reply;
    catga_status status = shop_orders_get_order_call(bus_of(self, order), &query, &reply);

    shop_orders_order_reply_free(&reply);
    return status;
}

static catga_status find_shipped(customers *self, unsigned order)
{
    const shop_orders_get_order query =
        SHOP_ORDERS_GET_ORDER(.order_id = catga_str(self->ids[order]));
    shop_orders_order_reply reply;
    catga_status status = shop_orders_get_order_call(bus_of(self, order), &query, &reply);

    if (status == CATGA_OK)
        expect_number(&self->checks, "its status", shop_orders_order_get_status(reply.view),
                      SHOP_ORDERS_ORDER_STATUS_SHIPPED);
    shop_orders_order_reply_free(&reply);
    return status;
}

/* ---- The customers ---- */

/* Queries the first order until the last order has been placed. */
static void *keep_asking(void *argument)
{
    customers *self = argument;

    while (atomic_load(&self->asking) && call_until_answered(self, &self->asked, ask, 0))
        pause_ms(ASK_EVERY_MS);
    return NULL;
}

static bool place_and_ship(customers *self, unsigned order)
{
    if (!expect_true(&self->checks, "it is confirmed",
                     call_until_answered(self, &self->placed, place, order)) ||
        !expect_true(&self->checks, "it is shipped",
                     call_until_answered(self, &self->shipped, ship, order)))
        return false;
    step_gave(&self->checks, "%s by %s after %.0f ms, shipped after %.0f ms", self->ids[order],
              self->taken_by, ms(self->placed.last_ns), ms(self->shipped.last_ns));
    count_share(self, self->taken_by);
    self->done++;
    pause_ms(ORDER_EVERY_MS);
    return true;
}

static void place_all(customers *self)
{
    pthread_t asker;

    step(&self->checks, "%u orders, one after the other", self->count);
    if (!place_and_ship(self, 0))
        return;
    atomic_store(&self->asking, true);
    if (pthread_create(&asker, NULL, keep_asking, self) != 0)
        return;
    for (unsigned i = 1; i < self->count && place_and_ship(self, i); i++)
        continue;
    atomic_store(&self->asking, false);
    pthread_join(asker, NULL);
}

static void find_all(customers *self)
{
    waits found = {0};

    step(&self->checks, "Every order is there, and has been shipped");
    for (unsigned i = 0; i < self->done; i++)
        if (!expect_true(&self->checks, "it is there",
                         call_until_answered(self, &found, find_shipped, i)))
            break;
    step_gave(&self->checks, "%u of %u", found.answered, self->count);
}

/* ---- Results ---- */

static void report_waits(const customers *self, const char *what, const waits *of)
{
    step_gave(&self->checks, "%u %s, the longest wait was %.0f ms, %u calls failed", of->answered,
              what, ms(of->longest_ns), of->failed);
}

static void report(customers *self)
{
    char line[INSTANCES_MAX * 80] = "";
    size_t length = 0;

    step(&self->checks, "Results");
    for (size_t i = 0; i < INSTANCES_MAX && self->shares[i].orders > 0; i++)
        length += (size_t)snprintf(line + length, sizeof line - length, " %s %u",
                                   self->shares[i].instance, self->shares[i].orders);
    step_gave(&self->checks, "orders by instance:%s", line);
    report_waits(self, "orders placed", &self->placed);
    report_waits(self, "orders shipped", &self->shipped);
    report_waits(self, "questions answered", &self->asked);
}

/* ---- The program ---- */

static int usage(void)
{
    fprintf(stderr, "usage: shop_customers COUNT SERVERS...   at most %d orders, %d customers\n",
            ORDERS_MAX, CUSTOMERS_MAX);
    return 2;
}

static catga_status come(customers *self, char **servers, unsigned count)
{
    catga_status status = CATGA_OK;

    while (status == CATGA_OK && self->bus_count < count) {
        const catga_options options = {.name = "shop-customer",
                                       .servers = servers[self->bus_count]};
        status = catga_open(&self->buses[self->bus_count], &options);
        self->bus_count += status == CATGA_OK;
    }
    return status;
}

static void go(customers *self)
{
    for (unsigned i = 0; i < self->bus_count; i++)
        catga_close(self->buses[i]);
}

int main(int count, char **arguments)
{
    static customers self = {.checks = {.program = "customers"}};

    setvbuf(stdout, NULL, _IOLBF, 0);
    snprintf(self.visit, sizeof self.visit, "%" PRIx64, (uint64_t)catga_timestamp_now());
    self.count = count > 2 ? (unsigned)strtoul(arguments[1], NULL, 10) : 0;
    if (self.count == 0 || self.count > ORDERS_MAX || count - 2 > CUSTOMERS_MAX)
        return usage();
    catga_status status = come(&self, arguments + 2, (unsigned)count - 2);
    if (status == CATGA_OK) {
        place_all(&self);
        find_all(&self);
        report(&self);
    } else {
        fprintf(stderr, "shop_customers: %s\n", catga_status_text(status));
    }
    go(&self);
    return status == CATGA_OK && self.checks.failures == 0 ? 0 : 1;
}
