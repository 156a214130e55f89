/*
 * simulation [SEEDS [FIRST]]: simulates publishers, a store, and replicas with handlers. Messages
 * are lost, doubled, late and reordered, processes die, clocks jump, records cannot be written, and
 * the dead-letter stream is full. The decisions are those of the runtime's own object files:
 * delivery/retry.c and delivery/handling.c; this file simulates the rest. Each seed is one history;
 * a failing seed is printed, and `simulation 1 SEED` replays it.
 *
 * A replica has one handler thread with a backlog, and a few slots for events that have run and
 * cannot be settled yet. It sends in-progress acks for the events that it holds, and discards a
 * delivery whose ack wait has expired at the server.
 *
 * In the end no fault happens any more, and the world runs until it is quiet. Then these rules
 * hold:
 *
 *   - the publisher's status is true: an acknowledged event is stored, a rejected one is not, and
 * no event is stored twice;
 *   - every stored event has ended: a handler succeeded, or it is a dead letter once, or (without
 *     dead letters in its schema) it was given up;
 *   - an event was given up only because it was rejected or invalid, or because its last attempt
 *     failed; and no invalid event reached a handler;
 *   - attempts are started runs: no event was given up after fewer runs than its schema allows,
 *     except for runs that a process was about to start when it died or when the store failed;
 *   - after the record says that the event has ended, no run starts or is recorded, except in a
 *     delivery that was about to run when its ack wait expired;
 *   - no handler thread waits for storing a dead letter;
 *   - a call ends in time, and within its number of tries.
 */
#include "base/monotime.h"
#include "delivery/handling.h"
#include "delivery/retry.h"
#include "fate.h"

#include <string.h>

enum {
    EVENTS = 4,
    REPLICAS = 2,
    DELIVERIES = 48,
    PLACES = 2, /* slots of a replica for events that cannot be settled yet */
    LATE = 3000,
    DEADLINE_MS = 5000,
    ACK_WAIT_MS = 400,
    OPERATION_MS = 500,                /* until a missing answer counts as a failure */
    PAUSE_MS = 200,                    /* after a failed operation that follows the run */
    LONGEST_HOLD_MS = 6 * OPERATION_MS /* of the handler thread by one event */
};

static const int64_t MS = CATGA_MILLISECOND;

typedef enum moment_kind {
    PUBLISH_ARRIVES, /* at the store */
    ANSWER_ARRIVES,  /* at the publisher: the event is stored, or a retry is allowed */
    PUBLISHER_TIME,
    EVENT_ARRIVES, /* at a replica */
    HANDLER_ENDS,
    OPERATION_ARRIVES, /* at the store: reads or writes a record, or stores a dead letter */
    OPERATION_ENDS,    /* at the replica: an answer, or a timeout */
    OPERATION_AGAIN,
    SETTLEMENT_ARRIVES,
    ACK_WAIT_ENDS,
    RETRY_DUE
} moment_kind;

typedef struct record {
    uint64_t revision;
    uint32_t started;
    bool ended;
    unsigned writer;
} record;

typedef enum result { NO_ANSWER, DONE, CONFLICT, UNAVAILABLE } result;

typedef struct moment {
    moment_kind kind;
    unsigned event;
    unsigned number;   /* of the publisher's try, or of the delivery */
    unsigned delivery; /* index of the delivery's slot, */
    unsigned life;     /* and generation of that slot */
    unsigned replica;
    unsigned operation;
    catga_handling_action action;
    record content;             /* to be written over its revision, or read */
    catga_handling_phase phase; /* at the start of the operation */
    result result;
    int64_t delay_ms;
    bool good;
} moment;

typedef struct publisher {
    catga_retry retry;
    unsigned max_tries;
    int64_t skew; /* jump of its clock */
    bool ended;
} publisher;

typedef struct stored {
    unsigned count; /* number of copies in the stream */
    bool settled;
    unsigned deliveries;
    int64_t due;
    record record;
} stored;

