/* Stored messages are requested from a durable pull consumer. delivery/demand.h decides how many.
 * Each request ends after a second or sooner, so that a stopped process receives no more. Messages
 * wait in an admission queue, which keeps them alive.
 *
 * Messages, and the server's answers to requests, arrive at one private inbox. The subject of an
 * answer contains the token of its request. The subject of a message is that under which it was
 * stored. */
#include "transport/nats/pull.h"

#include "base/clock.h"
#include "delivery/demand.h"
#include "transport/nats/ack.h"
#include "transport/nats/api.h"
#include "transport/nats/message.h"
#include "transport/nats/send.h"
#include "transport/nats/wake.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

/* Lifetime of a request at the server. GRACE: a server before 2.9.16 may not report its end. */
#define EXPIRES      CATGA_SECOND
#define EXPIRES_ONCE (100 * CATGA_MILLISECOND)
#define GRACE        (500 * CATGA_MILLISECOND)

/* The same of a request for a program that fetches messages, which waits for so long. A longer
 * grace would delay its next fetch, and only extra messages are the price of a short one. */
#define EXPIRES_SHORTEST (10 * CATGA_MILLISECOND)
#define FETCH_GRACE      (50 * CATGA_MILLISECOND)

/* How much longer a busy server, which received a request late, may know it. */
#define LATE (250 * CATGA_MILLISECOND)

/* Held messages should be finished within this time, and within an eighth of ack_wait. */
#define HORIZON (50 * CATGA_MILLISECOND)

/* Period of the checks of requests and held messages, at most an eighth of ack_wait. */
#define TICK (250 * CATGA_MILLISECOND)

/* Size of a message besides its payload, as the server counts it. */
enum { ENVELOPE = 4096, BODY_SIZE = 128 };

struct catga_nats_pull {
    catga_nats *owner;
    catga_admission_queue *queue;
    catga_receive_function *receive;
    void *user;
    catga_tick tick;
    char of[CATGA_NATS_API_SUBJECT];   /* "STREAM.CONSUMER.", as in ack subjects */
    char next[CATGA_NATS_API_SUBJECT]; /* subject of requests */
    char inbox[CATGA_NATS_INBOX + 1];
    catga_wanted *wanted; /* by a program that fetches messages; else NULL */
    atomic_bool stopped;

    /* Written by the leader, read by the thread that decides. */
    atomic_uint arrived;
    _Atomic(uint64_t) waiting; /* messages that follow at the server */
    atomic_bool forgotten;     /* the connection is new */

    atomic_bool due;      /* a decision is due */
    atomic_flag deciding; /* guards `demand` */
    catga_demand demand;
};

/* ---- Requesting ---- */

/* Returns the lifetime of a request for a program that fetches messages. */
static int64_t fetch_expires(const catga_nats_pull *pull, int64_t now)
{
    int64_t left_ns = atomic_load(&pull->wanted->until_ns) - now;

    return left_ns < EXPIRES_SHORTEST ? EXPIRES_SHORTEST : left_ns < EXPIRES ? left_ns : EXPIRES;
}

static int64_t expires(const catga_nats_pull *pull, const catga_demand_batch *batch)
{
    if (pull->wanted != NULL)
        return fetch_expires(pull, catga_clock_now());
    return batch->once ? EXPIRES_ONCE : EXPIRES;
}

static void send_request(catga_nats_pull *pull, const catga_demand_batch *batch)
{
    char body[BODY_SIZE];
    char reply[CATGA_NATS_REPLY + 1];
    char limit[40] = "";

    if (batch->bytes != 0)
        snprintf(limit, sizeof limit, ",\"max_bytes\":%zu", batch->bytes);
    int length =
        snprintf(body, sizeof body, "{\"batch\":%u,\"no_wait\":%s,\"expires\":%" PRId64 "%s}",
                 batch->count, batch->once ? "true" : "false", expires(pull, batch), limit);
    const catga_outgoing request = {
        .subject = pull->next, .data = (const uint8_t *)body, .length = (size_t)length};
    catga_nats_inbox_reply(reply, pull->inbox, batch->token);
    (void)catga_nats_send(pull->owner, &request, reply);
}

