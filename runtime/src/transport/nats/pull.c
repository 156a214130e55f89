/*
 * Stored messages, requested from a durable pull consumer. The rule of delivery/demand.h says how
 * many; each request ends after a second or sooner, so that a stopped process gets no more.
 * Messages that have arrived wait in an admission queue, which keeps them alive.
 *
 * Messages and the server's answers to requests arrive at one private inbox. An answer names the
 * request by the token in its subject; a message has the subject under which it was stored.
 */
#include "base/clock.h"
#include "transport/nats/nats_transport.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

/* For so long the server keeps a request; a server before 2.9.16 may say nothing when it ends. */
#define EXPIRES      CATGA_SECOND
#define EXPIRES_ONCE (100 * CATGA_MILLISECOND)
#define GRACE        (500 * CATGA_MILLISECOND)

/* What is held should be finished so soon, and in an eighth of ack_wait. */
#define HORIZON (50 * CATGA_MILLISECOND)

/* Requests are looked at so often, and what is held in an eighth of ack_wait. */
#define TICK (250 * CATGA_MILLISECOND)

/* What a message may have besides its payload, as the server counts it. */
enum { ENVELOPE = 4096, BODY_SIZE = 128 };

struct catga_nats_pull {
    catga_subscription *subscription;
    catga_tick tick;
    char of[CATGA_NATS_API_SUBJECT]; /* "STREAM.CONSUMER.": in the reply subjects of its messages */
    char next[CATGA_NATS_API_SUBJECT]; /* where messages are requested */
    char inbox[CATGA_NATS_INBOX + 1];
    atomic_bool stopped;

    /* By the thread that delivers, for whoever decides. */
    atomic_uint arrived;
    _Atomic(uint64_t) waiting;
    atomic_bool forgotten; /* the connection is another one */

    atomic_bool due;      /* there is something to decide */
    atomic_flag deciding; /* guards `demand` */
    catga_demand demand;
};

/* ---- Requesting ---- */

static void send_request(catga_nats_pull *pull, const catga_demand_batch *batch)
{
    catga_nats *nats = pull->subscription->owner;
    char body[BODY_SIZE];
    char reply[CATGA_NATS_REPLY + 1];
    char limit[40] = "";

    if (batch->bytes != 0)
        snprintf(limit, sizeof limit, ",\"max_bytes\":%zu", batch->bytes);
    int length = snprintf(
        body, sizeof body, "{\"batch\":%u,\"no_wait\":%s,\"expires\":%" PRId64 "%s}", batch->count,
        batch->once ? "true" : "false", batch->once ? EXPIRES_ONCE : EXPIRES, limit);
    const catga_outgoing request = {
        .subject = pull->next, .data = (const uint8_t *)body, .length = (size_t)length};
    catga_nats_inbox_reply(reply, pull->inbox, batch->token);
    catga_nats_batching_rest(nats); /* settlements make room at the server */
    (void)catga_nats_send_pull(nats, &request, reply);
}

/*
 * Just after a stop, what arrives may be from before: it counts as too old to be run, and would
 * come again only after ack_wait.
 */
static bool is_catching_up(const catga_nats_pull *pull, int64_t now)
{
    catga_nats_suspend_detector *stops = &pull->subscription->owner->suspend_detector;

    return now - catga_nats_suspend_before(stops, now) >=
           pull->subscription->queue->options.alive_ns;
}

/* By whoever has `deciding`: true when the batch is to be requested. */
static bool step(catga_nats_pull *pull, catga_demand_batch *batch)
{
    catga_admission_queue *queue = pull->subscription->queue;
    catga_nats *nats = pull->subscription->owner;
    catga_demand *demand = &pull->demand;
    int64_t now = catga_clock_now();
    int64_t run_ns;

    if (atomic_exchange(&pull->forgotten, false))
        catga_demand_forget(demand);
    unsigned arrived = atomic_exchange(&pull->arrived, 0);
    if (arrived != 0)
        catga_demand_arrived(demand, arrived, atomic_load(&pull->waiting));
    unsigned runs = catga_admission_queue_take_runs(queue, &run_ns);
    catga_demand_ran(demand, runs, run_ns);
    demand->rules.largest = atomic_load(&nats->max_payload) + ENVELOPE;
    return !atomic_load(&pull->stopped) && atomic_load(&nats->immediate.connection) != NULL &&
           !is_catching_up(pull, now) &&
           catga_demand_next(demand, atomic_load(&queue->load), atomic_load(&queue->bytes), now,
                             batch);
}