typedef struct handled {
    unsigned runs;
    unsigned about_to_run; /* counted runs that did not start */
    unsigned successes;
    unsigned failures;
    unsigned letters;
    unsigned given_up;
    unsigned failures_planned;
    bool rejects;
    bool rejected;
    bool bad; /* invalid message */
} handled;

/* A delivery at a replica, until it is settled or its process dies. */
typedef struct delivery {
    bool used;
    unsigned life;
    unsigned event;
    unsigned number;
    unsigned replica;
    unsigned writer; /* id of the delivery in the record */
    bool in_handler; /* true while it has the handler thread; after its run it has a slot */
    int64_t since;   /* when it got the thread */
    bool crowded;    /* no slot was free, so its thread does the rest */
    bool counted;    /* the record counts its run as started */
    bool ran;
    bool judged;
    unsigned operation;
    catga_handling_action next; /* after a pause */
    catga_handling handling;
} delivery;

typedef struct world {
    fate fate;
    moment queue[MOMENTS];
    catga_handling_rules rules;
    publisher publishers[EVENTS];
    stored store[EVENTS];
    handled events[EVENTS];
    delivery deliveries[DELIVERIES];
    unsigned writers;
    int64_t records_away; /* until then no record is read or written */
    int64_t letters_full; /* until then no dead letter is stored */
} world;

static void plan(world *w, int64_t delay, moment what)
{
    w->queue[fate_plan(&w->fate, delay)] = what;
}

/* Clients do not repeat requests by themselves, and servers do not repeat answers. */
static void transmit_once(world *w, moment what)
{
    for (unsigned copies = draw_copies(&w->fate, 0); copies > 0; copies--)
        plan(w, draw_delay(&w->fate, LATE) * MS, what);
}

static void transmit(world *w, moment what)
{
    bool once =
        what.kind == PUBLISH_ARRIVES || what.kind == ANSWER_ARRIVES; /* servers do not repeat it */
    for (unsigned copies = draw_copies(&w->fate, once ? 0 : 6); copies > 0; copies--)
        plan(w, draw_delay(&w->fate, LATE) * MS, what);
}

/* ---- Publishing ---- */

static void publisher_step(world *w, unsigned event, catga_retry_event what, catga_status status)
{
    publisher *p = &w->publishers[event];

    if (p->ended)
        return;
    int64_t now = w->fate.now + p->skew;
    switch (catga_retry_step(&p->retry, what, status, now)) {
    case CATGA_RETRY_SEND:
        must(&w->fate, p->retry.tries <= p->max_tries, "no more tries than there are");
        must(&w->fate, now < p->retry.deadline, "no try after the deadline");
        transmit(w, (moment){.kind = PUBLISH_ARRIVES, .event = event, .number = p->retry.tries});
        break;
    case CATGA_RETRY_WAIT:
        break;
    case CATGA_RETRY_FINISH:
        p->ended = true;
        return;
    }
    int64_t wait = p->retry.until - now;
    plan(w, wait > 0 ? wait : 0, (moment){.kind = PUBLISHER_TIME, .event = event});
}

static void publish_arrives(world *w, const moment *m)
{
    stored *at = &w->store[m->event];
    bool refused = at->count == 0 && chance(&w->fate, 15);

    if (!refused && at->count == 0) { /* the id is within the window, since the deadline is shorter
                                       */
        at->count++;
        at->due = w->fate.now;
        plan(w, 0, (moment){.kind = RETRY_DUE, .event = m->event});
    }
    transmit(w, (moment){.kind = ANSWER_ARRIVES, .event = m->event, .good = !refused});
}

/* ---- Deliveries ---- */

static delivery *holder_of(world *w, unsigned replica)
{
    for (unsigned i = 0; i < DELIVERIES; i++) {
        delivery *d = &w->deliveries[i];
        if (d->used && d->replica == replica && d->in_handler)
            return d;
    }
    return NULL;
}