/* Returns true just after a suspend. Arriving messages count as too old to run then, and would be
 * redelivered only after ack_wait. */
static bool is_catching_up(const catga_nats_pull *pull, int64_t now)
{
    catga_nats_suspend_detector *detector = &pull->owner->suspend_detector;

    return now - catga_nats_suspend_before(detector, now) >= pull->queue->options.alive_ns;
}

/* Returns true if the wanted messages are to be requested. Notes until when the server may know a
 * request: not any more, if it has served or ended the last one. */
static bool is_fetched(catga_nats_pull *pull, unsigned held, int64_t now, catga_demand_batch *batch)
{
    catga_demand *demand = &pull->demand;
    catga_wanted *wanted = pull->wanted;
    int64_t lifetime = fetch_expires(pull, now);

    bool is_due = catga_demand_fetch(demand, atomic_load(&wanted->count), held,
                                     lifetime + FETCH_GRACE, now, batch);
    int64_t last = atomic_load(&wanted->requested_until_ns);
    int64_t until = catga_clock_after(now, lifetime + LATE);
    if (is_due && until > last)
        atomic_store(&wanted->requested_until_ns, until);
    else if (demand->count == 0 && demand->lost != demand->token)
        atomic_store(&wanted->requested_until_ns, 0);
    return is_due;
}

/* Returns true if the demand is for another batch. */
static bool is_demanded(catga_nats_pull *pull, int64_t now, catga_demand_batch *batch)
{
    catga_admission_queue *queue = pull->queue;
    unsigned held = atomic_load(&queue->load);

    if (pull->wanted != NULL)
        return is_fetched(pull, held, now, batch);
    return catga_demand_next(&pull->demand, held, atomic_load(&queue->bytes), now, batch);
}

/* Returns true if the batch is to be requested. The caller has set `deciding`. */
static bool step(catga_nats_pull *pull, catga_demand_batch *batch)
{
    catga_admission_queue *queue = pull->queue;
    catga_nats *nats = pull->owner;
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
    return !atomic_load(&pull->stopped) && catga_nats_link_is_up(&nats->link) &&
           !is_catching_up(pull, now) && is_demanded(pull, now, batch);
}

/* Requests messages as needed. One thread decides for all threads that call meanwhile. */
static void decide(catga_nats_pull *pull)
{
    catga_demand_batch batch;

    atomic_store(&pull->due, true);
    while (atomic_load(&pull->due) && !atomic_flag_test_and_set(&pull->deciding)) {
        atomic_store(&pull->due, false);
        bool is_low = step(pull, &batch);
        atomic_flag_clear(&pull->deciding); /* seen by others before `due` is read again */
        if (is_low)
            send_request(pull, &batch);
    }
}

/* ---- Receiving ---- */

static const char *header_of(natsMsg *message, const char *name)
{
    const char *value = NULL;

    return natsMsgHeader_Get(message, name, &value) == NATS_OK && value != NULL ? value : "";
}

/* Notes the server's answer to a request. A regular end has the number of messages that were not
 * sent; another status of 400 or more is a refusal, and a lower one a heartbeat. */
static void note_status(catga_nats_pull *pull, uint64_t token, natsMsg *message)
{
    long status = strtol(header_of(message, "Status"), NULL, 10);
    const char *text = header_of(message, "Description");
    const char *left = header_of(message, "Nats-Pending-Messages");
    unsigned count = *left == '\0' ? CATGA_DEMAND_ALL : (unsigned)strtoul(left, NULL, 10);
    bool too_large = status == 409 && strncasecmp(text, "Message Size", 12) == 0;

    if (status < 400)
        return;
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
    int64_t now = catga_clock_now();

    message->waited_ns = now - catga_nats_suspend_before(&pull->owner->suspend_detector, now);
    if (!catga_admission_queue_admit(pull->queue, message, pull->receive, pull->user, now))
        hand_back(pull->owner, message);
    atomic_store(&pull->waiting, waiting);
    atomic_fetch_add(&pull->arrived, 1);
}

