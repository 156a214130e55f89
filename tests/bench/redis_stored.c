/*
 * redis_stored: stored events of 128 bytes over Redis, thousands per second, compared with bare
 * hiredis, entries of the same bytes and as many in flight: publishing with XADD, until all are
 * acknowledged, and receiving with XREADGROUP and XACK, from the first event to the last. Ours
 * stores no event twice, and verifies each event that it handles.
 */

#include "bench.h"
#include "side/arrivals.h"
#include "side/our_parcels.h"
#include "side/redis_side.h"

#include <catga/redis.h>

#include <string.h>

enum { TIMES = 20000, IN_FLIGHT = 4096, BATCH = 512 };

#define STREAM "bench:events"

/* The head of a message in our stream, for the other side. */
#define HEAD "catga.events.stored.v1.Parcel - -\r\nNats-Msg-Id: ECXN9g_bDSGxgEhSHw6xpC\r\n\r\n"

typedef struct sides {
    our_parcels parcels;
    redisContext *context;
    arrivals received;
    uint8_t bytes[sizeof HEAD - 1 + OUR_PARCEL_LENGTH];
} sides;

/* ---- Publishing ---- */

static double publish_ours(void *state)
{
    return our_parcels_publish(&((sides *)state)->parcels, TIMES);
}

static double publish_other(void *state)
{
    sides *both = state;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++) {
        redis_side_add(both->context, STREAM, NULL, (redis_bytes){both->bytes, sizeof both->bytes});
        if (i >= IN_FLIGHT)
            freeReplyObject(redis_side_reply(both->context));
    }
    for (size_t i = 0; i < IN_FLIGHT; i++)
        freeReplyObject(redis_side_reply(both->context));
    return 1e6 / bench_each(start, TIMES);
}

/* ---- Receiving ---- */

static catga_status receive(catga_context *context, stored_parcel_view event)
{
    sides *both = catga_context_user(context);

    (void)event;
    arrivals_count(&both->received);
    return CATGA_OK;
}

static catga_bus *open_bus(void)
{
    catga_bus *bus = NULL;
    const catga_options options = {
        .transport = catga_redis(), .in_flight = IN_FLIGHT, .unacknowledged = 2 * BATCH};

    bench_need(catga_open(&bus, &options) == CATGA_OK, "catga_open");
    return bus;
}

/* Both sides receive the events of one round only. */
static void empty(sides *both)
{
    redis_side_do(both->context, "FLUSHALL");
    both->received.count = 0;
}

static double receive_ours(void *state)
{
    static const stored_receiver service = {.receive = receive};
    sides *both = state;

    empty(both);
    catga_bus *bus = open_bus();
    (void)publish_ours(both);
    bench_need(stored_receiver_serve(bus, &service, both) == CATGA_OK, "serve");
    double rate = arrivals_rate(&both->received);
    catga_close(bus);
    return rate;
}

static double receive_other(void *state)
{
    sides *both = state;

    empty(both);
    (void)publish_other(both);
    redis_side_do(both->context, "XGROUP CREATE " STREAM " g 0");
    while (both->received.count < TIMES) {
        redisReply *reply;
        const redisReply *entries = redis_side_read(both->context, STREAM, BATCH, &reply);
        for (size_t i = 0; i < entries->elements; i++) {
            redis_side_acknowledge(both->context, STREAM, entries->element[i]);
            arrivals_count(&both->received);
        }
        for (size_t i = 0; i < entries->elements; i++)
            freeReplyObject(redis_side_reply(both->context));
        freeReplyObject(reply);
    }
    return arrivals_rate(&both->received);
}

int main(void)
{
    static sides both = {.received.wanted = TIMES};

    memcpy(both.bytes, HEAD, sizeof HEAD - 1);
    our_parcels_encode(both.bytes + sizeof HEAD - 1);
    sem_init(&both.received.done, 0, 0);
    our_parcels_begin(&both.parcels, open_bus());
    both.context = redis_side_connect();
    bench_compare(&(bench_pair){
        .name = "redis_stored",
        .unit = "k/s",
        .who = "hiredis: XADD",
        .more_is_better = true,
        .ours = publish_ours,
        .other = publish_other,
        .state = &both,
    });
    bench_compare(&(bench_pair){
        .name = "redis_stored_receive",
        .unit = "k/s",
        .who = "hiredis: XREADGROUP, XACK",
        .more_is_better = true,
        .ours = receive_ours,
        .other = receive_other,
        .state = &both,
    });
    catga_close(both.parcels.bus);
    redisFree(both.context);
    return 0;
}
