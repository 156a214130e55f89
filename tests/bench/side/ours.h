/* ours.h: our side of the same order: the native struct to encode, and the sum of every field. */
#ifndef SIDE_OURS_H
#define SIDE_OURS_H

#include "../sample.h"
#include "bench.catga.h"

static inline catga_string ours_text(sample_text text)
{
    return (catga_string){text.data, text.length};
}

/* Fills an order; `lines` holds its lines and must live as long. */
static inline bench_order ours_order(const sample_order *order,
                                     bench_order_line lines[SAMPLE_LINES])
{
    for (int i = 0; i < SAMPLE_LINES; i++)
        lines[i] = (bench_order_line){
            .product_id = ours_text(order->lines[i].product_id),
            .quantity = order->lines[i].quantity,
            .unit_price = order->lines[i].unit_price,
        };
    return (bench_order){
        .id = ours_text(order->id),
        .customer_id = ours_text(order->customer_id),
        .status = BENCH_ORDER_STATUS_PAID,
        .total = order->total,
        .created_at = order->created_at,
        .lines = {lines, SAMPLE_LINES},
    };
}

/* Encodes the sample order. Returns its length, or 0 on failure. */
static inline size_t ours_encode_to(uint8_t *buffer, size_t capacity)
{
    bench_order_line lines[SAMPLE_LINES];
    bench_order order = ours_order(&sample, lines);
    size_t length = 0;

    return bench_order_encode(&order, buffer, capacity, &length, NULL) == CATGA_OK ? length : 0;
}

static inline uint64_t ours_read_text(catga_string text)
{
    return text.data == NULL ? 0 : text.length + (unsigned char)text.data[0];
}

static inline uint64_t ours_read_line(bench_order_line_view line)
{
    return ours_read_text(bench_order_line_get_product_id(line)) +
           bench_order_line_get_quantity(line) + (uint64_t)bench_order_line_get_unit_price(line);
}

/* Inlined into the loop that measures it, as the compiler does on the other side. */
CATGA_INLINE uint64_t ours_read(bench_order_view order)
{
    uint64_t sum = ours_read_text(bench_order_get_id(order)) +
                   ours_read_text(bench_order_get_customer_id(order)) +
                   bench_order_get_status(order) + (uint64_t)bench_order_get_total(order) +
                   (uint64_t)bench_order_get_created_at(order);
    bench_order_line_vector lines = bench_order_get_lines(order);

    for (size_t i = 0; i < lines.length; i++)
        sum += ours_read_line(bench_order_line_at(lines, i));
    return sum;
}

#endif
