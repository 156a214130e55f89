#include "our_parcels.h"

#include "../bench.h"

#include <string.h>

static const stored_parcel parcel = {
    .id = {"ORD-0001", 8},
    .customer_id = {"CUST-001", 8},
    .total = 1339980,
    .note = {"to be left with the neighbours, next door.", 42},
};

void our_parcels_begin(our_parcels *parcels, catga_bus *bus)
{
    parcels->bus = bus;
    sem_init(&parcels->done, 0, 0);
}

void our_parcels_encode(uint8_t bytes[OUR_PARCEL_LENGTH])
{
    uint8_t buffer[2 * OUR_PARCEL_LENGTH]; /* with the room that encoding needs meanwhile */
    size_t length = 0;
    catga_status status = stored_parcel_encode(&parcel, buffer, sizeof buffer, &length, NULL);

    bench_need(status == CATGA_OK && length == OUR_PARCEL_LENGTH, "the event has 128 bytes");
    memcpy(bytes, buffer, OUR_PARCEL_LENGTH);
}

static void on_stored(catga_status status, const catga_error *error, void *user)
{
    our_parcels *parcels = user;

    (void)error;
    bench_need(status == CATGA_OK, catga_status_text(status));
    if (++parcels->stored == parcels->wanted)
        sem_post(&parcels->done);
}

/* At the limit of events in flight, waits for some of them, as js_PublishAsync does. */
static void publish(our_parcels *parcels)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    catga_status status;

    while ((status = stored_parcel_publish_async(parcels->bus, &parcel, on_stored, parcels)) ==
           CATGA_OVERLOADED)
        nanosleep(&pause, NULL);
    bench_need(status == CATGA_OK, catga_status_text(status));
}

double our_parcels_publish(our_parcels *parcels, size_t times)
{
    uint64_t start = bench_now();

    parcels->stored = 0;
    parcels->wanted = times;
    for (size_t i = 0; i < times; i++)
        publish(parcels);
    while (sem_wait(&parcels->done) != 0)
        ; /* interrupted */
    return 1e6 / bench_each(start, times);
}
