/*
 * simulation [SEEDS [FIRST]]: publishers, a store, and replicas with handlers, in a world where
 * messages are lost, doubled, late and out of order, processes die, and clocks jump. What decides is
 * the runtime's own object files, delivery/retry.c and delivery/handling.c; the rest of the world is
 * here. One seed is one history; a seed that fails is printed, and `simulation 1 SEED` replays it.
 *
 * In the end nothing goes wrong any more, and the world runs until it is quiet. Then it must hold:
 *
 *   - what a publisher was told: acknowledged is stored, not stored is not, and nothing is stored twice;
 *   - what is stored has ended: a handler succeeded, or it is a dead letter, once, or (when its
 *     schema wants none) it was given up;
 *   - an event was given up only for a reason: rejected, no valid message, or an attempt failed that
 *     was the last; and nothing that is no valid message came to a handler;
 *   - a call ends in time, and with no more tries than it has.
 */
#include "base/instant.h"
#include "delivery/handling.h"
#include "delivery/retry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 4, REPLICAS = 2, MOMENTS = 512, LATE = 3000, DEADLINE_MS = 5000, ACK_WAIT_MS = 400 };

static const int64_t MS = CATGA_MILLISECOND;

typedef enum moment_kind {
    PUBLISH_ARRIVES, /* at the store */
    ANSWER_ARRIVES,  /* at the publisher: acknowledged, or not now */
    PUBLISHER_TIME,
    EVENT_ARRIVES, /* at a replica */
    HANDLER_ENDS,
    LETTER_ANSWERED, /* the dead letter was stored, or that is not known */
    SETTLEMENT_ARRIVES,
    ACK_WAIT_ENDS,
    RETRY_DUE
} moment_kind;

typedef struct moment {
    int64_t time;
    moment_kind kind;
    unsigned event;
    unsigned number; /* the publisher's try, the delivery */
    unsigned replica;
    unsigned life; /* of the replica, when it began */
    catga_handling_action action;
    catga_handling_event result;
    int64_t delay_ms;
    bool good;
} moment;

typedef struct publisher {
    catga_retry retry;
    unsigned max_tries;
    int64_t skew; /* its clock has jumped */
    bool ended;
} publisher;

typedef struct stored {
    unsigned count; /* times that it is in the stream */
    bool out;
    bool settled;
    unsigned deliveries;
    int64_t due;
} stored;

typedef struct handled {
    unsigned runs;
    unsigned successes;
    unsigned letters;
    unsigned given_up;
    unsigned failures_planned;
    bool rejects;
    bool bad; /* no valid message */
    catga_handling_cause cause;
} handled;

typedef struct replica {
    unsigned life;
    bool busy;
    unsigned event;
    bool failed; /* its handler, with that event */
    catga_handling handling;
} replica;

typedef struct world {
    uint64_t random;
    int64_t now;
    bool calm; /* nothing goes wrong any more */
    moment queue[MOMENTS];
    size_t length;
    catga_handling_rules rules;
    publisher publishers[EVENTS];
    stored store[EVENTS];
    handled events[EVENTS];
    replica replicas[REPLICAS];
    const char *wrong;
} world;

static uint64_t draw(world *w, uint64_t below)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (w->random * UINT64_C(0x9e3779b97f4a7c15) >> 33) % below;
}

static bool chance(world *w, unsigned percent)
{
    return !w->calm && draw(w, 100) < percent;
}

static void must(world *w, bool holds, const char *what)
{
    if (!holds && w->wrong == NULL)
        w->wrong = what;
}

static void plan(world *w, int64_t time, moment what)
{
    what.time = time;
    must(w, w->length < MOMENTS, "the world is bounded");
    if (w->length < MOMENTS)
        w->queue[w->length++] = what;
}

/* Over the network: lost, doubled, late; out of order by being late. */
static void transmit(world *w, moment what)
{
    if (chance(w, 12))
        return;
    bool once = what.kind == PUBLISH_ARRIVES || what.kind == ANSWER_ARRIVES; /* no server repeats it */
    bool doubled = !once && chance(w, 5);
    unsigned copies = doubled ? 2 : 1;
    for (unsigned i = 0; i < copies; i++) {
        int64_t delay = 1 + (int64_t)draw(w, 5);
        if (chance(w, 8))
            delay += (int64_t)draw(w, LATE);
        plan(w, w->now + delay * MS, what);
    }
}

/* ---- Publishing ---- */

static void publisher_step(world *w, unsigned event, catga_retry_event what, catga_status status)
{
    publisher *p = &w->publishers[event];
    if (p->ended)
        return;
    int64_t now = w->now + p->skew;
    switch (catga_retry_step(&p->retry, what, status, now)) {
    case CATGA_RETRY_SEND:
        must(w, p->retry.tries <= p->max_tries, "no more tries than there are");
        must(w, now < p->retry.deadline, "no try after the deadline");
        transmit(w, (moment){.kind = PUBLISH_ARRIVES, .event = event, .number = p->retry.tries});
        break;
    case CATGA_RETRY_WAIT:
        break;
    case CATGA_RETRY_FINISH:
        p->ended = true;
        return;
    }
    int64_t wait = p->retry.until - now;
    plan(w, w->now + (wait > 0 ? wait : 0), (moment){.kind = PUBLISHER_TIME, .event = event});
}