/* One thread decides for all that come meanwhile. */
static void decide(catga_nats_pull *pull)
{
    catga_demand_batch batch;

    atomic_store(&pull->due, true);
    while (atomic_load(&pull->due) &&
           !atomic_flag_test_and_set_explicit(&pull->deciding, memory_order_acquire)) {
        atomic_store(&pull->due, false);
        bool is_low = step(pull, &batch);
        atomic_flag_clear_explicit(&pull->deciding, memory_order_release);
        if (is_low)
            send_request(pull, &batch);
    }
}

/* ---- What arrives ---- */

static const char *header_of(natsMsg *message, const char *name)
{
    const char *value = NULL;

    return natsMsgHeader_Get(message, name, &value) == NATS_OK && value != NULL ? value : "";
}

/* An end in good order says how many messages were not sent; anything else is a refusal. */
static void note_status(catga_nats_pull *pull, uint64_t token, natsMsg *message)
{
    long status = strtol(header_of(message, "Status"), NULL, 10);
    const char *text = header_of(message, "Description");
    const char *left = header_of(message, "Nats-Pending-Messages");
    unsigned count = *left == '\0' ? CATGA_DEMAND_ALL : (unsigned)strtoul(left, NULL, 10);
    bool too_large = status == 409 && strncasecmp(text, "Message Size", 12) == 0;

    if (status < 400)
        return; /* a sign of life */
    while (atomic_flag_test_and_set_explicit(&pull->deciding, memory_order_acquire))
        sched_yield();
    if (too_large)
        catga_demand_too_large(&pull->demand, token, count);
    else if (status == 408)
        catga_demand_ended(&pull->demand, token, count);
    else
        catga_demand_failed(&pull->demand, token, catga_clock_now());
    atomic_flag_clear_explicit(&pull->deciding, memory_order_release);
}

static void hand_back(void *user, catga_incoming *message)
{
    catga_nats *nats = user;

    (void)catga_nats_settle(&nats->transport, message, CATGA_SETTLE_RETRY, 0);
    catga_nats_release(message);
}

static void receive(catga_nats_pull *pull, catga_incoming *message, uint64_t waiting)
{
    catga_subscription *subscription = pull->subscription;
    int64_t now = catga_clock_now();

    message->waited_ns =
        now - catga_nats_suspend_before(&subscription->owner->suspend_detector, now);
    if (atomic_load(&pull->stopped) ||
        !catga_admission_queue_admit(subscription->queue, message, subscription->receive,
                                     subscription->user, now))
        hand_back(subscription->owner, message);
    atomic_store(&pull->waiting, waiting);
    atomic_fetch_add(&pull->arrived, 1);
}

void catga_nats_pull_receive(catga_nats_pull *pull, natsMsg *message)
{
    catga_incoming incoming = catga_nats_incoming(message);
    uint64_t waiting;
    uint64_t token;

    if (catga_nats_read_ack(&incoming, pull->of, &waiting)) {
        receive(pull, &incoming, waiting);
    } else {
        if (incoming.length == 0 && catga_nats_inbox_token(incoming.subject, &token))
            note_status(pull, token, message);
        catga_nats_release(&incoming);
    }
    decide(pull);
}

/* ---- What the queue and the ticker call ---- */

static bool keep(void *user, const catga_incoming *message)
{
    catga_nats_pull *pull = user;

    return catga_nats_settle(&pull->subscription->owner->transport, message, CATGA_SETTLE_PROGRESS,
                             0) == CATGA_OK;
}

static void discard(void *user, catga_incoming *message)
{
    (void)user;
    catga_nats_release(message);
}

static void freed(void *user)
{
    catga_nats_pull *pull = user;
    catga_nats *nats = pull->subscription->owner;

    decide(pull);
    if (atomic_load_explicit(&pull->subscription->queue->load, memory_order_relaxed) == 0)
        catga_nats_batching_rest(nats);
}