static unsigned places_used(const world *w, unsigned replica)
{
    unsigned used = 0;

    for (unsigned i = 0; i < DELIVERIES; i++) {
        const delivery *d = &w->deliveries[i];
        used += d->used && d->replica == replica && !d->in_handler;
    }
    return used;
}

static delivery *find_held(world *w, unsigned event, unsigned replica)
{
    for (unsigned i = 0; i < DELIVERIES; i++) {
        delivery *d = &w->deliveries[i];
        if (d->used && d->event == event && (replica == REPLICAS || d->replica == replica))
            return d;
    }
    return NULL;
}

/* An attempt that was counted and did not run stays counted if it could not be subtracted. */
static void let_go(world *w, delivery *d)
{
    w->events[d->event].about_to_run += d->counted && !d->ran;
    d->used = false;
    d->life++;
}

static delivery *free_place(world *w)
{
    for (unsigned i = 0; i < DELIVERIES; i++)
        if (!w->deliveries[i].used)
            return &w->deliveries[i];
    return NULL;
}

static moment moment_of(const world *w, const delivery *d, moment_kind kind)
{
    return (moment){.kind = kind,
                    .event = d->event,
                    .number = d->number,
                    .delivery = (unsigned)(d - w->deliveries),
                    .life = d->life,
                    .replica = d->replica,
                    .operation = d->operation};
}

/* ---- Redelivery ---- */

static void hand_out(world *w, unsigned event)
{
    stored *at = &w->store[event];

    if (at->count == 0 || at->settled || w->fate.now < at->due)
        return;
    at->deliveries++;
    at->due = w->fate.now + ACK_WAIT_MS * MS;
    plan(w, ACK_WAIT_MS * MS, (moment){.kind = ACK_WAIT_ENDS, .event = event});
    unsigned to = (unsigned)draw(&w->fate, REPLICAS);
    transmit_once(
        w,
        (moment){.kind = EVENT_ARRIVES, .event = event, .number = at->deliveries, .replica = to});
}

/* The replica that holds the event sends in-progress acks, unless they are lost. */
static void ack_wait_ends(world *w, unsigned event)
{
    stored *at = &w->store[event];
    const delivery *held = find_held(w, event, REPLICAS);

    if (held != NULL && held->number == at->deliveries && w->fate.now >= at->due && !at->settled &&
        !chance(&w->fate, 10)) {
        at->due = w->fate.now + ACK_WAIT_MS * MS;
        plan(w, ACK_WAIT_MS * MS, (moment){.kind = ACK_WAIT_ENDS, .event = event});
        return;
    }
    hand_out(w, event);
}

static void settlement_arrives(world *w, const moment *m)
{
    stored *at = &w->store[m->event];

    if (m->action == CATGA_HANDLING_RETRY) {
        if (!at->settled && at->deliveries == m->number) {
            at->due = w->fate.now + m->delay_ms * MS;
            plan(w, m->delay_ms * MS, (moment){.kind = RETRY_DUE, .event = m->event});
        }
        return;
    }
    at->settled = true;
}

/* ---- Operations on the store ---- */

static void start_operation(world *w, delivery *d, catga_handling_action action)
{
    moment request;

    d->operation++;
    d->next = action;
    request = moment_of(w, d, OPERATION_ARRIVES);
    request.action = action;
    request.content = (record){.revision = d->handling.revision,
                               .started = d->handling.attempt,
                               .ended = d->handling.cause != CATGA_CAUSE_NONE,
                               .writer = d->writer};
    request.phase = d->handling.phase;
    transmit_once(w, request);
    plan(w, OPERATION_MS * MS, moment_of(w, d, OPERATION_ENDS));
}

static delivery *sender_of(world *w, const moment *m)
{
    delivery *d = &w->deliveries[m->delivery];

    return d->used && d->life == m->life ? d : NULL;
}

