/*
 * qos1_publish: stored events of 128 bytes, thousands per second, until the last is acknowledged,
 * with equally many in flight on both sides. Ours encodes each event from its struct; the other
 * side publishes finished bytes.
 */

#include "bench.h"
#include "side/jetstream.h"
#include "side/our_parcels.h"

enum { TIMES = 20000 };

typedef struct sides {
    our_parcels parcels;
    jetstream other;
    uint8_t bytes[OUR_PARCEL_LENGTH];
} sides;

static double ours(void *state)
{
    return our_parcels_publish(&((sides *)state)->parcels, TIMES);
}

static double other(void *state)
{
    sides *both = state;
    uint64_t start = bench_now();

    jetstream_publish(&both->other, JETSTREAM_SUBJECT, (side_bytes){both->bytes, OUR_PARCEL_LENGTH},
                      TIMES);
    return 1e6 / bench_each(start, TIMES);
}

int main(void)
{
    static sides both;
    catga_bus *bus = NULL;
    const catga_options options = {.in_flight = JETSTREAM_IN_FLIGHT};

    our_parcels_encode(both.bytes);
    bench_need(catga_open(&bus, &options) == CATGA_OK, "catga_open");
    our_parcels_begin(&both.parcels, bus);
    jetstream_open(&both.other, false);
    bench_compare(&(bench_pair){
        .name = "qos1_publish",
        .unit = "k/s",
        .who = "js_PublishAsync with message ids",
        .more_is_better = true,
        .ours = ours,
        .other = other,
        .state = &both,
    });
    catga_close(bus);
    jetstream_close(&both.other);
    nats_Close();
    return 0;
}
