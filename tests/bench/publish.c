/*
 * publish: events of 128 bytes sent to the server, thousands per second, until a flush confirms
 * their arrival. Ours encodes each event from its struct; the other side publishes finished bytes.
 */

#include "bench.catga.h"
#include "bench.h"
#include "side/nats_side.h"

enum { TIMES = 200000, LENGTH = 128, CAPACITY = 256, FLUSH_MS = 10000 };

typedef struct sides {
    catga_bus *bus;
    natsConnection *connection;
    uint8_t bytes[CAPACITY];
} sides;

static const bench_order_placed event = {
    .id = {"ORD-0001", 8},
    .customer_id = {"CUST-001", 8},
    .total = 1339980,
    .note = {"to be left with the neighbours, next door.", 42},
};

static double thousands_per_second(uint64_t start)
{
    return 1e6 / bench_each(start, TIMES);
}

static double ours(void *state)
{
    sides *both = state;
    catga_status worst = CATGA_OK;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++)
        worst |= bench_order_placed_publish(both->bus, &event);
    worst |= catga_flush(both->bus, FLUSH_MS);
    double rate = thousands_per_second(start);
    bench_need(worst == CATGA_OK, "publish and flush");
    return rate;
}

static double other(void *state)
{
    sides *both = state;
    int worst = NATS_OK;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++)
        worst |= (int)natsConnection_Publish(both->connection, "catga.events.bench.v1.OrderPlaced",
                                             both->bytes, LENGTH);
    worst |= (int)natsConnection_FlushTimeout(both->connection, FLUSH_MS);
    double rate = thousands_per_second(start);
    bench_need(worst == NATS_OK, "natsConnection_Publish and natsConnection_Flush");
    return rate;
}

int main(void)
{
    sides both = {.connection = side_connect(false)};
    size_t length = 0;

    catga_status status =
        bench_order_placed_encode(&event, both.bytes, sizeof both.bytes, &length, NULL);
    bench_need(status == CATGA_OK && length == LENGTH, "the event has 128 bytes");
    bench_need(catga_open(&both.bus, NULL) == CATGA_OK, "catga_open");
    bench_compare(&(bench_pair){
        .name = "publish",
        .unit = "k/s",
        .who = "natsConnection_Publish",
        .more_is_better = true,
        .ours = ours,
        .other = other,
        .state = &both,
    });
    catga_close(both.bus);
    natsConnection_Destroy(both.connection);
    nats_Close();
    return 0;
}