/* The record counts an attempt now, or no longer. */
static void note_count(world *w, const moment *m)
{
    delivery *d = sender_of(w, m);

    if (d != NULL && m->phase == CATGA_HANDLING_RETRACTING)
        d->counted = false;
    else if (d != NULL && m->phase == CATGA_HANDLING_STARTING)
        d->counted = true;
    else if (m->phase == CATGA_HANDLING_STARTING)
        w->events[m->event].about_to_run++;
}

static void note_letter(world *w, const moment *m)
{
    const record *at = &w->store[m->event].record;

    must(&w->fate, at->ended, "the end is recorded before the dead letter is stored");
    w->events[m->event].letters = 1; /* stored once, since its id derives from the event's */
}

static void operation_arrives(world *w, const moment *m)
{
    record *at = &w->store[m->event].record;
    moment answer = *m;
    bool away = w->fate.now < w->records_away && !w->fate.calm;
    bool full = w->fate.now < w->letters_full && !w->fate.calm;

    answer.kind = OPERATION_ENDS;
    answer.result = DONE;
    if (m->action == CATGA_HANDLING_DEAD_LETTER) {
        if (full)
            answer.result = UNAVAILABLE;
        else
            note_letter(w, m);
    } else if (away) {
        answer.result = UNAVAILABLE;
    } else if (m->action == CATGA_HANDLING_WRITE && at->revision != m->content.revision) {
        answer.result = CONFLICT;
    } else if (m->action == CATGA_HANDLING_WRITE) {
        must(&w->fate, !at->ended || m->content.ended, "the end stays recorded");
        *at = m->content;
        at->revision = (uint64_t)w->fate.now + w->fate.steps + 1;
        note_count(w, m);
    }
    answer.content = *at;
    transmit_once(w, answer);
}

static void follow(world *w, delivery *d, catga_handling_action action);

static void operation_ends(world *w, const moment *m)
{
    delivery *d = sender_of(w, m);

    if (d == NULL || d->operation != m->operation)
        return;
    catga_handling *h = &d->handling;
    catga_handling_action action = d->next;
    d->operation++;
    if (action == CATGA_HANDLING_DEAD_LETTER)
        action = catga_handling_step(
            h, m->result == DONE ? CATGA_HANDLING_STORED : CATGA_HANDLING_NOT_STORED, 0);
    else if (m->result == DONE && action == CATGA_HANDLING_READ)
        action = catga_handling_read(h, &(catga_attempts){m->content.revision, m->content.started,
                                                          m->content.ended,
                                                          m->content.writer == d->writer});
    else if (m->result == DONE)
        action = catga_handling_step(h, CATGA_HANDLING_WRITTEN, (int64_t)m->content.revision);
    else if (m->result == CONFLICT)
        action = catga_handling_step(h, CATGA_HANDLING_CONFLICT, 0);
    else if (m->result == UNAVAILABLE && action == CATGA_HANDLING_WRITE)
        action = catga_handling_step(h, CATGA_HANDLING_UNAVAILABLE, 0);
    else
        action = catga_handling_step(h, CATGA_HANDLING_UNKNOWN, 0);
    bool pauses = m->result != DONE && catga_handling_is_behind_run(h);
    if (!pauses) {
        follow(w, d, action);
        return;
    }
    d->next = action;
    plan(w, PAUSE_MS * MS, moment_of(w, d, OPERATION_AGAIN));
}

/* ---- Handling ---- */

static void settle(world *w, delivery *d, catga_handling_action action)
{
    fate *f = &w->fate;
    handled *e = &w->events[d->event];

    if (action == CATGA_HANDLING_GIVE_UP) {
        e->given_up++;
        must(f, !w->rules.dead_letter || e->letters > 0,
             "given up only when the dead letter is kept");
        must(f, d->handling.cause != CATGA_CAUSE_NONE, "given up for a reason");
        must(f, w->store[d->event].record.ended, "given up only when that is recorded");
    }
    moment settlement = moment_of(w, d, SETTLEMENT_ARRIVES);
    settlement.action = action;
    settlement.delay_ms = d->handling.delay_ms;
    transmit(w, settlement);
    let_go(w, d);
}

