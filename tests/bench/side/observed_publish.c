/* Compares the rate of events; see observed.h. */
#include "../bench.h"
#include "bench.catga.h"
#include "observed.h"

enum { TIMES = 200000, FLUSH_MS = 10000 };

typedef struct sides {
    catga_bus *observed;
    catga_bus *plain;
} sides;

static const bench_order_placed event = {
    .id = {"ORD-0001", 8},
    .customer_id = {"CUST-001", 8},
    .total = 1339980,
    .note = {"to be left with the neighbours, next door.", 42},
};

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
    return publish(((sides *)state)->observed);
}

static double other(void *state)
{
    return publish(((sides *)state)->plain);
}

void observed_publish(const char *name, const char *who, observe_function *observe)
{
    sides both;

    bench_need(catga_open(&both.observed, NULL) == CATGA_OK, "catga_open");
    bench_need(catga_open(&both.plain, NULL) == CATGA_OK, "catga_open");
    observe(both.observed);
    bench_compare(&(bench_pair){
        .name = name,
        .unit = "k/s",
        .who = who,
        .more_is_better = true,
        .ours = ours,
        .other = other,
        .state = &both,
    });
    catga_close(both.observed);
    catga_close(both.plain);
}
