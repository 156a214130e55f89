/*
 * Event sourcing: an order is rebuilt from its stored changes. Four threads add products to one
 * order at once. Each reads the order, decides, and appends a change on the condition that the
 * order has no newer one. All run in one process, over its own server.
 */
#define _POSIX_C_SOURCE 200809L
#include "orders.catga.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4, PRODUCTS = 25 };

static atomic_uint conflicts;

/* An order, as its changes up to `sequence` have made it. */
typedef struct order {
    const char *id;
    uint64_t sequence;
    unsigned products;
    uint64_t cents;
    bool paid;
} order;

/* ---- Reading ---- */

static void apply(const catga_read_event *read, orders_order_changed_view event, void *user)
{
    order *o = user;
    orders_change_view change = orders_order_changed_get_change(event);

    o->sequence = read->sequence;
    if (change.type == ORDERS_CHANGE_ADDED) {
        o->products++;
        o->cents += orders_added_get_cents(orders_change_as_added(change));
    } else if (change.type == ORDERS_CHANGE_PAID) {
        o->paid = true;
    }
}

/* Applies the changes that the order does not have yet. */
static catga_status refresh(catga_bus *bus, order *o)
{
    const catga_reading news = {
        .from = CATGA_FROM_SEQUENCE, .sequence = o->sequence + 1, .keys = o->id};

    return orders_order_changed_read_to_end(bus, &news, apply, o);
}

/* ---- Changing ---- */

/* Appends a change, which is decided again if another writer was faster. A paid order is closed. */
static catga_status change(catga_bus *bus, order *o, orders_change made)
{
    const orders_order_changed event = {.order_id = catga_str(o->id), .change = made};
    uint64_t stored;
    catga_status status = CATGA_CONFLICT;

    while (status == CATGA_CONFLICT) {
        if (o->paid)
            return CATGA_REJECTED;
        status = orders_order_changed_publish_after(bus, o->sequence, &event, &stored);
        atomic_fetch_add(&conflicts, status == CATGA_CONFLICT);
        catga_status read = refresh(bus, o); /* the own change, or those of others */
        if (read != CATGA_OK)
            return read;
    }
    return status;
}

/* A thread that adds products. */
typedef struct writer {
    catga_bus *bus;
    pthread_barrier_t *ready; /* all writers have read the same order */
} writer;

static void *add_products(void *argument)
{
    const writer *w = argument;
    const orders_added pen = {.product = CATGA_STR("pen"), .cents = 150};
    order o = {.id = "A-1"};
    catga_status status = refresh(w->bus, &o);

    pthread_barrier_wait(w->ready);
    for (int i = 0; i < PRODUCTS && status == CATGA_OK; i++)
        status = change(w->bus, &o, (orders_change){.type = ORDERS_CHANGE_ADDED, .added = &pen});
    if (status != CATGA_OK)
        fprintf(stderr, "event_sourcing: %s\n", catga_status_text(status));
    return NULL;
}

/* Adds products in several threads at once. */
static void fill(catga_bus *bus)
{
    pthread_t threads[THREADS];
    pthread_barrier_t ready;
    writer w = {bus, &ready};

    pthread_barrier_init(&ready, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, add_products, &w) != 0) {
            fprintf(stderr, "event_sourcing: cannot create a thread\n");
            exit(1); /* the other threads wait for it */
        }
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&ready);
}

/* Fills an order, pays it, and finds it closed. */
static catga_status run(catga_bus *bus)
{
    order o = {.id = "A-1"};

    fill(bus);
    catga_status status = refresh(bus, &o);
    if (status != CATGA_OK)
        return status;
    printf("order %s: %u products, %" PRIu64 " cents\n", o.id, o.products, o.cents);
    printf("%s\n", atomic_load(&conflicts) > 0 ? "some writers decided again" : "no conflicts");
    const orders_paid paid = {.cents = o.cents};
    status = change(bus, &o, (orders_change){.type = ORDERS_CHANGE_PAID, .paid = &paid});
    if (status == CATGA_OK)
        status = change(bus, &o, (orders_change){.type = ORDERS_CHANGE_PAID, .paid = &paid});
    printf("paid again: %s\n", catga_status_name(status));
    return status == CATGA_REJECTED ? CATGA_OK : CATGA_HANDLER_FAILED;
}

int main(void)
{
    catga_local *server = NULL;
    catga_bus *bus = NULL;
    catga_status status = catga_local_open(&server);

    if (status == CATGA_OK)
        status = catga_open(&bus, &(catga_options){.local = server});
    if (status == CATGA_OK)
        status = run(bus);
    if (status != CATGA_OK)
        fprintf(stderr, "event_sourcing: %s\n", catga_status_text(status));
    catga_close(bus);
    catga_local_close(server);
    return status == CATGA_OK ? 0 : 1;
}