static void publish_arrives(world *w, const moment *m)
{
    stored *at = &w->store[m->event];
    bool refused = at->count == 0 && chance(w, 15);
    if (!refused && at->count == 0) { /* the id is in the window: the deadline is shorter */
        at->count++;
        at->due = w->now;
        plan(w, w->now, (moment){.kind = RETRY_DUE, .event = m->event});
    }
    transmit(w, (moment){.kind = ANSWER_ARRIVES, .event = m->event, .good = !refused});
}

/* ---- Handing out ---- */

static void hand_out(world *w, unsigned event)
{
    stored *at = &w->store[event];
    if (at->count == 0 || at->settled || w->now < at->due)
        return;
    at->deliveries++;
    at->out = true;
    at->due = w->now + ACK_WAIT_MS * MS;
    plan(w, at->due, (moment){.kind = ACK_WAIT_ENDS, .event = event});
    unsigned to = (unsigned)draw(w, REPLICAS);
    transmit(w, (moment){.kind = EVENT_ARRIVES,
                         .event = event,
                         .number = at->deliveries,
                         .replica = to});
}

static void settlement_arrives(world *w, const moment *m)
{
    stored *at = &w->store[m->event];
    if (m->action == CATGA_HANDLING_RETRY) {
        if (!at->settled && at->deliveries == m->number) {
            at->due = w->now + m->delay_ms * MS;
            plan(w, at->due, (moment){.kind = RETRY_DUE, .event = m->event});
        }
        return;
    }
    at->settled = true;
}

/* ---- Handling ---- */

static void settle(world *w, replica *r, unsigned id, catga_handling_action action)
{
    handled *e = &w->events[r->event];
    if (action == CATGA_HANDLING_GIVE_UP) {
        e->given_up++;
        e->cause = r->handling.cause;
        must(w, !w->rules.dead_letter || e->letters > 0, "given up only when the dead letter is kept");
        must(w, e->cause != CATGA_CAUSE_NONE, "given up for a reason");
        must(w,
             e->cause != CATGA_CAUSE_ATTEMPTS ||
                 (r->failed && r->handling.attempt > w->rules.retries),
             "given up after the last attempt failed");
        must(w, e->cause != CATGA_CAUSE_REJECTED || e->rejects, "given up because it was rejected");
        must(w, (e->cause == CATGA_CAUSE_BAD_MESSAGE) == e->bad, "given up because it is no message");
    }
    transmit(w, (moment){.kind = SETTLEMENT_ARRIVES,
                         .event = r->event,
                         .number = r->handling.attempt,
                         .replica = id,
                         .action = action,
                         .delay_ms = r->handling.delay_ms});
    r->busy = false;
}

static void follow(world *w, unsigned id, catga_handling_action action)
{
    replica *r = &w->replicas[id];
    handled *e = &w->events[r->event];
    moment next = {.event = r->event, .replica = id, .life = r->life};
    switch (action) {
    case CATGA_HANDLING_RUN:
        must(w, !e->bad, "no bad message comes to a handler");
        e->runs++;
        next.kind = HANDLER_ENDS;
        plan(w, w->now + (int64_t)draw(w, 100) * MS, next);
        break;
    case CATGA_HANDLING_BURY: {
        bool arrives = !chance(w, 25);
        if (arrives && e->letters == 0) /* stored once: its id is made of the event's */
            e->letters++;
        next.kind = LETTER_ANSWERED;
        next.good = arrives && !chance(w, 25);
        plan(w, w->now + (int64_t)draw(w, 50) * MS, next);
        break;
    }
    case CATGA_HANDLING_DONE:
    case CATGA_HANDLING_RETRY:
    case CATGA_HANDLING_GIVE_UP:
        settle(w, r, id, action);
        break;
    case CATGA_HANDLING_NOTHING:
        must(w, false, "every step fits");
        break;
    }
}

static void event_arrives(world *w, const moment *m)
{
    replica *r = &w->replicas[m->replica];
    if (r->busy) { /* it waits behind another; late enough, it is let go */
        if (w->now - m->time < ACK_WAIT_MS * MS)
            plan(w, w->now + 10 * MS, *m);
        return;
    }
    r->busy = true;
    r->event = m->event;
    r->failed = false;
    catga_handling_init(&r->handling, &w->rules, m->number);
    bool bad = w->events[m->event].bad;
    follow(w, m->replica,
           catga_handling_step(&r->handling, bad ? CATGA_HANDLING_CAME_BAD : CATGA_HANDLING_CAME,
                               0));
}