/* Returns the number of runs that the record may count: started ones, and those that may have been
 * about to start. */
static unsigned counted_runs(const world *w, unsigned event)
{
    unsigned runs = w->events[event].runs + w->events[event].about_to_run;

    for (unsigned i = 0; i < DELIVERIES; i++) {
        const delivery *d = &w->deliveries[i];
        runs += d->used && d->event == event && d->counted && !d->ran;
    }
    return runs;
}

/* Checks the end of an event at the moment of the decision. */
static void judge_end(world *w, delivery *d)
{
    fate *f = &w->fate;

    d->judged = true;
    const handled *e = &w->events[d->event];
    unsigned runs = counted_runs(w, d->event);
    switch (d->handling.cause) {
    case CATGA_CAUSE_ATTEMPTS:
        must(f, e->failures > 0 && runs > w->rules.retries,
             "given up after as many runs as it has");
        break;
    case CATGA_CAUSE_LOST:
        must(f, runs > w->rules.retries + CATGA_LOST_ATTEMPTS,
             "given up after many runs were lost");
        break;
    case CATGA_CAUSE_REJECTED:
        must(f, e->rejected, "given up because it was rejected");
        break;
    case CATGA_CAUSE_BAD_MESSAGE:
        must(f, e->bad, "given up because it is no message");
        break;
    case CATGA_CAUSE_NONE:
    case CATGA_CAUSE_RECORDED:
        break;
    }
}

/* Moves an event from the handler thread to a free slot. Without one, its end is recorded, and it
 * is handed back. */
static catga_handling_action leave_handler(world *w, delivery *d, catga_handling_action action)
{
    bool has_place = places_used(w, d->replica) < PLACES;

    must(&w->fate, d->crowded || w->fate.now - d->since <= LONGEST_HOLD_MS * MS,
         "the handler thread is free soon");
    d->crowded = !has_place;
    d->in_handler = !has_place;
    if (!has_place && action == CATGA_HANDLING_DEAD_LETTER)
        action = catga_handling_step(&d->handling, CATGA_HANDLING_HANDED_BACK, 0);
    return action;
}

static void run(world *w, delivery *d)
{
    handled *e = &w->events[d->event];
    const stored *at = &w->store[d->event];

    must(&w->fate, !e->bad, "no bad message comes to a handler");
    must(&w->fate, !at->record.ended || d->handling.recorded || at->deliveries != d->number,
         "what has ended does not run");
    e->runs++;
    d->ran = true;
    plan(w, (int64_t)draw(&w->fate, 100) * MS, moment_of(w, d, HANDLER_ENDS));
}

/* Now and then nobody waits for an event that is fetched. */
static catga_handling_action unless_unwanted(world *w, delivery *d, catga_handling_action action)
{
    if (action != CATGA_HANDLING_RUN || !chance(&w->fate, 5))
        return action;
    return catga_handling_step(&d->handling, CATGA_HANDLING_NOT_RUN, 100);
}

static void follow(world *w, delivery *d, catga_handling_action action)
{
    action = unless_unwanted(w, d, action);
    if (d->handling.phase == CATGA_HANDLING_ENDING && !d->judged)
        judge_end(w, d);
    if (d->in_handler && catga_handling_is_behind_run(&d->handling))
        action = leave_handler(w, d, action);
    switch (action) {
    case CATGA_HANDLING_RUN:
        run(w, d);
        break;
    case CATGA_HANDLING_READ:
    case CATGA_HANDLING_WRITE:
    case CATGA_HANDLING_DEAD_LETTER:
        start_operation(w, d, action);
        break;
    case CATGA_HANDLING_DONE:
    case CATGA_HANDLING_RETRY:
    case CATGA_HANDLING_GIVE_UP:
        settle(w, d, action);
        break;
    case CATGA_HANDLING_CLAIM:
    case CATGA_HANDLING_NOTHING:
        must(&w->fate, false, "every step fits");
        break;
    }
}

