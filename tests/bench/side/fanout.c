/*
 * Both sides publish events of 128 bytes. Ours encodes each event, verifies it for each subscriber,
 * and dispatches it by type; the other moves finished bytes.
 */

#include "fanout.h"

#include "../bench.h"
#include "nats_side.h"
#include "service.h"
#include "traffic.catga.h"

#include <stdatomic.h>
#include <sys/mman.h>

enum {
    RECEIVED = 100000, /* events in a round, times their subscribers */
    LENGTH = 128,
    CAPACITY = 256,
    TIMEOUT_MS = 5000,
    UNDER_WAY = 4096, /* events that the slowest subscriber has not received */
    EIGHT = 8,
    ROUNDS = 9
};

static const char other_subject[] = "bench.fanout";

/* Counts of received events, shared with the subscribers' processes. */
typedef struct counts {
    atomic_size_t ours;
    atomic_size_t other;
} counts;

typedef struct sides {
    size_t subscribers;
    size_t events; /* in a round */
    counts *counts;
    catga_bus *bus;
    natsConnection *connection;
    uint8_t bytes[CAPACITY];
} sides;

static const char text[] = "0123456789012345678901234567890123456789012345678901234567890123"
                           "01234567890123456789012345678901";
static const traffic_passed event = {.text = {text, sizeof text - 1}};

/* ---- Subscribers ---- */

static catga_status hear(catga_context *context, traffic_passed_view view)
{
    counts *shared = catga_context_user(context);

    (void)view;
    atomic_fetch_add_explicit(&shared->ours, 1, memory_order_relaxed);
    return CATGA_OK;
}

static void subscribe_ours(void *state)
{
    static const traffic_listener one = {.hear = hear};
    static const traffic_listeners eight = {hear, hear, hear, hear, hear, hear, hear, hear};
    sides *both = state;
    catga_bus *bus = NULL;

    bench_need(catga_open(&bus, NULL) == CATGA_OK, "catga_open of the subscribers");
    bench_need((both->subscribers == 1
                    ? traffic_listener_serve(bus, &one, both->counts)
                    : traffic_listeners_serve(bus, &eight, both->counts)) == CATGA_OK,
               "serve");
    bench_need(catga_flush(bus, TIMEOUT_MS) == CATGA_OK, "flush of the subscribers");
}

static void count_other(natsConnection *connection, natsSubscription *subscription,
                        natsMsg *message, void *user)
{
    counts *shared = user;

    (void)connection;
    (void)subscription;
    atomic_fetch_add_explicit(&shared->other, 1, memory_order_relaxed);
    natsMsg_Destroy(message);
}

static void subscribe_other(void *state)
{
    sides *both = state;
    natsConnection *connection = side_connect(false);

    for (size_t i = 0; i < both->subscribers; i++) {
        natsSubscription *subscription = NULL;
        bench_need(natsConnection_Subscribe(&subscription, connection, other_subject, count_other,
                                            both->counts) == NATS_OK,
                   "natsConnection_Subscribe");
    }
    bench_need(natsConnection_Flush(connection) == NATS_OK, "natsConnection_Flush");
}

/* ---- Publishers ---- */

/* Waits until all but `under_way` of the published events have been received by everyone. */
static void await(const sides *both, atomic_size_t *received, size_t published, size_t under_way)
{
    while (atomic_load(received) + under_way * both->subscribers < published * both->subscribers)
        nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
}

static double ours(void *state)
{
    sides *both = state;
    catga_status worst = CATGA_OK;

    atomic_store(&both->counts->ours, 0);
    uint64_t start = bench_now();
    for (size_t i = 0; i < both->events; i++) {
        worst |= traffic_passed_publish(both->bus, &event);
        if (i % 1024 == 0)
            await(both, &both->counts->ours, i, UNDER_WAY);
    }
    await(both, &both->counts->ours, both->events, 0);
    double rate = 1e6 / bench_each(start, both->events);
    bench_need(worst == CATGA_OK, "publish");
    return rate;
}

static double other(void *state)
{
    sides *both = state;
    int worst = NATS_OK;

    atomic_store(&both->counts->other, 0);
    uint64_t start = bench_now();
    for (size_t i = 0; i < both->events; i++) {
        worst |= (int)natsConnection_Publish(both->connection, other_subject, both->bytes, LENGTH);
        if (i % 1024 == 0)
            await(both, &both->counts->other, i, UNDER_WAY);
    }
    await(both, &both->counts->other, both->events, 0);
    double rate = 1e6 / bench_each(start, both->events);
    bench_need(worst == NATS_OK, "natsConnection_Publish");
    return rate;
}

int bench_fanout(const char *name, size_t subscribers)
{
    static sides both;
    size_t length = 0;

    both.subscribers = subscribers;
    both.events = RECEIVED / subscribers;
    both.counts =
        mmap(NULL, sizeof(counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bench_need(both.counts != MAP_FAILED, "mmap");
    bench_need(subscribers == 1 || subscribers == EIGHT, "one or eight subscribers");
    catga_status status =
        traffic_passed_encode(&event, both.bytes, sizeof both.bytes, &length, NULL);
    bench_need(status == CATGA_OK && length == LENGTH, "the event has 128 bytes");
    pid_t our_subscribers = service_start(subscribe_ours, &both);
    pid_t other_subscribers = service_start(subscribe_other, &both);
    bench_need(catga_open(&both.bus, NULL) == CATGA_OK, "catga_open");
    both.connection = side_connect(false);
    bench_compare(&(bench_pair){
        .name = name,
        .unit = "k/s",
        .who = "nats.c",
        .more_is_better = true,
        .rounds = ROUNDS,
        .ours = ours,
        .other = other,
        .state = &both,
    });
    catga_close(both.bus);
    natsConnection_Destroy(both.connection);
    service_stop(our_subscribers);
    service_stop(other_subscribers);
    nats_Close();
    return 0;
}
