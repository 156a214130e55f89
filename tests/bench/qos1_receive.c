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

enum { TIMES = 50000, LENGTH = 128, CAPACITY = 256, FETCH_WAIT_MS = 30000 };

/* The runtime requests at most half of the limit of unacknowledged events at once. */
enum { BATCH = JETSTREAM_UNACKNOWLEDGED / 2 };

static const char our_subject[] = "catga.events.stored.v1.Parcel";

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
    const catga_options options = {.unacknowledged = JETSTREAM_UNACKNOWLEDGED};

    bench_need(catga_open(&bus, &options) == CATGA_OK, "catga_open");
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

    publish(both, JETSTREAM_SUBJECT);
    natsSubscription *subscription = jetstream_pull(&both->other);
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

    publish(both, JETSTREAM_SUBJECT);
    return end(both, jetstream_push(&both->other, on_message, both));
}

/* The two other sides share a stream, so the consumer of each exists only while it is measured. */
static void compare(sides *both, const char *name, const char *who, bench_side *other,
                    const char *deliver_to)
{
    jetstream_add_consumer(&both->other, deliver_to);
    bench_compare(&(bench_pair){
        .name = name,
        .unit = "k/s",
        .who = who,
        .more_is_better = true,
        .ours = ours,
        .other = other,
        .state = both,
    });
    jetstream_delete_consumer(&both->other);
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
    jetstream_open(&both.other, false);
    catga_bus *bus = open_bus(); /* creates the stream and the consumer */
    bench_need(stored_receiver_serve(bus, &service, &both) == CATGA_OK, "serve");
    catga_close(bus);
    compare(&both, "qos1_receive", "nats.c Fetch with acknowledgement", fetch, NULL);
    compare(&both, "qos1_receive_push", "nats.c push consumer with acknowledgement", push,
            JETSTREAM_DELIVERY);
    jetstream_close(&both.other);
    nats_Close();
    return 0;
}