static void begin_handling(world *w, delivery *d, const moment *m)
{
    bool bad = w->events[m->event].bad;
    unsigned life = d->life;

    *d = (delivery){.used = true,
                    .life = life,
                    .event = m->event,
                    .number = m->number,
                    .replica = m->replica,
                    .writer = ++w->writers,
                    .in_handler = true,
                    .since = w->fate.now};
    catga_handling_init(&d->handling, &w->rules);
    follow(w, d, catga_handling_received(&d->handling, m->number, !bad));
}

/* A delivery of an event that is held already is not handled. An expired delivery belongs to
 * another replica. */
static void event_arrives(world *w, const moment *m)
{
    const stored *at = &w->store[m->event];
    const delivery *held = find_held(w, m->event, m->replica);
    bool given_up = at->deliveries != m->number || w->fate.now >= at->due;
    delivery *d = free_place(w);

    if (given_up || (held != NULL && !held->in_handler))
        return;
    if (d == NULL || holder_of(w, m->replica) != NULL) /* it waits behind another event */
        plan(w, 10 * MS, *m);
    else
        begin_handling(w, d, m);
}

static void handler_ends(world *w, const moment *m)
{
    delivery *d = sender_of(w, m);
    handled *e = &w->events[m->event];
    catga_handling_event what = CATGA_HANDLING_SUCCEEDED;

    if (d == NULL)
        return;
    if (e->failures_planned > 0) {
        e->failures_planned--;
        e->failures++;
        what = draw(&w->fate, 2) == 0 ? CATGA_HANDLING_FAILED : CATGA_HANDLING_POSTPONED;
    } else if (e->rejects) {
        e->rejected = true;
        what = CATGA_HANDLING_REJECTED;
    } else {
        e->successes++;
    }
    follow(w, d, catga_handling_step(&d->handling, what, (int64_t)draw(&w->fate, 200)));
}

static void operation_again(world *w, const moment *m)
{
    delivery *d = sender_of(w, m);

    if (d != NULL && d->operation == m->operation)
        follow(w, d, d->next);
}

/* ---- The world ---- */

static void happen(world *w, const moment *m)
{
    switch (m->kind) {
    case PUBLISH_ARRIVES:
        publish_arrives(w, m);
        break;
    case ANSWER_ARRIVES:
        publisher_step(w, m->event, CATGA_RETRY_RESULT, m->good ? CATGA_OK : CATGA_OVERLOADED);
        break;
    case PUBLISHER_TIME:
        publisher_step(w, m->event, CATGA_RETRY_TIME, CATGA_OK);
        break;
    case EVENT_ARRIVES:
        event_arrives(w, m);
        break;
    case HANDLER_ENDS:
        handler_ends(w, m);
        break;
    case OPERATION_ARRIVES:
        operation_arrives(w, m);
        break;
    case OPERATION_ENDS:
        operation_ends(w, m);
        break;
    case OPERATION_AGAIN:
        operation_again(w, m);
        break;
    case SETTLEMENT_ARRIVES:
        settlement_arrives(w, m);
        break;
    case ACK_WAIT_ENDS:
        ack_wait_ends(w, m->event);
        break;
    case RETRY_DUE:
        hand_out(w, m->event);
        break;
    }
}

static void die(world *w, unsigned replica)
{
    for (unsigned i = 0; i < DELIVERIES; i++) {
        delivery *d = &w->deliveries[i];
        if (d->used && d->replica == replica)
            let_go(w, d);
    }
}

/* A draining replica hands back events that it cannot store, and keeps those without a record. */
static void drain(world *w, unsigned replica)
{
    for (unsigned i = 0; i < DELIVERIES; i++) {
        delivery *d = &w->deliveries[i];
        if (d->used && d->replica == replica && !d->in_handler &&
            !catga_handling_must_record(&d->handling))
            follow(w, d, catga_handling_step(&d->handling, CATGA_HANDLING_HANDED_BACK, 0));
    }
}

