/* encode: nanoseconds to write the order of three lines, from a filled struct to finished bytes. */

#include "bench.h"
#include "side/flatbuffers.h"
#include "side/ours.h"

enum { TIMES = 200000 };

static double ours(void *state)
{
    const bench_order *order = state;
    uint8_t buffer[SAMPLE_CAPACITY];
    size_t length = 0;
    catga_status worst = CATGA_OK;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++) {
        worst |= bench_order_encode(order, buffer, sizeof buffer, &length, NULL);
        bench_keep(buffer);
    }
    double each = bench_each(start, TIMES);
    bench_need(worst == CATGA_OK, "encode");
    return each;
}

static double other(void *state)
{
    (void)state;
    uint64_t start = bench_now();
    side_encode(&sample, TIMES);
    return bench_each(start, TIMES);
}

int main(void)
{
    bench_order_line lines[SAMPLE_LINES];
    bench_order order = ours_order(&sample, lines);
    uint8_t buffer[SAMPLE_CAPACITY];
    size_t length = ours_encode_to(buffer, sizeof buffer);

    bench_need(length >= 232 && length <= 240, "our order has between 232 and 240 bytes");
    length = side_encode_to(&sample, buffer, sizeof buffer);
    bench_need(length >= 232 && length <= 240, "the other order has between 232 and 240 bytes");

    bench_compare(&(bench_pair){
        .name = "encode",
        .unit = "ns",
        .who = "C++ FlatBuffers",
        .ours = ours,
        .other = other,
        .state = &order,
    });
    return 0;
}
