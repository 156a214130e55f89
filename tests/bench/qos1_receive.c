/*
 * qos1_receive: stored events of 128 bytes, thousands per second, from the first handled event to
 * the last. All sides acknowledge each event, and ours verifies it. The streams have the same
 * settings. Ours is compared with nats.c's Fetch of the same batch, and with nats.c's push
 * consumer, which shows the price of pull requests.
 */

#include "bench.h"
#include "side/jetstream.h"
#include "stored.catga.h"

#include <semaphore.h>

enum { TIMES = 50000, LENGTH = 128, CAPACITY = 256, UNACKNOWLEDGED = 1024, FETCH_WAIT_MS = 30000 };

/* The runtime requests at most half of the limit of unacknowledged events at once. */
enum { BATCH = UNACKNOWLEDGED / 2 };

static const char consumer[] = "Receiver__other__";
static const char delivered[] = "other.deliver.OTHERS_V1.Receiver__other__";
static const char our_subject[] = "catga.events.stored.v1.Parcel";

/* The default ack wait of ours. */
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

/* ---- nats.c ---- */

static void acknowledge(natsMsg *message, sides *both)
{
    bench_need(natsMsg_Ack(message, NULL) == NATS_OK, "natsMsg_Ack");
    natsMsg_Destroy(message);
    count(both);
}

/*
 * Creates a consumer. Those of the two other sides share a stream, so each exists only while it is
 * measured. A NULL `deliver_to` makes a pull consumer.
 */
static void add_consumer(sides *both, const char *deliver_to)
{
    jsConsumerConfig settings;

    jsConsumerConfig_Init(&settings);
    settings.Durable = consumer;
    settings.DeliverSubject = deliver_to;
    settings.DeliverGroup = deliver_to != NULL ? consumer : NULL;
    settings.DeliverPolicy = js_DeliverNew;
    settings.AckPolicy = js_AckExplicit;
    settings.AckWait = ACK_WAIT;
    settings.MaxAckPending = UNACKNOWLEDGED;
    natsStatus status =
        js_AddConsumer(NULL, both->other.context, JETSTREAM_STREAM, &settings, NULL, NULL);
    bench_need(status == NATS_OK, "js_AddConsumer");
}

static void delete_consumer(sides *both)
{
    natsStatus status =
        js_DeleteConsumer(both->other.context, JETSTREAM_STREAM, consumer, NULL, NULL);
    bench_need(status == NATS_OK || status == NATS_NOT_FOUND, "js_DeleteConsumer");
}

static jsSubOptions bound_to_consumer(void)
{
    jsSubOptions options;

    jsSubOptions_Init(&options);
    options.Stream = JETSTREAM_STREAM;
    options.Consumer = consumer;
    options.ManualAck = true;
    return options;
}

static double end(sides *both, natsSubscription *subscription)
{
    double rate = wait_until_done(both);

    natsConnection_Flush(both->other.connection);
    natsSubscription_Destroy(subscription);
    return rate;
}

static void fetch_batch(sides *both, natsSubscription *subscription)
{
    natsMsgList list = {NULL, 0};
    natsStatus status = natsSubscription_Fetch(&list, subscription, BATCH, FETCH_WAIT_MS, NULL);

    bench_need(status == NATS_OK, "natsSubscription_Fetch");
    for (int i = 0; i < list.Count; i++) {
        acknowledge(list.Msgs[i], both);
        list.Msgs[i] = NULL;
    }
    natsMsgList_Destroy(&list);
}

static double fetch(void *state)
{
    sides *both = state;
    natsSubscription *subscription = NULL;
    jsSubOptions options = bound_to_consumer();

    publish(both, JETSTREAM_SUBJECT);
    natsStatus status = js_PullSubscribe(&subscription, both->other.context, JETSTREAM_SUBJECT,
                                         consumer, NULL, &options, NULL);
    bench_need(status == NATS_OK, "js_PullSubscribe");
    while (both->handled < TIMES)
        fetch_batch(both, subscription);
    return end(both, subscription);
}

static void on_message(natsConnection *connection, natsSubscription *subscription, natsMsg *message,
                       void *user)
{
    (void)connection;
    (void)subscription;
    acknowledge(message, user);
}

static double push(void *state)
{
    sides *both = state;
    natsSubscription *subscription = NULL;
    jsSubOptions options = bound_to_consumer();

    options.Queue = consumer;
    publish(both, JETSTREAM_SUBJECT);
    natsStatus status = js_Subscribe(&subscription, both->other.context, JETSTREAM_SUBJECT,
                                     on_message, both, NULL, &options, NULL);
    bench_need(status == NATS_OK, "js_Subscribe");
    return end(both, subscription);
}

static void compare(sides *both, const char *name, const char *who, bench_side *other,
                    const char *deliver_to)
{
    delete_consumer(both); /* left by an interrupted run */
    add_consumer(both, deliver_to);
    bench_compare(&(bench_pair){
        .name = name,
        .unit = "k/s",
        .who = who,
        .more_is_better = true,
        .ours = ours,
        .other = other,
        .state = both,
    });
    delete_consumer(both);
}

int main(void)
{
    static const stored_receiver service = {.receive = receive};
    static sides both;
    size_t length = 0;

    catga_status status =
        stored_parcel_encode(&parcel, both.bytes, sizeof both.bytes, &length, NULL);
    bench_need(status == CATGA_OK && length == LENGTH, "the event has 128 bytes");
    sem_init(&both.done, 0, 0);
    jetstream_open(&both.other);
    catga_bus *bus = open_bus(); /* creates the stream and the consumer */
    bench_need(stored_receiver_serve(bus, &service, &both) == CATGA_OK, "serve");
    catga_close(bus);
    compare(&both, "qos1_receive", "nats.c Fetch with acknowledgement", fetch, NULL);
    compare(&both, "qos1_receive_push", "nats.c push consumer with acknowledgement", push,
            delivered);
    jetstream_close(&both.other);
    nats_Close();
    return 0;
}