/* Injects a fault: a replica dies or drains, the store fails for a while, a connection is lost, or
 * a clock jumps. */
static void disturb(world *w)
{
    if (chance(&w->fate, 4))
        die(w, (unsigned)draw(&w->fate, REPLICAS));
    if (chance(&w->fate, 2))
        drain(w, (unsigned)draw(&w->fate, REPLICAS));
    if (chance(&w->fate, 3))
        w->records_away = w->fate.now + (int64_t)draw(&w->fate, LATE) * MS;
    if (chance(&w->fate, 3))
        w->letters_full = w->fate.now + (int64_t)draw(&w->fate, 5 * LATE) * MS;
    if (chance(&w->fate, 3))
        publisher_step(w, (unsigned)draw(&w->fate, EVENTS), CATGA_RETRY_LOST, CATGA_OK);
    if (chance(&w->fate, 2))
        w->publishers[draw(&w->fate, EVENTS)].skew += (int64_t)draw(&w->fate, LATE) * MS;
}

static void begin(world *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    fate_begin(&w->fate, seed);
    w->rules = (catga_handling_rules){.retries = (uint32_t)draw(&w->fate, 4),
                                      .backoff_ms = (uint32_t)draw(&w->fate, 3) * 50,
                                      .backoff_longest_ms = 300,
                                      .dead_letter = draw(&w->fate, 4) != 0};
    for (unsigned i = 0; i < EVENTS; i++) {
        publisher *p = &w->publishers[i];
        uint32_t retries = (uint32_t)draw(&w->fate, 10);
        p->max_tries = retries + 1;
        catga_retry_plan plan = {
            .is_repeatable = true, .retries = retries, .deadline = DEADLINE_MS * MS};
        catga_retry_init(&p->retry, &plan, draw(&w->fate, UINT32_MAX));
        w->events[i].failures_planned = (unsigned)draw(&w->fate, 6);
        w->events[i].rejects = draw(&w->fate, 6) == 0;
        w->events[i].bad = draw(&w->fate, 8) == 0;
        publisher_step(w, i, CATGA_RETRY_BEGIN, CATGA_OK);
    }
}

static void judge(world *w)
{
    fate *f = &w->fate;

    for (unsigned i = 0; i < EVENTS; i++) {
        const publisher *p = &w->publishers[i];
        const stored *at = &w->store[i];
        const handled *e = &w->events[i];
        must(f, p->ended, "every publisher is told");
        must(f, at->count <= 1, "stored once");
        must(f, p->retry.result != CATGA_OK || at->count == 1, "what is acknowledged is stored");
        must(f, p->retry.result == CATGA_OK || p->retry.result == CATGA_TIMEOUT || at->count == 0,
             "what is said not to be stored is not");
        must(f, at->count == 0 || at->settled, "what is stored comes to an end");
        must(f, !at->settled || e->successes + e->given_up > 0, "it ends for a reason");
        must(f, at->count == 1 || e->runs == 0, "only what is stored is handled");
    }
}

static const char *live(uint64_t seed, bool trace)
{
    static world w;
    size_t place;

    begin(&w, seed);
    while (fate_next(&w.fate, &place)) {
        moment next = w.queue[place];
        w.queue[place] = w.queue[w.fate.length];
        if (trace)
            printf("%8.3f %d event %u number %u replica %u action %d result %d record %" PRIu64
                   " started %u ended %d by %u\n",
                   (double)w.fate.now / 1e9, (int)next.kind, next.event, next.number, next.replica,
                   (int)next.action, (int)next.result, next.content.revision, next.content.started,
                   (int)next.content.ended, next.content.writer);
        happen(&w, &next);
        disturb(&w);
    }
    judge(&w);
    return w.fate.wrong;
}

int main(int argc, char **argv)
{
    if (!all_hold("simulation", argc, argv, live))
        return 1;
    printf("\n");
    return 0;
}
