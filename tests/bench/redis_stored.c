/*
 * redis_stored: stored events of 128 bytes over Redis, thousands per second, compared with bare
 * hiredis, entries of the same bytes and as many in flight: publishing with XADD, until all are
 * acknowledged, and receiving with XREADGROUP and XACK, from the first event to the last. Ours
 * stores no event twice, and verifies each event that it handles.
 */

#include "bench.h"
#include "side/redis_side.h"
#include "stored.catga.h"

#include <catga/redis.h>

#include <semaphore.h>
#include <string.h>

enum { TIMES = 20000, LENGTH = 128, CAPACITY = 512, IN_FLIGHT = 4096, BATCH = 512 };

#define STREAM "bench:events"

/* The head of a message in our stream, for the other side. */
#define HEAD "catga.events.stored.v1.Parcel - -\r\nNats-Msg-Id: ECXN9g_bDSGxgEhSHw6xpC\r\n\r\n"

typedef struct sides {
    catga_bus *bus;
    redisContext *context;
    size_t stored;
    size_t handled;
    uint64_t first;
    uint64_t last;
    sem_t done;
    uint8_t bytes[CAPACITY];
    size_t length;
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

static void wait_until_done(sides *both)
{
    while (sem_wait(&both->done) != 0)
        ; /* interrupted */
}

/* ---- Publishing ---- */

static void on_stored(catga_status status, const catga_error *error, void *user)
{
    sides *both = user;

    (void)error;
    bench_need(status == CATGA_OK, catga_status_text(status));
    if (++both->stored == TIMES)
        sem_post(&both->done);
}

static double publish_ours(void *state)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    sides *both = state;
    uint64_t start = bench_now();

    both->stored = 0;
    for (size_t i = 0; i < TIMES; i++) {
        catga_status status;
        while ((status = stored_parcel_publish_async(both->bus, &parcel, on_stored, both)) ==
               CATGA_OVERLOADED)
            nanosleep(&pause, NULL);
        bench_need(status == CATGA_OK, catga_status_text(status));
    }
    wait_until_done(both);
    return thousands_per_second(start);
}

static double publish_other(void *state)
{
    sides *both = state;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++) {
        redis_side_add(both->context, STREAM, NULL, (redis_bytes){both->bytes, both->length});
        if (i >= IN_FLIGHT)
            freeReplyObject(redis_side_reply(both->context));
    }
    for (size_t i = 0; i < IN_FLIGHT; i++)
        freeReplyObject(redis_side_reply(both->context));
    return thousands_per_second(start);
}

/* ---- Receiving ---- */

static void count(sides *both)
{
    if (++both->handled == 1)
        both->first = bench_now();
    if (both->handled != TIMES)
        return;
    both->last = bench_now();
    sem_post(&both->done);
}

static double rate_of(sides *both)
{
    wait_until_done(both);
    return 1e6 * (TIMES - 1) / (double)(both->last - both->first);
}

static catga_status receive(catga_context *context, stored_parcel_view event)
{
    (void)event;
    count(catga_context_user(context));
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
    both->handled = 0;
}

static double receive_ours(void *state)
{
    static const stored_receiver service = {.receive = receive};
    sides *both = state;

    empty(both);
    catga_bus *bus = open_bus();
    (void)publish_ours(both);
    bench_need(stored_receiver_serve(bus, &service, both) == CATGA_OK, "serve");
    double rate = rate_of(both);
    catga_close(bus);
    return rate;
}

static double receive_other(void *state)
{
    sides *both = state;

    empty(both);
    (void)publish_other(both);
    redis_side_do(both->context, "XGROUP CREATE " STREAM " g 0");
    while (both->handled < TIMES) {
        redisReply *reply;
        const redisReply *entries = redis_side_read(both->context, STREAM, BATCH, &reply);
        for (size_t i = 0; i < entries->elements; i++) {
            redis_side_acknowledge(both->context, STREAM, entries->element[i]);
            count(both);
        }
        for (size_t i = 0; i < entries->elements; i++)
            freeReplyObject(redis_side_reply(both->context));
        freeReplyObject(reply);
    }
    return rate_of(both);
}

static void make_message(sides *both)
{
    const size_t head = sizeof HEAD - 1;
    size_t length = 0;

    memcpy(both->bytes, HEAD, head);
    catga_status status =
        stored_parcel_encode(&parcel, both->bytes + head, sizeof both->bytes - head, &length, NULL);
    bench_need(status == CATGA_OK && length == LENGTH, "the event has 128 bytes");
    both->length = head + length;
}

int main(void)
{
    static sides both;

    make_message(&both);
    sem_init(&both.done, 0, 0);
    both.bus = open_bus();
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
    catga_close(both.bus);
    redisFree(both.context);
    return 0;
}
