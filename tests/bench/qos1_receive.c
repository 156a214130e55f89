/*
 * qos1_receive: stored events of 128 bytes, thousands per second, from the first that is handled to the last. They wait in
 * streams of the same settings, and as many are unacknowledged at once on both sides; ours verifies each.
 */

#include "bench.h"
#include "side/jetstream.h"
#include "stored.catga.h"

#include <semaphore.h>

enum { TIMES = 50000, LENGTH = 128, CAPACITY = 256, UNACKNOWLEDGED = 1024 };

static const char consumer[] = "Receiver__other__";
static const char delivered[] = "other.deliver.OTHERS_V1.Receiver__other__";
static const char our_subject[] = "catga.events.stored.v1.Parcel";

/* The ack wait of ours by default. */
#define ACK_WAIT (INT64_C(5) * 1000000000)

typedef struct sides {
    jetstream other;
    uint8_t bytes[CAPACITY];
    size_t handled;
    uint64_t first;
    uint64_t last;
    sem_t done;
} sides;

static const stored_parcel parcel = {
    .id = {"ORD-0001", 8},
    .customer_id = {"CUST-001", 8},
    .total = 1339980,
    .note = {"to be left with the neighbours, next door.", 42},
};

/* Returns thousands per second. */
static double wait_until_done(sides *both)
{
    while (sem_wait(&both->done) != 0)
        ; /* interrupted */
    return 1e6 * (TIMES - 1) / (double)(both->last - both->first);
}

static void count(sides *both)
{
    if (++both->handled == 1)
        both->first = bench_now();
    if (both->handled == TIMES) {
        both->last = bench_now();
        sem_post(&both->done);
    }
}

static void publish(sides *both, const char *subject)
{
    both->handled = 0;
    jetstream_publish(&both->other, subject, (side_bytes){both->bytes, LENGTH}, TIMES);
}

/* ---- Ours ---- */

static catga_status receive(catga_context *context, stored_parcel_view event)
{
    (void)event;
    count(catga_context_user(context));
    return CATGA_OK;
}

static catga_bus *open_bus(void)
{
    catga_bus *bus = NULL;
    catga_status status = catga_open(&bus, &(catga_options){.unacknowledged = UNACKNOWLEDGED});
    bench_need(status == CATGA_OK, "catga_open");
    return bus;
}

static double ours(void *state)
{
    static const stored_receiver service = {.receive = receive};
    sides *both = state;
    publish(both, our_subject);
    catga_bus *bus = open_bus();
    bench_need(stored_receiver_serve(bus, &service, both) == CATGA_OK, "serve");
    double rate = wait_until_done(both);
    catga_close(bus);
    return rate;
}

/* ---- The other ---- */

static void on_message(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *user)
{
    (void)connection;
    (void)subscription;
    bench_need(natsMsg_Ack(message, NULL) == NATS_OK, "natsMsg_Ack");
    natsMsg_Destroy(message);
    count(user);
}

/* What nats.c makes itself it deletes with the subscription. */
static void make_consumer(sides *both)
{
    jsConsumerConfig settings;
    jsConsumerConfig_Init(&settings);
    settings.Durable = consumer;
    settings.DeliverSubject = delivered;
    settings.DeliverGroup = consumer;
    settings.AckPolicy = js_AckExplicit;
    settings.AckWait = ACK_WAIT;
    settings.MaxAckPending = UNACKNOWLEDGED;
    natsStatus status = js_AddConsumer(NULL, both->other.context, JETSTREAM_STREAM, &settings, NULL, NULL);
    bench_need(status == NATS_OK, "js_AddConsumer");
}

static double other(void *state)
{
    sides *both = state;
    natsSubscription *subscription = NULL;
    jsSubOptions options;
    publish(both, JETSTREAM_SUBJECT);
    jsSubOptions_Init(&options);
    options.Stream = JETSTREAM_STREAM;
    options.Consumer = consumer;
    options.Queue = consumer;
    options.ManualAck = true;
    natsStatus status =
        js_Subscribe(&subscription, both->other.context, JETSTREAM_SUBJECT, on_message, both, NULL, &options, NULL);
    bench_need(status == NATS_OK, "js_Subscribe");
    double rate = wait_until_done(both);
    natsConnection_Flush(both->other.connection);
    natsSubscription_Destroy(subscription);
    return rate;
}

int main(void)
{
    static const stored_receiver service = {.receive = receive};
    static sides both;
    size_t length = 0;
    catga_status status = stored_parcel_encode(&parcel, both.bytes, sizeof both.bytes, &length, NULL);
    bench_need(status == CATGA_OK && length == LENGTH, "the event has 128 bytes");
    sem_init(&both.done, 0, 0);
    jetstream_open(&both.other);
    make_consumer(&both);
    catga_bus *bus = open_bus(); /* makes the stream and the consumer */
    bench_need(stored_receiver_serve(bus, &service, &both) == CATGA_OK, "serve");
    catga_close(bus);
    bench_compare(&(bench_pair){
        .name = "qos1_receive",
        .unit = "k/s",
        .who = "nats.c push consumer with acknowledgement",
        .more_is_better = true,
        .ours = ours,
        .other = other,
        .state = &both,
    });
    jetstream_close(&both.other);
    nats_Close();
    return 0;
}
