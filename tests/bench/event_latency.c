/*
 * event_latency: microseconds from the publishing of an event of 128 bytes to the entry of its
 * handler in another process: the median, and the 99th percentile, at 1,000 events per second and
 * at half of our peak rate. Events that may be lost are compared with nats.c's, and stored events
 * with its push consumer. nats.c uses SendAsap at 1,000 per second, and its default mode at half of
 * the peak, where SendAsap would write each event alone.
 *
 * Publisher and subscribers are three processes of one machine, which has one monotonic clock.
 */

#include "bench.h"
#include "latency.catga.h"
#include "side/jetstream.h"
#include "side/service.h"
#include "side/timings.h"

#include <sys/prctl.h>

#define SECOND_NS      1000000000.0
#define SLOW           1000.0 /* events per second */
#define ROUND_SECONDS  0.1
#define SHORT_PAUSE_NS 20000.0       /* shortest sleep of the publisher */
#define PATIENCE_NS    10000000000.0 /* until an event counts as lost */

enum { LENGTH = 128, TIMEOUT_MS = 5000, PEAKS = 3, UNDER_WAY = 2048, NAME = 64 };

static const char other_subject[] = "bench.timed";
static const char text[] = "0123456789012345678901234567890123456789012345678901234567890123"
                           "01234567890123456789";

typedef struct sides {
    timings *ours;
    timings *other;
    catga_bus *bus;
    natsConnection *connections[2]; /* as they come, and with SendAsap */
    jetstream jetstreams[2];        /* likewise */
    bool send_asap;
    double rate; /* events per second */
    uint8_t bytes[LENGTH];
} sides;

/* ---- Subscribers ---- */

static catga_status read_timed(catga_context *context, latency_timed_view event)
{
    timings_note(catga_context_user(context), latency_timed_get_sent(event));
    return CATGA_OK;
}

static catga_status read_stored(catga_context *context, latency_timed_stored_view event)
{
    timings_note(catga_context_user(context), latency_timed_stored_get_sent(event));
    return CATGA_OK;
}

static void subscribe_ours(void *state)
{
    static const latency_stopwatch service = {.read_timed = read_timed, .read_stored = read_stored};
    const catga_options options = {.unacknowledged = JETSTREAM_UNACKNOWLEDGED};
    const sides *both = state;
    catga_bus *bus = NULL;

    bench_need(catga_open(&bus, &options) == CATGA_OK, "catga_open of the subscriber");
    bench_need(latency_stopwatch_serve(bus, &service, both->ours) == CATGA_OK, "serve");
    bench_need(catga_flush(bus, TIMEOUT_MS) == CATGA_OK, "flush of the subscriber");
}

static void note_other(timings *t, natsMsg *message)
{
    uint64_t sent;

    memcpy(&sent, natsMsg_GetData(message), sizeof sent);
    timings_note(t, sent);
}

static void on_message(natsConnection *connection, natsSubscription *subscription, natsMsg *message,
                       void *user)
{
    (void)connection;
    (void)subscription;
    note_other(user, message);
    natsMsg_Destroy(message);
}

static void on_stored_message(natsConnection *connection, natsSubscription *subscription,
                              natsMsg *message, void *user)
{
    (void)connection;
    (void)subscription;
    note_other(user, message);
    bench_need(natsMsg_Ack(message, NULL) == NATS_OK, "natsMsg_Ack");
    natsMsg_Destroy(message);
}

static void subscribe_other(void *state)
{
    static jetstream stored;
    const sides *both = state;
    natsSubscription *plain = NULL;

    jetstream_open(&stored, false);
    jetstream_add_consumer(&stored, JETSTREAM_DELIVERY);
    jetstream_push(&stored, on_stored_message, both->other);
    bench_need(natsConnection_Subscribe(&plain, stored.connection, other_subject, on_message,
                                        both->other) == NATS_OK,
               "natsConnection_Subscribe");
    bench_need(natsConnection_Flush(stored.connection) == NATS_OK, "natsConnection_Flush");
}

/* ---- Publishing one event ---- */

typedef void publish_function(sides *both);

static void publish_plain(sides *both)
{
    const latency_timed event = {.sent = bench_now(), .text = {text, sizeof text - 1}};

    bench_need(latency_timed_publish(both->bus, &event) == CATGA_OK, "publish");
}

static void on_stored(catga_status status, const catga_error *error, void *user)
{
    (void)error;
    (void)user;
    bench_need(status == CATGA_OK, catga_status_text(status));
}

static void publish_stored(sides *both)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    const latency_timed_stored event = {.sent = bench_now(), .text = {text, sizeof text - 1}};
    catga_status status;

    while ((status = latency_timed_stored_publish_async(both->bus, &event, on_stored, NULL)) ==
           CATGA_OVERLOADED)
        nanosleep(&pause, NULL);
    bench_need(status == CATGA_OK, catga_status_text(status));
}

static void stamp(sides *both)
{
    uint64_t sent = bench_now();

    memcpy(both->bytes, &sent, sizeof sent);
}

static void publish_other_plain(sides *both)
{
    stamp(both);
    bench_need(natsConnection_Publish(both->connections[both->send_asap], other_subject,
                                      both->bytes, LENGTH) == NATS_OK,
               "natsConnection_Publish");
}

