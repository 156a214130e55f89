/* json_print: nanoseconds to print a receipt of three lines as JSON; the same bytes, and the same
 * text, on both sides. */

#include "bench.h"
#include "side/codec.h"
#include "side/receipt.h"

enum { TIMES = 30000 };

typedef struct message {
    _Alignas(8) uint8_t bytes[SAMPLE_CAPACITY];
    codec_receipt_view view;
} message;

static double ours(void *state)
{
    const message *receipt = state;
    char text[RECEIPT_TEXT];
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++) {
        codec_receipt_print(receipt->view, text, sizeof text);
        bench_keep(text);
    }
    return bench_each(start, TIMES);
}

static double other(void *state)
{
    const message *receipt = state;
    uint64_t start = bench_now();

    side_print(receipt->bytes, TIMES);
    return bench_each(start, TIMES);
}

/* C++ writes a space after each colon and comma; the texts of a receipt contain no space. */
static void leave_out_spaces(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++)
        if (*from != ' ')
            *to++ = *from;
    *to = '\0';
}

int main(void)
{
    message receipt;
    char text[RECEIPT_TEXT];
    char other_text[RECEIPT_TEXT];
    size_t length = receipt_bytes(receipt.bytes);
    catga_status status = codec_receipt_open(receipt.bytes, length, &receipt.view, NULL);

    bench_need(status == CATGA_OK, "verify");
    bench_need(codec_receipt_print(receipt.view, text, sizeof text) < sizeof text, "our text fits");
    bench_need(side_print_to(receipt.bytes, other_text, sizeof other_text) != 0,
               "the other text fits");
    leave_out_spaces(other_text);
    bench_need(strcmp(text, other_text) == 0, "both sides print the same");

    bench_compare(&(bench_pair){
        .name = "json_print",
        .unit = "ns",
        .who = "C++ GenerateText",
        .ours = ours,
        .other = other,
        .state = &receipt,
    });
    return 0;
}
