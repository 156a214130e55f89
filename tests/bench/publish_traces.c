/*
 * publish_traces: the events of `publish`, from a bus that samples a hundredth of its traces. The
 * other side is a bus without traces, in the same process.
 */

#include "bench.catga.h"
#include "bench.h"

#include <catga/trace.h>

enum { TIMES = 200000, FLUSH_MS = 10000 };

typedef struct sides {
    catga_bus *traced;
    catga_bus *plain;
} sides;

static const bench_order_placed event = {
    .id = {"ORD-0001", 8},
    .customer_id = {"CUST-001", 8},
    .total = 1339980,
    .note = {"to be left with the neighbours, next door.", 42},
};

static void drop(void *user, const catga_span *span)
{
    (void)user;
    bench_keep(span);
}

static double publish(catga_bus *bus)
{
    catga_status worst = CATGA_OK;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++)
        worst |= bench_order_placed_publish(bus, &event);
    worst |= catga_flush(bus, FLUSH_MS);
    double rate = 1e6 / bench_each(start, TIMES);
    bench_need(worst == CATGA_OK, "publish and flush");
    return rate;
}

static double ours(void *state)
{
    return publish(((sides *)state)->traced);
}

static double other(void *state)
{
    return publish(((sides *)state)->plain);
}

int main(void)
{
    const catga_trace_options options = {.sink = drop, .ratio = 0.01};
    sides both;

    bench_need(catga_open(&both.traced, NULL) == CATGA_OK, "catga_open");
    bench_need(catga_open(&both.plain, NULL) == CATGA_OK, "catga_open");
    bench_need(catga_trace_open(both.traced, &options) == CATGA_OK, "catga_trace_open");
    bench_compare(&(bench_pair){
        .name = "publish_traces",
        .unit = "k/s",
        .who = "without traces",
        .more_is_better = true,
        .ours = ours,
        .other = other,
        .state = &both,
    });
    catga_close(both.traced);
    catga_close(both.plain);
    return 0;
}