static void publish_other_stored(sides *both)
{
    stamp(both);
    jetstream_send(&both->jetstreams[both->send_asap], JETSTREAM_SUBJECT,
                   (side_bytes){both->bytes, LENGTH});
}

/* ---- Rounds ---- */

static void sleep_until(double due)
{
    const struct timespec until = {.tv_sec = (time_t)(due / SECOND_NS),
                                   .tv_nsec = (long)((uint64_t)due % (uint64_t)SECOND_NS)};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* Waits until at most `under_way` of the published events have not been received. */
static void await(timings *t, size_t published, size_t under_way)
{
    double start = (double)bench_now();

    while (timings_noted(t) + under_way < published) {
        bench_need((double)bench_now() - start < PATIENCE_NS, "an event was lost");
        sleep_until((double)bench_now() + SHORT_PAUSE_NS);
    }
}

/* Publishes at the rate of the round. After a long sleep, publishes all events that are due. */
static void run(sides *both, publish_function *publish, timings *t)
{
    size_t before = timings_noted(t);
    size_t events = (size_t)(both->rate * ROUND_SECONDS);
    double start = (double)bench_now();
    double pause = SECOND_NS / both->rate;

    pause = pause < SHORT_PAUSE_NS ? SHORT_PAUSE_NS : pause;
    for (size_t sent = 0; sent < events;) {
        double now = (double)bench_now();
        size_t due = (size_t)((now - start) * both->rate / SECOND_NS) + 1;
        for (; sent < due && sent < events; sent++)
            publish(both);
        sleep_until(now + pause);
    }
    await(t, before + events, 0);
}

/* Returns events per second when the publisher waits only for the subscriber. */
static double peak(sides *both, publish_function *publish, timings *t)
{
    size_t before = timings_noted(t);
    size_t sent = 0;
    double start = (double)bench_now();

    while ((double)bench_now() - start < SECOND_NS * ROUND_SECONDS) {
        await(t, before + sent, UNDER_WAY);
        for (size_t i = 0; i < UNDER_WAY / 2; i++, sent++)
            publish(both);
    }
    await(t, before + sent, 0);
    return SECOND_NS * (double)sent / ((double)bench_now() - start);
}

static double median_peak(sides *both, publish_function *publish, timings *t)
{
    double rates[PEAKS];

    for (int i = 0; i < PEAKS; i++)
        rates[i] = peak(both, publish, t);
    return bench_median(rates, PEAKS);
}

/* ---- Comparing ---- */

static void print(const char *name, const char *suffix, const char *who, const sides *both,
                  size_t percent)
{
    char line[NAME];
    char side[NAME];

    snprintf(line, sizeof line, "%s%s", name, suffix);
    snprintf(side, sizeof side, "%s at %.0f/s", who, both->rate);
    bench_print(&(bench_pair){.name = line, .unit = "us", .who = side},
                timings_percentile(both->ours, percent), timings_percentile(both->other, percent));
}

static void compare(const char *name, const char *who, sides *both, publish_function *ours,
                    publish_function *other)
{
    size_t rounds = bench_rounds(0);

    for (size_t round = 0; round <= rounds; round++) {
        if (round <= 1) { /* the first warms up */
            timings_forget(both->ours);
            timings_forget(both->other);
        }
        run(both, ours, both->ours);
        run(both, other, both->other);
    }
    timings_sort(both->ours);
    timings_sort(both->other);
    print(name, "", who, both, 50);
    print(name, "_p99", who, both, 99);
}

/* Compares at both rates. */
static void compare_rates(const char *name, const char *who, sides *both, publish_function *ours,
                          publish_function *other)
{
    char busy[NAME];
    char asap[NAME];

    both->rate = SLOW;
    both->send_asap = true;
    snprintf(asap, sizeof asap, "%s with SendAsap", who);
    compare(name, asap, both, ours, other);
    both->rate = median_peak(both, ours, both->ours) / 2;
    both->send_asap = false;
    snprintf(busy, sizeof busy, "%s_busy", name);
    compare(busy, who, both, ours, other);
}

int main(void)
{
    static sides both;
    const latency_timed event = {.text = {text, sizeof text - 1}};
    size_t length = 0;

    catga_status status =
        latency_timed_encode(&event, both.bytes, sizeof both.bytes, &length, NULL);
    bench_need(status == CATGA_OK && length == LENGTH, "the event has 128 bytes");
    both.ours = timings_new();
    both.other = timings_new();
    pid_t our_subscriber = service_start(subscribe_ours, &both);
    pid_t other_subscriber = service_start(subscribe_other, &both);
    bench_need(catga_open(&both.bus, NULL) == CATGA_OK, "catga_open");
    for (int asap = 0; asap < 2; asap++) {
        both.connections[asap] = side_connect(asap);
        jetstream_open(&both.jetstreams[asap], asap);
    }
    prctl(PR_SET_TIMERSLACK, 1);
    compare_rates("event_latency", "nats.c", &both, publish_plain, publish_other_plain);
    compare_rates("event_latency_stored", "nats.c push consumer", &both, publish_stored,
                  publish_other_stored);
    catga_close(both.bus);
    for (int asap = 0; asap < 2; asap++) {
        natsConnection_Destroy(both.connections[asap]);
        jetstream_close(&both.jetstreams[asap]);
    }
    service_stop(our_subscriber);
    service_stop(other_subscriber);
    nats_Close();
    return 0;
}
