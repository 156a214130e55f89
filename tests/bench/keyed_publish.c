/*
 * keyed_publish: the events of `publish` with a key, the customer. The other side publishes the
 * same events without a key, in the same process.
 */
#include "bench.catga.h"
#include "bench.h"
#include "forms.catga.h"

enum { TIMES = 200000, FLUSH_MS = 10000 };

static double rate_of(catga_bus *bus, uint64_t start, catga_status worst)
{
    worst |= catga_flush(bus, FLUSH_MS);
    bench_need(worst == CATGA_OK, "publish and flush");
    return 1e6 / bench_each(start, TIMES);
}

static double ours(void *bus)
{
    static const forms_order_keyed event = {
        .id = {"ORD-0001", 8},
        .customer_id = {"CUST-001", 8},
        .total = 1339980,
        .note = {"to be left with the neighbours, next door.", 42},
    };
    catga_status worst = CATGA_OK;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++)
        worst |= forms_order_keyed_publish(bus, &event);
    return rate_of(bus, start, worst);
}

static double other(void *bus)
{
    static const bench_order_placed event = {
        .id = {"ORD-0001", 8},
        .customer_id = {"CUST-001", 8},
        .total = 1339980,
        .note = {"to be left with the neighbours, next door.", 42},
    };
    catga_status worst = CATGA_OK;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++)
        worst |= bench_order_placed_publish(bus, &event);
    return rate_of(bus, start, worst);
}

int main(void)
{
    catga_bus *bus;

    bench_need(catga_open(&bus, NULL) == CATGA_OK, "catga_open");
    bench_compare(&(bench_pair){
        .name = "keyed_publish",
        .unit = "k/s",
        .who = "without a key",
        .more_is_better = true,
        .ours = ours,
        .other = other,
        .state = bus,
    });
    catga_close(bus);
    return 0;
}
