/*
 * settings: a service whose timeout and feature flag come from a bucket and change at run time. The
 * service and the operator run in one process, over its own server.
 */
#include "prices.catga.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum { SUPPLIER_MS = 20 };

static const catga_string key = {"api.behaviour", 13};

/* ---- The service ---- */

/* The settings in force, and a count of their changes for the operator. */
typedef struct settings {
    atomic_uint timeout_ms;
    atomic_bool discount;
    sem_t changes;
} settings;

static void apply(settings *now, prices_behaviour_view behaviour)
{
    atomic_store(&now->timeout_ms, prices_behaviour_get_timeout_ms(behaviour));
    atomic_store(&now->discount, prices_behaviour_get_discount(behaviour));
}

/* A deleted setting has the defaults; an invalid one leaves the last valid one in force. */
static void my_changed(catga_bus *bus, const prices_settings_entry *entry, void *user)
{
    settings *now = user;

    (void)bus;
    if (entry == NULL)
        return; /* the present settings are in force */
    if (entry->status == CATGA_OK)
        apply(now, entry->value);
    sem_post(&now->changes);
}

/* The supplier answers after SUPPLIER_MS. */
static bool ask_supplier(unsigned timeout_ms)
{
    unsigned wait_ms = timeout_ms < SUPPLIER_MS ? timeout_ms : SUPPLIER_MS;

    nanosleep(&(struct timespec){.tv_nsec = wait_ms * 1000000L}, NULL);
    return timeout_ms >= SUPPLIER_MS;
}

static catga_status my_get_price(catga_context *context, prices_get_price_view request)
{
    settings *now = catga_context_user(context);
    unsigned timeout_ms = atomic_load(&now->timeout_ms);

    (void)request;
    if (!ask_supplier(timeout_ms))
        return prices_price_error_supplier_slow(context, "no answer within %u ms", timeout_ms);
    return prices_get_price_reply(context,
                                  &PRICES_PRICE(.cents = atomic_load(&now->discount) ? 900 : 1000));
}

/* ---- The operator ---- */

static void print_price(catga_bus *bus, const char *setting)
{
    prices_price_reply reply;

    catga_status status =
        prices_get_price_call(bus, &PRICES_GET_PRICE(.product = CATGA_STR("tea")), &reply);

    if (status == CATGA_OK)
        printf("%s: %u cents\n", setting, prices_price_get_cents(reply.view));
    else
        printf("%s: %.*s\n", setting, CATGA_PRINT(reply.error.text));
    prices_price_reply_free(&reply);
}

/* Waits until the service has seen the change, and asks for a price. */
static void observe(catga_bus *bus, settings *now, catga_status written, const char *setting)
{
    if (written != CATGA_OK) {
        printf("%s: not written: %s\n", setting, catga_status_text(written));
        return;
    }
    sem_wait(&now->changes);
    print_price(bus, setting);
}

static catga_status put(catga_bus *bus, uint32_t timeout_ms, bool discount)
{
    const prices_behaviour behaviour =
        PRICES_BEHAVIOUR(.timeout_ms = timeout_ms, .discount = discount);

    return prices_settings_put(bus, key, &behaviour, NULL);
}

/* Writes as a program that does not know the schema. */
static catga_status put_text(catga_bus *bus, const char *text)
{
    const catga_bytes bytes = {(const uint8_t *)text, strlen(text)};

    return catga_bucket_put(bus, &prices_settings_values.bucket, key, bytes, NULL);
}

static void operate(catga_bus *bus, settings *now)
{
    print_price(bus, "defaults");
    observe(bus, now, put(bus, 5, false), "timeout 5 ms");
    observe(bus, now, put(bus, 2000, true), "timeout 2 s, discount");
    observe(bus, now, put(bus, 0, true), "timeout 0");
    observe(bus, now, put_text(bus, "{\"timeout_ms\": \"fast\"}"), "an invalid value");
    observe(bus, now, put_text(bus, "{\"timeout_ms\": 500}"), "another program, no discount");
    observe(bus, now, prices_settings_delete(bus, key, NULL), "deleted");
}

static catga_status run(catga_bus *bus)
{
    static const prices_prices service = PRICES_PRICES(my);
    settings now = {.timeout_ms = 1000};

    sem_init(&now.changes, 0, 0);
    catga_status status = prices_prices_serve(bus, &service, &now);
    if (status == CATGA_OK) {
        operate(bus, &now);
        status = prices_prices_stop(bus);
    }
    sem_destroy(&now.changes);
    return status;
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
    catga_close(bus);
    catga_local_close(server);
    if (status != CATGA_OK)
        fprintf(stderr, "settings: %s\n", catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
