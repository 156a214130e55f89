/*
 * qos1_publish: stored events of 128 bytes, thousands per second, until the last is acknowledged; as many under way at once
 * on both sides. Ours encodes each from its struct; the other publishes ready bytes.
 */

#include "bench.h"
#include "side/jetstream.h"
#include "stored.catga.h"

#include <semaphore.h>

enum { TIMES = 20000, LENGTH = 128, CAPACITY = 256 };

typedef struct sides {
    catga_bus *bus;
    sem_t room; /* for events under way */
    jetstream other;
    uint8_t bytes[CAPACITY];
} sides;

static const stored_parcel parcel = {
    .id = {"ORD-0001", 8},
    .customer_id = {"CUST-001", 8},
    .total = 1339980,
    .note = {"to be left with the neighbours, next door.", 42},
};

static double thousands_per_second(uint64_t start)
{
    return 1e6 / bench_each(start, TIMES);
}

static void on_stored(catga_status status, const catga_error *error, void *user)
{
    sides *both = user;
    (void)error;
    bench_need(status == CATGA_OK, catga_status_text(status));
    sem_post(&both->room);
}

static void wait_for_room(sem_t *room)
{
    while (sem_wait(room) != 0)
        ; /* interrupted */
}

static double ours(void *state)
{
    sides *both = state;
    uint64_t start = bench_now();
    for (size_t i = 0; i < TIMES; i++) {
        wait_for_room(&both->room);
        catga_status status = stored_parcel_publish_async(both->bus, &parcel, on_stored, both);
        bench_need(status == CATGA_OK, catga_status_text(status));
    }
    for (size_t i = 0; i < JETSTREAM_IN_FLIGHT; i++)
        wait_for_room(&both->room);
    double rate = thousands_per_second(start);
    for (size_t i = 0; i < JETSTREAM_IN_FLIGHT; i++)
        sem_post(&both->room);
    return rate;
}

static double other(void *state)
{
    sides *both = state;
    uint64_t start = bench_now();
    jetstream_publish(&both->other, JETSTREAM_SUBJECT, (side_bytes){both->bytes, LENGTH}, TIMES);
    return thousands_per_second(start);
}

int main(void)
{
    static sides both;
    size_t length = 0;
    catga_status status = stored_parcel_encode(&parcel, both.bytes, sizeof both.bytes, &length, NULL);
    bench_need(status == CATGA_OK && length == LENGTH, "the event has 128 bytes");
    bench_need(catga_open(&both.bus, &(catga_options){.in_flight = JETSTREAM_IN_FLIGHT}) == CATGA_OK, "catga_open");
    sem_init(&both.room, 0, JETSTREAM_IN_FLIGHT);
    jetstream_open(&both.other);
    bench_compare(&(bench_pair){
        .name = "qos1_publish",
        .unit = "k/s",
        .who = "js_PublishAsync with message ids",
        .more_is_better = true,
        .ours = ours,
        .other = other,
        .state = &both,
    });
    catga_close(both.bus);
    jetstream_close(&both.other);
    nats_Close();
    return 0;
}
