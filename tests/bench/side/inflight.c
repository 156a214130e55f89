/*
 * Both sides send queries of 128 bytes and receive answers of 128 bytes. Ours encodes, verifies,
 * dispatches by type, and times every call; the other moves finished bytes.
 */

#include "inflight.h"

#include "../bench.h"
#include "nats_side.h"
#include "service.h"
#include "traffic.catga.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { LENGTH = 128, TIMEOUT_MS = 5000, ROUNDS = 7, INBOX = 64, FEWEST_CALLS = 20000 };

static const char text[] = "0123456789012345678901234567890123456789012345678901234567890123"
                           "01234567890123456789012345678901";

/* ---- Waiting for the last answer of a round ---- */

typedef struct progress {
    atomic_size_t to_send;
    atomic_size_t to_come;
    pthread_mutex_t lock;
    pthread_cond_t done;
} progress;

static void begin(progress *p, size_t calls)
{
    atomic_store(&p->to_send, calls);
    atomic_store(&p->to_come, calls);
}

/* Returns whether the caller is to send another call. */
static bool take(progress *p)
{
    size_t left = atomic_load_explicit(&p->to_send, memory_order_relaxed);

    while (left > 0)
        if (atomic_compare_exchange_weak(&p->to_send, &left, left - 1))
            return true;
    return false;
}

static void note_answer(progress *p)
{
    if (atomic_fetch_sub(&p->to_come, 1) != 1)
        return;
    pthread_mutex_lock(&p->lock);
    pthread_cond_signal(&p->done);
    pthread_mutex_unlock(&p->lock);
}

static void await_all(progress *p)
{
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->to_come) > 0)
        pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

/* ---- The sides ---- */

typedef struct nats_caller {
    natsConnection *connection;
    const char *subject;
    char inbox[INBOX];
} nats_caller;

typedef struct sides {
    size_t depth;
    size_t calls;
    progress progress;
    catga_bus *bus;
    nats_caller as_it_comes;
    nats_caller asap;
    nats_caller *other; /* one of the two */
    uint8_t bytes[LENGTH];
    side_bytes answer;
} sides;

static const traffic_repeat query = {.text = {text, sizeof text - 1}};

static catga_status repeat(catga_context *context, traffic_repeat_view request)
{
    return traffic_repeat_reply(context,
                                &(traffic_repeated){.text = traffic_repeat_get_text(request)});
}

static void serve_ours(void *state)
{
    static const traffic_repeat_service service = {.repeat = repeat};
    catga_bus *bus = NULL;

    (void)state;
    bench_need(catga_open(&bus, NULL) == CATGA_OK, "catga_open of the service");
    bench_need(traffic_repeat_service_serve(bus, &service, NULL) == CATGA_OK, "serve");
    bench_need(catga_flush(bus, TIMEOUT_MS) == CATGA_OK, "flush of the service");
}

static void serve_as_it_comes(void *state)
{
    sides *all = state;

    side_serve(side_connect(false), all->as_it_comes.subject, &all->answer);
}

static void serve_asap(void *state)
{
    sides *all = state;

    side_serve(side_connect(true), all->asap.subject, &all->answer);
}

static void call_ours(sides *all);

static void on_reply(catga_status status, traffic_repeated_view view, const catga_error *error,
                     void *user)
{
    sides *all = user;

    (void)view;
    (void)error;
    bench_need(status == CATGA_OK, catga_status_text(status));
    if (take(&all->progress))
        call_ours(all);
    note_answer(&all->progress);
}

static void call_ours(sides *all)
{
    catga_status status = traffic_repeat_send(all->bus, &query, on_reply, all);

    bench_need(status == CATGA_OK, catga_status_text(status));
}

static double rate_of(sides *all, void (*call)(sides *all))
{
    begin(&all->progress, all->calls);
    uint64_t start = bench_now();
    for (size_t i = 0; i < all->depth && take(&all->progress); i++)
        call(all);
    await_all(&all->progress);
    return 1e6 / bench_each(start, all->calls);
}