/* Nothing follows the token of a pull's inbox. */
static bool is_status(const catga_incoming *message, uint64_t *token)
{
    return message->length == 0 && message->subject.length == CATGA_NATS_REPLY &&
           catga_nats_inbox_token(message->subject, token);
}

void catga_nats_pull_receive(catga_nats_pull *pull, natsMsg *message)
{
    catga_incoming incoming = catga_nats_incoming(message);
    catga_nats_place place;
    uint64_t token;

    if (catga_nats_read_ack(&incoming, pull->of, &place)) {
        receive(pull, &incoming, place.pending);
    } else {
        if (is_status(&incoming, &token))
            note_status(pull, token, message);
        catga_nats_release(&incoming);
    }
    decide(pull);
}

void catga_nats_pull_forget(catga_nats_pull *pull)
{
    atomic_store(&pull->forgotten, true);
}

/* ---- Callbacks of the queue and the ticker ---- */

static bool keep(void *user, const catga_incoming *message)
{
    catga_nats_pull *pull = user;

    return catga_nats_settle(&pull->owner->transport, message, CATGA_SETTLE_PROGRESS, 0) ==
           CATGA_OK;
}

static void discard(void *user, catga_incoming *message)
{
    (void)user;
    catga_nats_release(message);
}

static void freed(void *user)
{
    decide(user);
}

static void tick(void *user)
{
    catga_nats_pull *pull = user;

    catga_admission_queue_keep_alive(pull->queue, catga_clock_now());
    decide(pull);
}

/* ---- Begin and end ---- */

static int64_t shorter(int64_t a, int64_t b)
{
    return a < b ? a : b;
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
                                             .begins = catga_nats_gather_begin,
                                             .rest = catga_nats_gather_send,
                                             .ends = catga_nats_gather_end,
                                             .emptied = catga_nats_wake_drain,
                                             .owner = nats};

    return catga_admission_queue_new(&options);
}

catga_nats_pull *catga_nats_pull_new(catga_nats *nats, const catga_consumer_settings *consumer)
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
    pull->owner = nats;
    pull->wanted = consumer->wanted;
    pull->receive = consumer->receive;
    pull->user = consumer->user;
    snprintf(pull->of, sizeof pull->of, "%s.%s.", consumer->stream, consumer->name);
    snprintf(pull->next, sizeof pull->next, "$JS.API.CONSUMER.MSG.NEXT.%s.%s", consumer->stream,
             consumer->name);
    catga_nats_inbox_name(pull->inbox);
    atomic_flag_clear(&pull->deciding);
    pull->tick = (catga_tick){
        .function = tick, .user = pull, .interval_ns = shorter(TICK, consumer->ack_wait_ns / 8)};
    pull->queue = queue_new(pull, nats, consumer);
    if (pull->queue != NULL)
        return pull;
    free(pull);
    return NULL;
}

void catga_nats_pull_free(catga_nats_pull *pull)
{
    catga_ticker_remove(&pull->owner->ticker, &pull->tick);
    catga_admission_queue_free(pull->queue);
    free(pull);
}

bool catga_nats_pull_start(catga_nats_pull *pull)
{
    return catga_ticker_add(&pull->owner->ticker, &pull->tick);
}

void catga_nats_pull_request(catga_nats_pull *pull)
{
    decide(pull);
}

void catga_nats_pull_stop(catga_nats_pull *pull)
{
    atomic_store(&pull->stopped, true);
}

void catga_nats_pull_hand_back(catga_nats_pull *pull)
{
    catga_admission_queue_return_stored(pull->queue, hand_back, pull->owner);
}

const char *catga_nats_pull_inbox(const catga_nats_pull *pull)
{
    return pull->inbox;
}

catga_admission_queue *catga_nats_pull_queue(catga_nats_pull *pull)
{
    return pull->queue;
}
