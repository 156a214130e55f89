/*
 * Both sides send queries of 128 bytes and receive answers of 128 bytes. Ours encodes, verifies,
 * dispatches by type, and times every call; nats.c moves finished bytes, and gRPC encodes too.
 */

#include "inflight.h"

#include "grpc_side.h"
#include "nats_side.h"
#include "progress.h"
#include "repeat.h"
#include "service.h"

#include <stdatomic.h>

enum { ROUNDS = 7, NAME = 64, FEWEST_CALLS = 20000 };

/* A caller that numbers its calls can tell which call an answer belongs to. */
typedef struct nats_caller {
    natsConnection *connection;
    const char *subject;
    char inbox[NAME];
    bool numbers;
    atomic_uint calls;
} nats_caller;

typedef struct sides {
    size_t calls;
    repeat_caller ours;
    nats_caller as_it_comes;
    nats_caller asap;
    nats_caller numbered;
    nats_caller *other; /* one of the three */
    progress progress;  /* of the other */
    grpc_side *grpc;    /* NULL without gRPC */
    uint8_t bytes[REPEAT_LENGTH];
    side_bytes answer;
} sides;

/* ---- Services ---- */

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

/* ---- Callers ---- */

static double ours(void *state)
{
    sides *all = state;

    return repeat_rate(&all->ours, all->calls);
}

static void call_other(sides *all)
{
    nats_caller *caller = all->other;
    char numbered[NAME + 17];
    const char *reply = caller->inbox;

    if (caller->numbers) {
        snprintf(numbered, sizeof numbered, "%s.%016x", caller->inbox,
                 atomic_fetch_add(&caller->calls, 1));
        reply = numbered;
    }
    natsStatus status = natsConnection_PublishRequest(caller->connection, caller->subject, reply,
                                                      all->bytes, REPEAT_LENGTH);

    bench_need(status == NATS_OK, "natsConnection_PublishRequest");
}

static void on_answer(natsConnection *connection, natsSubscription *subscription, natsMsg *message,
                      void *user)
{
    sides *all = user;

    (void)connection;
    (void)subscription;
    natsMsg_Destroy(message);
    if (progress_take(&all->progress))
        call_other(all);
    progress_note_answer(&all->progress);
}

static double other(void *state)
{
    sides *all = state;

    progress_begin(&all->progress, all->calls);
    uint64_t start = bench_now();
    for (size_t i = 0; i < all->ours.depth && progress_take(&all->progress); i++)
        call_other(all);
    progress_await(&all->progress);
    return 1e6 / bench_each(start, all->calls);
}

/* gRPC makes fewer calls: it is several times as slow. */
static double grpc(void *state)
{
    sides *all = state;

    return grpc_side_rate(all->grpc, all->ours.depth, all->calls / 4);
}

/* ---- Comparing ---- */

static void connect_caller(sides *all, nats_caller *caller, bool send_asap)
{
    natsSubscription *subscription = NULL;
    char pattern[NAME + sizeof ".*"];

    caller->connection = side_connect(send_asap);
    snprintf(caller->inbox, sizeof caller->inbox, "_INBOX.%s%s", caller->subject,
             caller->numbers ? ".numbered" : "");
    snprintf(pattern, sizeof pattern, "%s%s", caller->inbox, caller->numbers ? ".*" : "");
    bench_need(natsConnection_Subscribe(&subscription, caller->connection, pattern, on_answer,
                                        all) == NATS_OK,
               "natsConnection_Subscribe");
    bench_need(natsConnection_Flush(caller->connection) == NATS_OK, "natsConnection_Flush");
}

static void encode_answer(sides *all)
{
    size_t length = 0;

    catga_status status =
        traffic_repeat_encode(&repeat_query, all->bytes, sizeof all->bytes, &length, NULL);

    bench_need(status == CATGA_OK && length == REPEAT_LENGTH, "the query has 128 bytes");
    all->answer = (side_bytes){all->bytes, length};
}

static bench_pair pair_with(const char *name, const char *who, bench_side *side, sides *all)
{
    return (bench_pair){.name = name,
                        .unit = "k/s",
                        .who = who,
                        .more_is_better = true,
                        .rounds = ROUNDS,
                        .ours = ours,
                        .other = side,
                        .state = all};
}

static void compare_with_nats(const char *name, sides *all)
{
    char second[NAME];
    bench_pair as_it_comes = pair_with(name, "nats.c", other, all);
    bench_pair asap = pair_with(name, "nats.c with SendAsap", other, all);

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

static void compare_with_numbered(const char *name, sides *all)
{
    char fourth[NAME];

    snprintf(fourth, sizeof fourth, "%s_numbered", name);
    bench_pair pair = pair_with(fourth, "nats.c with a reply subject for each call", other, all);
    all->other = &all->numbered;
    bench_compare(&pair);
}

static void compare_with_grpc(const char *name, sides *all)
{
    char third[NAME];

    snprintf(third, sizeof third, "%s_grpc", name);
    bench_pair pair = pair_with(third, "gRPC C++", grpc, all);
    bench_compare(&pair);
}

int bench_inflight(const char *name, size_t depth)
{
    static sides all = {.progress = PROGRESS_INIT};
    static repeat_service our_service;

    all.calls = depth * 8 > FEWEST_CALLS ? depth * 8 : FEWEST_CALLS;
    all.as_it_comes.subject = "bench.repeat";
    all.asap.subject = "bench.repeat_asap";
    all.numbered.subject = all.as_it_comes.subject;
    all.numbered.numbers = true;
    encode_answer(&all);
    pid_t services[] = {repeat_start(&our_service), service_start(serve_as_it_comes, &all),
                        service_start(serve_asap, &all)};
    all.grpc = grpc_side_start();
    repeat_open(&all.ours, NULL, depth);
    connect_caller(&all, &all.as_it_comes, false);
    connect_caller(&all, &all.asap, true);
    connect_caller(&all, &all.numbered, false);
    compare_with_nats(name, &all);
    compare_with_numbered(name, &all);
    if (all.grpc != NULL) {
        grpc_side_connect(all.grpc);
        compare_with_grpc(name, &all);
        grpc_side_stop(all.grpc);
    }
    repeat_close(&all.ours);
    natsConnection_Destroy(all.as_it_comes.connection);
    natsConnection_Destroy(all.asap.connection);
    natsConnection_Destroy(all.numbered.connection);
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        service_stop(services[i]);
    nats_Close();
    return 0;
}
