/* json_parse: nanoseconds from a receipt of three lines in JSON to a finished message; the same
 * text on both sides. */

#include "bench.h"
#include "side/codec.h"
#include "side/receipt.h"

enum { TIMES = 30000, ARENA = 4096 };

typedef struct sides {
    char text[RECEIPT_TEXT];
    size_t length;
} sides;

static size_t parse(const sides *both, uint8_t *bytes)
{
    _Alignas(16) uint8_t memory[ARENA];
    catga_arena arena = {memory, sizeof memory, 0};
    codec_receipt receipt;

    catga_status status =
        codec_receipt_parse(both->text, both->length, CATGA_REFUSE_UNKNOWN, &receipt, &arena, NULL);
    return status == CATGA_OK ? receipt_encode(&receipt, bytes) : 0;
}

static double ours(void *state)
{
    const sides *both = state;
    uint8_t bytes[SAMPLE_CAPACITY];
    bool good = true;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++) {
        good &= parse(both, bytes) != 0;
        bench_keep(bytes);
    }
    double each = bench_each(start, TIMES);
    bench_need(good, "parse and encode");
    return each;
}

static double other(void *state)
{
    const sides *both = state;
    uint64_t start = bench_now();
    bool good = side_parse(both->text, TIMES);
    double each = bench_each(start, TIMES);

    bench_need(good, "the other side parses");
    return each;
}

int main(void)
{
    uint8_t bytes[SAMPLE_CAPACITY];
    uint8_t again[SAMPLE_CAPACITY];
    static sides both;
    codec_receipt_view view;
    size_t length = receipt_bytes(bytes);

    bench_need(codec_receipt_open(bytes, length, &view, NULL) == CATGA_OK, "verify");
    both.length = codec_receipt_print(view, both.text, sizeof both.text);
    bench_need(parse(&both, again) == length && memcmp(bytes, again, length) == 0,
               "the text is the message");

    bench_compare(&(bench_pair){
        .name = "json_parse",
        .unit = "ns",
        .who = "C++ Parser",
        .ours = ours,
        .other = other,
        .state = &both,
    });
    return 0;
}
