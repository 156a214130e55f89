/* encode_structs: nanoseconds to write a message with a vector of 1,000 structs, compared with a
 * copy of as many bytes. */

#include "bench.h"
#include "codec.catga.h"
#include "record.h"

enum { TIMES = 20000 };

typedef struct sides {
    codec_position positions[TRACK_POSITIONS];
    size_t length; /* of the message */
    uint8_t buffer[TRACK_CAPACITY];
} sides;

static double ours(void *state)
{
    sides *both = state;
    const codec_track track = {.positions = CATGA_SLICE(both->positions)};
    catga_status worst = CATGA_OK;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++) {
        worst |= codec_track_encode(&track, both->buffer, sizeof both->buffer, &both->length, NULL);
        bench_keep(both->buffer);
    }
    double each = bench_each(start, TIMES);
    bench_need(worst == CATGA_OK, "encode");
    return each;
}

static double other(void *state)
{
    sides *both = state;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++) {
        memcpy(both->buffer, both->positions, sizeof both->positions);
        bench_keep(both->buffer);
    }
    return bench_each(start, TIMES);
}

int main(void)
{
    static sides both;

    for (int i = 0; i < TRACK_POSITIONS; i++)
        both.positions[i] = (codec_position){50 + i / 1000.0, i / 500.0, (float)i, 2.5f};
    bench_compare(&(bench_pair){
        .name = "encode_structs",
        .unit = "ns",
        .who = "memcpy of the structs",
        .ours = ours,
        .other = other,
        .state = &both,
    });
    bench_need(both.length >= sizeof both.positions, "our message holds the structs");
    return 0;
}
