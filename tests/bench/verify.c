/* verify: nanoseconds to prove an order of three lines safe to read; the same bytes on both sides.
 */

#include "bench.h"
#include "side/flatbuffers.h"
#include "side/ours.h"

enum { TIMES = 200000 };

typedef struct message {
    _Alignas(8) uint8_t bytes[SAMPLE_CAPACITY];
    size_t length;
} message;

static double ours(void *state)
{
    const message *order = state;
    bench_order_view view;
    catga_status worst = CATGA_OK;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++) {
        worst |= bench_order_open(order->bytes, order->length, &view, NULL);
        bench_keep(order->bytes);
    }
    double each = bench_each(start, TIMES);
    bench_need(worst == CATGA_OK, "verify");
    return each;
}

static double other(void *state)
{
    const message *order = state;
    uint64_t start = bench_now();
    bool good = side_verify(order->bytes, order->length, TIMES);
    double each = bench_each(start, TIMES);

    bench_need(good, "the other side verifies our bytes");
    return each;
}

int main(void)
{
    message order;

    order.length = ours_encode_to(order.bytes, sizeof order.bytes);
    bench_need(order.length > 0, "encode");
    bench_compare(&(bench_pair){
        .name = "verify",
        .unit = "ns",
        .who = "C++ FlatBuffers",
        .ours = ours,
        .other = other,
        .state = &order,
    });
    return 0;
}
