/*
 * qos1_receive: stored events of 128 bytes, thousands per second, from the first handled event to
 * the last. All sides acknowledge each event, and ours verifies it. The streams have the same
 * settings. Ours is compared with nats.c's Fetch of the same batch, and with nats.c's push
 * consumer, which shows the price of pull requests.
 */

#include "bench.h"
#include "side/arrivals.h"
#include "side/jetstream.h"
#include "side/our_parcels.h"

enum { TIMES = 50000, FETCH_WAIT_MS = 30000 };

/* The runtime requests at most half of the limit of unacknowledged events at once. */
enum { BATCH = JETSTREAM_UNACKNOWLEDGED / 2 };

static const char our_subject[] = "catga.events.stored.v1.Parcel";

typedef struct sides {
    jetstream other;
    uint8_t bytes[OUR_PARCEL_LENGTH];
    arrivals received;
} sides;

static void publish(sides *both, const char *subject)
{
    both->received.count = 0;
    jetstream_publish(&both->other, subject, (side_bytes){both->bytes, OUR_PARCEL_LENGTH}, TIMES);
}

/* ---- Ours ---- */

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
    double rate = arrivals_rate(&both->received);
    catga_close(bus);
    return rate;
}

/* ---- nats.c ---- */

static void acknowledge(natsMsg *message, sides *both)
{
    bench_need(natsMsg_Ack(message, NULL) == NATS_OK, "natsMsg_Ack");
    natsMsg_Destroy(message);
    arrivals_count(&both->received);
}

static double end(sides *both, natsSubscription *subscription)
{
    double rate = arrivals_rate(&both->received);

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
    while (both->received.count < TIMES)
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
    static sides both = {.received.wanted = TIMES};

    our_parcels_encode(both.bytes);
    sem_init(&both.received.done, 0, 0);
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