static double ours(void *state)
{
    return rate_of(state, call_ours);
}

static void call_other(sides *all)
{
    natsStatus status = natsConnection_PublishRequest(all->other->connection, all->other->subject,
                                                      all->other->inbox, all->bytes, LENGTH);

    bench_need(status == NATS_OK, "natsConnection_PublishRequest");
}

static void on_answer(natsConnection *connection, natsSubscription *subscription, natsMsg *message,
                      void *user)
{
    sides *all = user;

    (void)connection;
    (void)subscription;
    natsMsg_Destroy(message);
    if (take(&all->progress))
        call_other(all);
    note_answer(&all->progress);
}

static double other(void *state)
{
    return rate_of(state, call_other);
}

/* ---- Comparing ---- */

static void connect_caller(sides *all, nats_caller *caller, bool send_asap)
{
    natsSubscription *subscription = NULL;

    caller->connection = side_connect(send_asap);
    snprintf(caller->inbox, sizeof caller->inbox, "_INBOX.%s", caller->subject);
    bench_need(natsConnection_Subscribe(&subscription, caller->connection, caller->inbox, on_answer,
                                        all) == NATS_OK,
               "natsConnection_Subscribe");
    bench_need(natsConnection_Flush(caller->connection) == NATS_OK, "natsConnection_Flush");
}

static void encode_answer(sides *all)
{
    size_t length = 0;
    catga_status status = traffic_repeat_encode(&query, all->bytes, LENGTH, &length, NULL);

    bench_need(status == CATGA_OK && length == LENGTH, "the query has 128 bytes");
    all->answer = (side_bytes){all->bytes, LENGTH};
}

static bench_pair pair_with(const char *name, const char *who, sides *all)
{
    return (bench_pair){.name = name,
                        .unit = "k/s",
                        .who = who,
                        .more_is_better = true,
                        .rounds = ROUNDS,
                        .ours = ours,
                        .other = other,
                        .state = all};
}

static void compare(const char *name, sides *all)
{
    char second[INBOX];
    bench_pair as_it_comes = pair_with(name, "nats.c", all);
    bench_pair asap = pair_with(name, "nats.c with SendAsap", all);

    all->other = &all->as_it_comes;
    bench_figures first = bench_measure(&as_it_comes);
    all->other = &all->asap;
    bench_figures then = bench_measure(&asap);
    bool default_is_better = first.other >= then.other;
    bench_pair *rest = default_is_better ? &asap : &as_it_comes;
    snprintf(second, sizeof second, "%s_%s", name, default_is_better ? "asap" : "default");
    rest->name = second;
    if (default_is_better)
        bench_print(&as_it_comes, first.ours, first.other);
    bench_print(&asap, then.ours, then.other);
    if (!default_is_better)
        bench_print(&as_it_comes, first.ours, first.other);
}

int bench_inflight(const char *name, size_t depth)
{
    static sides all = {
        .progress = {.lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER}};

    all.depth = depth;
    all.calls = depth * 8 > FEWEST_CALLS ? depth * 8 : FEWEST_CALLS;
    all.as_it_comes.subject = "bench.repeat";
    all.asap.subject = "bench.repeat_asap";
    encode_answer(&all);
    pid_t services[] = {service_start(serve_ours, &all), service_start(serve_as_it_comes, &all),
                        service_start(serve_asap, &all)};
    catga_options options = {.in_flight = (unsigned)depth + 1};
    bench_need(catga_open(&all.bus, &options) == CATGA_OK, "catga_open");
    connect_caller(&all, &all.as_it_comes, false);
    connect_caller(&all, &all.asap, true);
    compare(name, &all);
    catga_close(all.bus);
    natsConnection_Destroy(all.as_it_comes.connection);
    natsConnection_Destroy(all.asap.connection);
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        service_stop(services[i]);
    nats_Close();
    return 0;
}
