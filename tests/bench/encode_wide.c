/* encode_wide: nanoseconds to write a record of forty mixed fields, from a filled struct to
 * finished bytes. */

#include "bench.h"
#include "codec.catga.h"
#include "side/codec.h"

enum { TIMES = 100000 };

static codec_record ours_record(const record *from)
{
    return (codec_record){
#define RECORD_SCALAR(type, name, value) .name = from->name,
#define RECORD_ENUM(name, value)         .name = from->name,
#define RECORD_TEXT(name, value)         .name = {from->name.data, from->name.length},
#include "record.def"
#undef RECORD_SCALAR
#undef RECORD_ENUM
#undef RECORD_TEXT
        .numbers = CATGA_SLICE(from->numbers),
    };
}

static double ours(void *state)
{
    const codec_record *filled = state;
    uint8_t buffer[RECORD_CAPACITY];
    size_t length = 0;
    catga_status worst = CATGA_OK;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++) {
        worst |= codec_record_encode(filled, buffer, sizeof buffer, &length, NULL);
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
    side_encode_record(&record_sample, TIMES);
    return bench_each(start, TIMES);
}

int main(void)
{
    const record *from = &record_sample;
    const codec_position position = {from->position.latitude, from->position.longitude,
                                     from->position.altitude, from->position.accuracy};
    codec_record filled = ours_record(from);

    filled.position = &position;
    uint8_t buffer[RECORD_CAPACITY];
    size_t length = 0;
    bench_need(codec_record_encode(&filled, buffer, sizeof buffer, &length, NULL) == CATGA_OK,
               "encode");
    size_t other_length = side_record_length(from);
    bench_need(length <= other_length + 8 && other_length <= length + 8,
               "both sides write as many bytes");

    bench_compare(&(bench_pair){
        .name = "encode_wide",
        .unit = "ns",
        .who = "C++ FlatBuffers",
        .ours = ours,
        .other = other,
        .state = &filled,
    });
    return 0;
}
