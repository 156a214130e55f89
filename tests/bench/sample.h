/*
 * sample.h: the order that both sides of a benchmark write and read, as plain values, in a form
 * that favours neither side.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#define SAMPLE_TEXT(literal)                                                                       \
    {                                                                                              \
        literal, sizeof literal - 1                                                                \
    }
enum { SAMPLE_LINES = 3, SAMPLE_STATUS_PAID = 1, SAMPLE_CAPACITY = 512 };

typedef struct sample_text {
    const char *data;
    size_t length;
} sample_text;

typedef struct sample_line {
    sample_text product_id;
    uint32_t quantity;
    int64_t unit_price;
} sample_line;

typedef struct sample_order {
    sample_text id;
    sample_text customer_id;
    int64_t total;
    int64_t created_at;
    sample_line lines[SAMPLE_LINES];
} sample_order;

static const sample_order sample = {
    SAMPLE_TEXT("ORD-001"),
    SAMPLE_TEXT("CUST-01"),
    1339980,
    1760090400000000000,
    {
        {SAMPLE_TEXT("PROD-001"), 2, 599999},
        {SAMPLE_TEXT("PROD-002"), 5, 9999},
        {SAMPLE_TEXT("PROD-003"), 3, 29999},
    },
};

#endif
