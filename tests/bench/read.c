/* read: nanoseconds to read every field of a verified order; the same bytes on both sides. */

#include "bench.h"
#include "side/flatbuffers.h"
#include "side/ours.h"

enum { TIMES = 500000 };

typedef struct message {
    _Alignas(8) uint8_t bytes[SAMPLE_CAPACITY];
    bench_order_view view;
    uint64_t sum; /* sum of one reading */
} message;

static double ours(void *state)
{
    const message *order = state;
    uint64_t sum = 0;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++) {
        sum += ours_read(order->view);
        bench_keep(order->bytes);
    }
    double each = bench_each(start, TIMES);
    bench_need(sum == order->sum * TIMES, "our side reads the same each time");
    return each;
}

static double other(void *state)
{
    const message *order = state;
    uint64_t start = bench_now();
    uint64_t sum = side_read(order->bytes, TIMES);
    double each = bench_each(start, TIMES);

    bench_need(sum == order->sum * TIMES, "both sides read the same");
    return each;
}

int main(void)
{
    message order;
    size_t length = ours_encode_to(order.bytes, sizeof order.bytes);
    catga_status status = bench_order_open(order.bytes, length, &order.view, NULL);

    bench_need(status == CATGA_OK, "verify");
    order.sum = ours_read(order.view);
    bench_compare(&(bench_pair){
        .name = "read",
        .unit = "ns",
        .who = "C++ FlatBuffers",
        .ours = ours,
        .other = other,
        .state = &order,
    });
    return 0;
}
