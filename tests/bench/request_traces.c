/*
 * request_traces: median microseconds of a single request. Caller and service sample a hundredth of
 * the traces. The other side is the same without traces. Each service is a process of its own,
 * forked before any thread exists.
 */

#include "bench.h"
#include "side/ours.h"
#include "side/service.h"

#include <catga/trace.h>

enum { TIMES = 300, TIMEOUT_MS = 5000 };

static const bench_get_order query = {.id = {"ORD-0001", 8}};

static catga_status get_order(catga_context *context, bench_get_order_view request)
{
    (void)request;
    bench_order_line lines[SAMPLE_LINES];
    bench_order order = ours_order(&sample, lines);
    return bench_get_order_reply(context, &order);
}

static void drop(void *user, const catga_span *span)
{
    (void)user;
    bench_keep(span);
}

/* A prefix for each side separates their services. */
static catga_bus *open_bus(bool is_traced)
{
    catga_bus *bus = NULL;
    const catga_trace_options traces = {.sink = drop, .ratio = 0.01};
    const catga_options options = {.prefix = is_traced ? "traced" : "plain"};

    bench_need(catga_open(&bus, &options) == CATGA_OK, "catga_open");
    if (is_traced)
        bench_need(catga_trace_open(bus, &traces) == CATGA_OK, "catga_trace_open");
    return bus;
}

static void serve(bool is_traced)
{
    static const bench_order_service service = {.get_order = get_order};
    catga_bus *bus = open_bus(is_traced);

    bench_need(bench_order_service_serve(bus, &service, NULL) == CATGA_OK, "serve");
    bench_need(catga_flush(bus, TIMEOUT_MS) == CATGA_OK, "flush of the service");
}

static void serve_traced(void *state)
{
    (void)state;
    serve(true);
}

static void serve_plain(void *state)
{
    (void)state;
    serve(false);
}

static double call(catga_bus *bus)
{
    double micros[TIMES];

    for (size_t i = 0; i < TIMES; i++) {
        bench_order_reply reply;
        uint64_t start = bench_now();
        catga_status status = bench_get_order_call(bus, &query, &reply);
        micros[i] = bench_each(start, 1000);
        bench_need(status == CATGA_OK, catga_status_text(status));
        bench_order_reply_free(&reply);
    }
    return bench_median(micros, TIMES);
}

typedef struct sides {
    catga_bus *traced;
    catga_bus *plain;
} sides;

static double ours(void *state)
{
    return call(((sides *)state)->traced);
}

static double other(void *state)
{
    return call(((sides *)state)->plain);
}

int main(void)
{
    pid_t traced_service = service_start(serve_traced, NULL);
    pid_t plain_service = service_start(serve_plain, NULL);
    sides both = {.traced = open_bus(true), .plain = open_bus(false)};

    bench_compare(&(bench_pair){
        .name = "request_traces",
        .unit = "us",
        .who = "without traces",
        .ours = ours,
        .other = other,
        .state = &both,
    });
    catga_close(both.traced);
    catga_close(both.plain);
    service_stop(traced_service);
    service_stop(plain_service);
    return 0;
}
