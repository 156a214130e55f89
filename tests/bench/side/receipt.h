/*
 * receipt.h: our side of the JSON benchmarks: a receipt of three lines with the values of the
 * sample order, and its bytes.
 */
#ifndef SIDE_RECEIPT_H
#define SIDE_RECEIPT_H

#include "../sample.h"
#include "codec.catga.h"

enum { RECEIPT_TEXT = 1024 };

/* Writes it into a buffer of SAMPLE_CAPACITY bytes; returns its length, 0 when that failed. */
static inline size_t receipt_encode(const codec_receipt *receipt, uint8_t *buffer)
{
    size_t length = 0;

    return codec_receipt_encode(receipt, buffer, SAMPLE_CAPACITY, &length, NULL) == CATGA_OK
               ? length
               : 0;
}

static inline size_t receipt_bytes(uint8_t *buffer)
{
    codec_receipt_line lines[SAMPLE_LINES];

    for (int i = 0; i < SAMPLE_LINES; i++)
        lines[i] = (codec_receipt_line){
            .product_id = {sample.lines[i].product_id.data, sample.lines[i].product_id.length},
            .quantity = sample.lines[i].quantity,
            .unit_price = sample.lines[i].unit_price,
        };
    const codec_receipt receipt = {
        .id = {sample.id.data, sample.id.length},
        .customer_id = {sample.customer_id.data, sample.customer_id.length},
        .kind = CODEC_KIND_PERSON,
        .total = sample.total,
        .weight = 12.5,
        .paid = true,
        .lines = {lines, SAMPLE_LINES},
    };
    return receipt_encode(&receipt, buffer);
}

#endif
