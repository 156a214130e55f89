/*
 * qos1_publish: stored events of 128 bytes, thousands per second, until the last is acknowledged,
 * with equally many in flight on both sides. Ours encodes each event from its struct; the other
 * side publishes finished bytes.
 */

#include "bench.h"
#include "side/jetstream.h"
#include "stored.catga.h"

#include <semaphore.h>

enum { TIMES = 20000, LENGTH = 128, CAPACITY = 256 };

typedef struct sides {
    catga_bus *bus;
    size_t stored;
    sem_t done; /* posted when all events of a round are stored */
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
    if (++both->stored == TIMES)
        sem_post(&both->done);
}

/* At the limit of events in flight, waits for some of them, as js_PublishAsync does. */
static catga_status publish(sides *both)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    catga_status status;

    while ((status = stored_parcel_publish_async(both->bus, &parcel, on_stored, both)) ==
           CATGA_OVERLOADED)
        nanosleep(&pause, NULL);
    return status;
}

static double ours(void *state)
{
    sides *both = state;
    uint64_t start = bench_now();

    both->stored = 0;
    for (size_t i = 0; i < TIMES; i++) {
        catga_status status = publish(both);
        bench_need(status == CATGA_OK, catga_status_text(status));
    }
    while (sem_wait(&both->done) != 0)
        ; /* interrupted */
    return thousands_per_second(start);
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

    catga_status status =
        stored_parcel_encode(&parcel, both.bytes, sizeof both.bytes, &length, NULL);
    bench_need(status == CATGA_OK && length == LENGTH, "the event has 128 bytes");
    bench_need(catga_open(&both.bus, &(catga_options){.in_flight = JETSTREAM_IN_FLIGHT}) ==
                   CATGA_OK,
               "catga_open");
    sem_init(&both.done, 0, 0);
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
    catga_close(both.bus);
    jetstream_close(&both.other);
    nats_Close();
    return 0;
}
