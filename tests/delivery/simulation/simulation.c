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
#include "fate.h"

#include <string.h>

enum { EVENTS = 4, REPLICAS = 2, LATE = 3000, DEADLINE_MS = 5000, ACK_WAIT_MS = 400 };

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
    moment_kind kind;
    unsigned event;
    unsigned number; /* the publisher's try, the delivery */
    unsigned replica;
    unsigned life; /* of the replica, when it began */
    catga_handling_action action;
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
    fate fate;
    moment queue[MOMENTS];
    catga_handling_rules rules;
    publisher publishers[EVENTS];
    stored store[EVENTS];
    handled events[EVENTS];
    replica replicas[REPLICAS];
} world;

static void plan(world *w, int64_t delay, moment what)
{
    w->queue[fate_plan(&w->fate, delay)] = what;
}

static void transmit(world *w, moment what)
{
    bool once = what.kind == PUBLISH_ARRIVES || what.kind == ANSWER_ARRIVES; /* no server repeats it */
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
    if (!refused && at->count == 0) { /* the id is in the window: the deadline is shorter */
        at->count++;
        at->due = w->fate.now;
        plan(w, 0, (moment){.kind = RETRY_DUE, .event = m->event});
    }
    transmit(w, (moment){.kind = ANSWER_ARRIVES, .event = m->event, .good = !refused});
}

/* ---- Handing out ---- */

static void hand_out(world *w, unsigned event)
{
    stored *at = &w->store[event];
    if (at->count == 0 || at->settled || w->fate.now < at->due)
        return;
    at->deliveries++;
    at->due = w->fate.now + ACK_WAIT_MS * MS;
    plan(w, ACK_WAIT_MS * MS, (moment){.kind = ACK_WAIT_ENDS, .event = event});
    unsigned to = (unsigned)draw(&w->fate, REPLICAS);
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
            at->due = w->fate.now + m->delay_ms * MS;
            plan(w, m->delay_ms * MS, (moment){.kind = RETRY_DUE, .event = m->event});
        }
        return;
    }
    at->settled = true;
}

/* ---- Handling ---- */

static void settle(world *w, replica *r, unsigned id, catga_handling_action action)
{
    fate *f = &w->fate;
    handled *e = &w->events[r->event];
    if (action == CATGA_HANDLING_GIVE_UP) {
        e->given_up++;
        e->cause = r->handling.cause;
        must(f, !w->rules.dead_letter || e->letters > 0, "given up only when the dead letter is kept");
        must(f, e->cause != CATGA_CAUSE_NONE, "given up for a reason");
        must(f,
             e->cause != CATGA_CAUSE_ATTEMPTS ||
                 (r->failed && r->handling.attempt > w->rules.retries),
             "given up after the last attempt failed");
        must(f, e->cause != CATGA_CAUSE_REJECTED || e->rejects, "given up because it was rejected");
        must(f, (e->cause == CATGA_CAUSE_BAD_MESSAGE) == e->bad, "given up because it is no message");
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
        must(&w->fate, !e->bad, "no bad message comes to a handler");
        e->runs++;
        next.kind = HANDLER_ENDS;
        plan(w, (int64_t)draw(&w->fate, 100) * MS, next);
        break;
    case CATGA_HANDLING_BURY: {
        bool arrives = !chance(&w->fate, 25);
        if (arrives && e->letters == 0) /* stored once: its id is made of the event's */
            e->letters++;
        next.kind = LETTER_ANSWERED;
        next.good = arrives && !chance(&w->fate, 25);
        plan(w, (int64_t)draw(&w->fate, 50) * MS, next);
        break;
    }
    case CATGA_HANDLING_DONE:
    case CATGA_HANDLING_RETRY:
    case CATGA_HANDLING_GIVE_UP:
        settle(w, r, id, action);
        break;
    case CATGA_HANDLING_NOTHING:
        must(&w->fate, false, "every step fits");
        break;
    }
}

static void event_arrives(world *w, const moment *m)
{
    replica *r = &w->replicas[m->replica];
    if (r->busy) { /* it waits behind another */
        plan(w, 10 * MS, *m);
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
        result = draw(&w->fate, 2) == 0 ? CATGA_HANDLING_FAILED : CATGA_HANDLING_POSTPONED;
    } else if (e->rejects) {
        result = CATGA_HANDLING_REJECTED;
    } else {
        e->successes++;
    }
    follow(w, m->replica, catga_handling_step(&r->handling, result, (int64_t)draw(&w->fate, 200)));
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
    if (chance(&w->fate, 4)) {
        replica *r = &w->replicas[draw(&w->fate, REPLICAS)];
        r->life++;
        r->busy = false;
    }
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
        catga_retry_init(&p->retry, true, retries, DEADLINE_MS * MS, draw(&w->fate, UINT32_MAX));
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
            printf("%8.3f %d event %u number %u replica %u\n", (double)w.fate.now / 1e9,
                   (int)next.kind, next.event, next.number, next.replica);
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
