/*
 * dispatch: nanoseconds of a transport's callback for an event of 128 bytes: context, verification,
 * and a handler that does nothing. The other side is verification alone. dispatch_metrics: the same
 * with metrics; the other side is dispatch without. json_event: the same for an event of a foreign
 * system, 200 bytes of JSON with the same fields; the other side is dispatch.
 *
 * The linker replaces the function that opens the transport by one of this file, which keeps the
 * callback.
 */

#include "bench.catga.h"
#include "bench.h"
#include "forms.catga.h"
#include "transport/transport.h"

#include <catga/metrics.h>

enum { TIMES = 500000, LENGTH = 128, JSON_LENGTH = 200, CAPACITY = 256 };

/* The callback of a bus. */
typedef struct receiver {
    catga_receive_function *receive;
    void *user;
} receiver;

typedef struct sides {
    receiver plain;
    receiver measured; /* of a bus with metrics */
    receiver foreign;  /* of JSON */
    receiver *next;    /* of the service that is subscribed next */
    uint8_t bytes[CAPACITY];
    size_t handled;
} sides;

static sides both;

/* ---- The transport ---- */

static catga_transport_operations operations;
static const catga_transport_operations *real;

static catga_status keep(catga_transport *transport, const catga_subscription_options *options,
                         catga_subscription **subscription)
{
    *both.next = (receiver){options->receive, options->user};
    return real->subscribe(transport, options, subscription);
}

catga_status __real_catga_transport_local_open(const catga_transport_settings *settings,
                                               catga_transport **transport);
catga_status __wrap_catga_transport_local_open(const catga_transport_settings *settings,
                                               catga_transport **transport);
catga_status __wrap_catga_transport_local_open(const catga_transport_settings *settings,
                                               catga_transport **transport)
{
    catga_status status = __real_catga_transport_local_open(settings, transport);

    bench_need(status == CATGA_OK, "a transport");
    real = (*transport)->operations;
    operations = *real;
    operations.subscribe = keep;
    (*transport)->operations = &operations;
    return status;
}

/* ---- Both sides ---- */

static catga_status hear(catga_context *context, bench_order_placed_view event)
{
    (void)context;
    (void)event;
    both.handled++;
    return CATGA_OK;
}

static catga_status see(catga_context *context, forms_foreign_order_placed_view event)
{
    (void)context;
    (void)event;
    both.handled++;
    return CATGA_OK;
}

static double dispatch(const receiver *to, const void *bytes, size_t length)
{
    size_t before = both.handled;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++) {
        catga_incoming incoming = {
            .subject = {"catga.events.bench.v1.OrderPlaced", 33},
            .data = bytes,
            .length = length,
            .began_ns = (int64_t)start, /* transports read the clock anyway */
        };
        to->receive(to->user, &incoming);
    }
    double each = bench_each(start, TIMES);
    bench_need(both.handled == before + TIMES, "each message was handled");
    return each;
}

static double plain(void *state)
{
    (void)state;
    return dispatch(&both.plain, both.bytes, LENGTH);
}

static double measured(void *state)
{
    (void)state;
    return dispatch(&both.measured, both.bytes, LENGTH);
}

/* The receiver, the subject of its context and the handler are those of the JSON event. */
static double foreign(void *state)
{
    static const char text[] =
        "{\"id\": \"ORD-0001\", \"customer_id\": \"CUST-001\", \"total\": 13399.80, \"currency\": "
        "\"EUR\", \"note\": \"to be left with the neighbours, next door.\", \"source\": {\"name\": "
        "\"shop\", \"tags\": [\"web\", \"mobile\", 123456]}}";

    (void)state;
    bench_need(sizeof text - 1 == JSON_LENGTH, "the JSON has 200 bytes");
    return dispatch(&both.foreign, text, JSON_LENGTH);
}

static double verify(void *state)
{
    bench_order_placed_view view;
    catga_status worst = CATGA_OK;

    (void)state;
    uint64_t start = bench_now();
    for (size_t i = 0; i < TIMES; i++) {
        worst |= bench_order_placed_open(both.bytes, LENGTH, &view, NULL);
        bench_keep(both.bytes);
    }
    double each = bench_each(start, TIMES);
    bench_need(worst == CATGA_OK, "verify");
    return each;
}

static void fill_bytes(void)
{
    static const bench_order_placed event = {
        .id = {"ORD-0001", 8},
        .customer_id = {"CUST-001", 8},
        .total = 1339980,
        .note = {"to be left with the neighbours, next door.", 42},
    };
    size_t length = 0;

    catga_status status =
        bench_order_placed_encode(&event, both.bytes, sizeof both.bytes, &length, NULL);
    bench_need(status == CATGA_OK && length == LENGTH, "the event has 128 bytes");
}

static catga_bus *serve(catga_local *local, receiver *to)
{
    static const bench_listener service = {.hear = hear};
    catga_bus *bus = NULL;

    both.next = to;
    bench_need(catga_open(&bus, &(catga_options){.local = local}) == CATGA_OK, "catga_open");
    bench_need(bench_listener_serve(bus, &service, NULL) == CATGA_OK, "serve");
    return bus;
}

static catga_bus *serve_foreign(catga_local *local)
{
    static const forms_foreign_listener service = {.see = see};
    catga_bus *bus = NULL;

    both.next = &both.foreign;
    bench_need(catga_open(&bus, &(catga_options){.local = local}) == CATGA_OK, "catga_open");
    bench_need(forms_foreign_listener_serve(bus, &service, NULL) == CATGA_OK, "serve");
    return bus;
}

int main(void)
{
    catga_local *local = NULL;
    catga_metrics *metrics;

    fill_bytes();
    bench_need(catga_local_open(&local) == CATGA_OK, "catga_local_open");
    catga_bus *bus = serve(local, &both.plain);
    catga_bus *observed = serve(local, &both.measured);
    catga_bus *json = serve_foreign(local);
    bench_need(catga_metrics_open(&metrics, observed) == CATGA_OK, "catga_metrics_open");
    bench_compare(&(bench_pair){
        .name = "dispatch",
        .unit = "ns",
        .who = "verification alone",
        .ours = plain,
        .other = verify,
    });
    bench_compare(&(bench_pair){
        .name = "dispatch_metrics",
        .unit = "ns",
        .who = "without metrics",
        .ours = measured,
        .other = plain,
    });
    bench_compare(&(bench_pair){
        .name = "json_event",
        .unit = "ns",
        .who = "FlatBuffers",
        .ours = foreign,
        .other = plain,
    });
    catga_close(json);
    catga_close(observed);
    catga_close(bus);
    catga_local_close(local);
    return 0;
}