static void tick(void *user)
{
    catga_nats_pull *pull = user;

    catga_admission_queue_keep_alive(pull->subscription->queue, catga_clock_now());
    catga_nats_batching_rest(pull->subscription->owner);
    decide(pull);
}

/* ---- Begin and end ---- */

void catga_nats_pull_bind(catga_nats_pull *pull, catga_subscription *subscription)
{
    pull->subscription = subscription;
}

void catga_nats_pull_forget(catga_nats_pull *pull)
{
    atomic_store(&pull->forgotten, true);
}

void catga_nats_pull_stop(catga_nats_pull *pull)
{
    atomic_store(&pull->stopped, true);
    catga_admission_queue_return_stored(pull->subscription->queue, hand_back,
                                        pull->subscription->owner);
}

void catga_nats_pull_free(catga_nats_pull *pull)
{
    catga_ticker_remove(&pull->subscription->owner->ticker, &pull->tick);
    catga_admission_queue_free(pull->subscription->queue);
    free(pull);
}

static int64_t shorter(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static catga_nats_pull *pull_new(const catga_consumer_settings *consumer)
{
    catga_nats_pull *pull = calloc(1, sizeof *pull);

    if (pull == NULL)
        return NULL;
    const catga_demand_rules rules = {
        .workers = consumer->workers != 0 ? consumer->workers : 1,
        .limit = consumer->unacknowledged,
        .byte_limit = consumer->pending_bytes != 0 ? consumer->pending_bytes : SIZE_MAX / 2,
        .horizon_ns = shorter(HORIZON, consumer->ack_wait_ns / 8),
        .lifetime_ns = EXPIRES + GRACE,
        .once_ns = EXPIRES_ONCE + GRACE};
    catga_demand_init(&pull->demand, &rules);
    snprintf(pull->of, sizeof pull->of, "%s.%s.", consumer->stream, consumer->name);
    snprintf(pull->next, sizeof pull->next, "$JS.API.CONSUMER.MSG.NEXT.%s.%s", consumer->stream,
             consumer->name);
    catga_nats_inbox_name(pull->inbox);
    atomic_flag_clear(&pull->deciding);
    pull->tick = (catga_tick){
        .function = tick, .user = pull, .interval_ns = shorter(TICK, consumer->ack_wait_ns / 8)};
    return pull;
}

static catga_admission_queue *queue_new(catga_nats_pull *pull, catga_nats *nats,
                                        const catga_consumer_settings *consumer)
{
    const catga_admission_options options = {.workers = pull->demand.rules.workers,
                                             .limit = consumer->unacknowledged,
                                             .byte_limit = SIZE_MAX,
                                             .alive_ns = consumer->ack_wait_ns,
                                             .keep = keep,
                                             .discard = discard,
                                             .freed = freed,
                                             .user = pull,
                                             .emptied = catga_nats_subscription_emptied,
                                             .owner = nats};

    return catga_admission_queue_new(&options);
}

catga_status catga_nats_pull_subscribe(catga_nats *nats, const catga_consumer_settings *consumer,
                                       catga_subscription **subscription)
{
    catga_nats_pull *pull = pull_new(consumer);
    char pattern[CATGA_NATS_INBOX + sizeof(".*")];

    *subscription = NULL;
    if (pull == NULL)
        return CATGA_NO_MEMORY;
    catga_admission_queue *queue = queue_new(pull, nats, consumer);
    if (queue == NULL) {
        free(pull);
        return CATGA_NO_MEMORY;
    }
    snprintf(pattern, sizeof pattern, "%s.*", pull->inbox);
    const catga_subscription_options options = {
        .subject = pattern, .receive = consumer->receive, .user = consumer->user};
    catga_status status = catga_nats_subscribe_pull(nats, &options, pull, queue, subscription);
    if (status != CATGA_OK) {
        catga_admission_queue_free(queue);
        free(pull);
        return status;
    }
    return catga_ticker_add(&nats->ticker, &pull->tick) ? CATGA_OK : CATGA_NO_MEMORY;
}