static void handler_ends(world *w, const moment *m)
{
    replica *r = &w->replicas[m->replica];
    handled *e = &w->events[m->event];
    catga_handling_event result = CATGA_HANDLING_SUCCEEDED;
    r->failed = e->failures_planned > 0;
    if (r->failed) {
        e->failures_planned--;
        result = draw(w, 2) == 0 ? CATGA_HANDLING_FAILED : CATGA_HANDLING_POSTPONED;
    } else if (e->rejects) {
        result = CATGA_HANDLING_REJECTED;
    } else {
        e->successes++;
    }
    follow(w, m->replica, catga_handling_step(&r->handling, result, (int64_t)draw(w, 200)));
}

/* ---- The world ---- */

static bool is_of_this_life(const world *w, const moment *m)
{
    return w->replicas[m->replica].life == m->life;
}

static void happen(world *w, const moment *m)
{
    replica *r = &w->replicas[m->replica];
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
        if (is_of_this_life(w, m))
            handler_ends(w, m);
        break;
    case LETTER_ANSWERED:
        if (is_of_this_life(w, m))
            follow(w, m->replica,
                   catga_handling_step(&r->handling,
                                       m->good ? CATGA_HANDLING_BURIED : CATGA_HANDLING_UNBURIED,
                                       0));
        break;
    case SETTLEMENT_ARRIVES:
        settlement_arrives(w, m);
        break;
    case ACK_WAIT_ENDS:
    case RETRY_DUE:
        hand_out(w, m->event);
        break;
    }
}

/* What befalls processes: a replica dies, a connection is lost, a clock jumps. */
static void disturb(world *w)
{
    if (chance(w, 4)) {
        replica *r = &w->replicas[draw(w, REPLICAS)];
        r->life++;
        r->busy = false;
    }
    if (chance(w, 3))
        publisher_step(w, (unsigned)draw(w, EVENTS), CATGA_RETRY_LOST, CATGA_OK);
    if (chance(w, 2))
        w->publishers[draw(w, EVENTS)].skew += (int64_t)draw(w, LATE) * MS;
}

static moment take_next(world *w)
{
    size_t first = 0;
    for (size_t i = 1; i < w->length; i++)
        if (w->queue[i].time < w->queue[first].time)
            first = i;
    moment next = w->queue[first];
    w->queue[first] = w->queue[--w->length];
    return next;
}

static void begin(world *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    w->random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    draw(w, 2);
    w->rules = (catga_handling_rules){.retries = (uint32_t)draw(w, 4),
                                      .backoff_ms = (uint32_t)draw(w, 3) * 50,
                                      .backoff_longest_ms = 300,
                                      .dead_letter = draw(w, 4) != 0};
    for (unsigned i = 0; i < EVENTS; i++) {
        publisher *p = &w->publishers[i];
        uint32_t retries = (uint32_t)draw(w, 10);
        p->max_tries = retries + 1;
        catga_retry_init(&p->retry, true, retries, DEADLINE_MS * MS, draw(w, UINT32_MAX));
        w->events[i].failures_planned = (unsigned)draw(w, 6);
        w->events[i].rejects = draw(w, 6) == 0;
        w->events[i].bad = draw(w, 8) == 0;
        publisher_step(w, i, CATGA_RETRY_BEGIN, CATGA_OK);
    }
}

static void judge(world *w)
{
    for (unsigned i = 0; i < EVENTS; i++) {
        const publisher *p = &w->publishers[i];
        const stored *at = &w->store[i];
        const handled *e = &w->events[i];
        must(w, p->ended, "every publisher is told");
        must(w, at->count <= 1, "stored once");
        must(w, p->retry.result != CATGA_OK || at->count == 1, "what is acknowledged is stored");
        must(w, p->retry.result == CATGA_OK || p->retry.result == CATGA_TIMEOUT || at->count == 0,
             "what is said not to be stored is not");
        must(w, at->count == 0 || at->settled, "what is stored comes to an end");
        must(w, !at->settled || e->successes + e->given_up > 0, "it ends for a reason");
        must(w, at->count == 1 || e->runs == 0, "only what is stored is handled");
    }
}

static const char *live(uint64_t seed, bool trace)
{
    static world w;
    begin(&w, seed);
    for (unsigned steps = 0; w.length > 0 && w.wrong == NULL; steps++) {
        moment next = take_next(&w);
        w.now = next.time > w.now ? next.time : w.now;
        w.calm = steps > 150;
        if (trace)
            printf("%8.3f %d event %u number %u replica %u\n", (double)w.now / 1e9, (int)next.kind,
                   next.event, next.number, next.replica);
        must(&w, steps < 20000, "it becomes quiet");
        happen(&w, &next);
        disturb(&w);
    }
    judge(&w);
    return w.wrong;
}

int main(int argc, char **argv)
{
    uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
    uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        const char *wrong = live(seed, seeds == 1);
        if (wrong == NULL)
            continue;
        printf("seed %" PRIu64 ": not so: %s; replay with: simulation 1 %" PRIu64 "\n", seed, wrong,
               seed);
        return 1;
    }
    printf("%" PRIu64 " histories, from seed %" PRIu64 "\n", seeds, first);
    return 0;
}
