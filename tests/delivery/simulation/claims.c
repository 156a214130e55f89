/*
 * claims [SEEDS [FIRST]]: simulates messages that must be handled once, and replicas that claim
 * them. Requests and answers are lost, doubled, late, reordered and outdated; processes die at any
 * moment, and clocks run on. The claim protocol is the runtime's own object file: delivery/claim.c
 * and delivery/owner_liveness.c; this file simulates the rest. Each seed is one history; a failing
 * seed is printed, and `claims 1 SEED` replays it.
 *
 * In every world, at most one attempt at a message is recorded as its success, and nothing runs
 * after that. In the end, when nothing fails any more, there is one success.
 *
 * In a world that keeps leases, no live replica is silent for as long as a lease. There, no two
 * attempts run at once. There is one effect, plus one for each time that an attempt ended between
 * its effect and its mark (the window).
 *
 * The program fails if no history meets the window, or none has two effects without leases: then it
 * has shown nothing.
 */
#include "base/monotime.h"
#include "delivery/claim.h"
#include "delivery/owner_liveness.h"
#include "fate.h"

#include <string.h>

enum {
    EVENTS = 2,
    REPLICAS = 2,
    ATTEMPTS = 256,
    LIVES = 64, /* of a replica: each is a new owner */
    LEASE_MS = 200,
    CALM_MS = 4 * LEASE_MS,    /* between two suspensions of a replica */
    WATCHED_MS = 4 * LEASE_MS, /* since the last claim of an owner was found */
    WAIT_MS = 60               /* for the answer of the store or an owner */
};

typedef enum moment_kind {
    COMES, /* the message arrives at a replica */
    WRITE_ARRIVES,
    READ_ARRIVES,
    ANSWER_ARRIVES, /* of the store, or of an owner */
    WAIT_ENDS,
    WATCH_TICKS, /* a replica checks an owner that it watches */
    EFFECT,
    HANDLER_ENDS
} moment_kind;

typedef struct record {
    catga_record_state state;
    unsigned owner; /* number of the attempt */
    uint64_t revision;
    uint32_t attempts;
} record;

typedef struct moment {
    moment_kind kind;
    unsigned event;
    unsigned attempt;
    unsigned question;
    catga_claiming_event answer;
    record found; /* content that is written, or was read */
    uint64_t over;
} moment;

typedef struct attempt {
    bool lives;
    bool runs;
    bool had_effect;
    unsigned replica;
    unsigned life; /* of the replica */
    unsigned event;
    unsigned question; /* number of the pending question; 0 for none */
    unsigned asks;     /* owner of the pending question */
    catga_claiming claiming;
} attempt;

typedef struct message {
    record now;
    record before;
    bool acknowledged;
    unsigned effects;
    unsigned windows;
    unsigned successes;
    unsigned failures_planned;
} message;

/* An owner as a replica sees it. */
typedef struct watch {
    bool watches;
    int64_t wanted_until;
    catga_owner_liveness liveness;
} watch;

typedef struct world {
    fate fate;
    bool keeps_leases;
    moment queue[MOMENTS];
    message events[EVENTS];
    attempt attempts[ATTEMPTS + 1]; /* index 0 is unused */
    unsigned attempt_count;
    unsigned questions;
    uint64_t revisions;
    unsigned lives[REPLICAS];
    watch watches[REPLICAS][REPLICAS][LIVES];
    int64_t busy_until[REPLICAS];
} world;

static void plan(world *w, int64_t delay, moment what)
{
    w->queue[fate_plan(&w->fate, delay)] = what;
}

static void transmit(world *w, moment what)
{
    for (unsigned copies = draw_copies(&w->fate, 6); copies > 0; copies--)
        plan(w, draw_delay(&w->fate, 400), what);
}

/* Redelivers the message, unless it has been acknowledged. */
static void come_again(world *w, unsigned event, int64_t delay)
{
    if (!w->events[event].acknowledged)
        plan(w, delay, (moment){.kind = COMES, .event = event});
}

/* ---- An attempt ---- */

static void advance(world *w, unsigned id, catga_claiming_action action);

static unsigned ask(world *w, unsigned id)
{
    attempt *a = &w->attempts[id];

    a->question = ++w->questions;
    plan(w, WAIT_MS,
         (moment){.kind = WAIT_ENDS, .attempt = id, .event = a->event, .question = a->question});
    return a->question;
}

static void end(world *w, unsigned id)
{
    attempt *a = &w->attempts[id];

    a->lives = false;
    a->runs = false;
    a->question = 0;
}

static void run(world *w, unsigned id)
{
    attempt *a = &w->attempts[id];
    const message *e = &w->events[a->event];

    must(&w->fate, e->now.state != CATGA_RECORD_DONE, "nothing runs once it is done");
    for (unsigned other = 1; w->keeps_leases && other <= w->attempt_count; other++)
        must(&w->fate, !w->attempts[other].runs || w->attempts[other].event != a->event,
             "no two run at once");
    a->runs = true;
    int64_t time = (int64_t)draw(&w->fate, 300);
    plan(w, time, (moment){.kind = EFFECT, .attempt = id, .event = a->event});
    plan(w, time + 1 + (int64_t)draw(&w->fate, 20),
         (moment){.kind = HANDLER_ENDS, .attempt = id, .event = a->event});
}

static void handler_ends(world *w, unsigned id)
{
    attempt *a = &w->attempts[id];

    a->runs = false;
    advance(w, id,
            catga_claiming_step(
                &a->claiming, a->had_effect ? CATGA_CLAIMING_SUCCEEDED : CATGA_CLAIMING_FAILED, 0));
}

static void effect(world *w, unsigned id)
{
    attempt *a = &w->attempts[id];
    message *e = &w->events[a->event];

    if (e->failures_planned > 0) {
        e->failures_planned--;
        return;
    }
    a->had_effect = true;
    e->effects++;
}

static void kept(world *w, unsigned id)
{
    attempt *a = &w->attempts[id];
    message *e = &w->events[a->event];
    bool success = a->claiming.writes == CATGA_RECORD_DONE;

    e->successes += success;
    if (success && !chance(&w->fate, 20))
        e->acknowledged = true;
    end(w, id);
    come_again(w, a->event, 20);
}

/* ---- Watching an owner ---- */

static watch *watch_of(world *w, const attempt *asker)
{
    const attempt *owner = &w->attempts[asker->asks];

    return &w->watches[asker->replica][owner->replica][owner->life % LIVES];
}

static bool owner_answers(const world *w, unsigned replica, unsigned life)
{
    return w->lives[replica] == life && w->fate.now >= w->busy_until[replica];
}

/* The control is always answered here; owners.c covers its failures. */
static void tick(world *w, unsigned asker, unsigned owner, unsigned life)
{
    watch *at = &w->watches[asker][owner][life % LIVES];

    if (at->watches && (w->fate.now > at->wanted_until || owner_answers(w, owner, life)))
        at->watches = false;
    if (!at->watches)
        return;
    if (catga_owner_liveness_tick(&at->liveness, w->fate.now)) {
        catga_owner_liveness_asked(&at->liveness, w->fate.now);
        catga_owner_liveness_control_answered(&at->liveness);
    }
    plan(w, catga_owner_liveness_due(&at->liveness) - w->fate.now,
         (moment){.kind = WATCH_TICKS, .event = asker, .attempt = owner, .question = life});
}

static catga_claiming_event found(world *w, unsigned id)
{
    const attempt *a = &w->attempts[id];
    watch *at = watch_of(w, a);

    catga_owner_liveness_found(&at->liveness, a->asks);
    at->wanted_until = w->fate.now + WATCHED_MS;
    return catga_owner_liveness_is_silent(&at->liveness, a->asks, w->fate.now)
               ? CATGA_CLAIMING_SILENT
               : CATGA_CLAIMING_UNSURE;
}

static void begin_to_watch(world *w, const attempt *asker)
{
    const attempt *owner = &w->attempts[asker->asks];
    watch *at = watch_of(w, asker);

    if (at->watches)
        return;
    at->watches = true;
    at->wanted_until = w->fate.now + WATCHED_MS;
    catga_owner_liveness_init(&at->liveness, LEASE_MS);
    catga_owner_liveness_found(&at->liveness, asker->asks);
    tick(w, asker->replica, owner->replica, owner->life);
}

/* Asks the owner, unless the replica watches it already. */
static void ask_owner(world *w, unsigned id)
{
    attempt *a = &w->attempts[id];
    const attempt *owner = &w->attempts[a->asks];

    if (watch_of(w, a)->watches) {
        advance(w, id, catga_claiming_step(&a->claiming, found(w, id), 0));
        return;
    }
    moment answer = {.kind = ANSWER_ARRIVES, .attempt = id, .event = a->event};
    answer.question = ask(w, id);
    answer.answer = owner->lives ? CATGA_CLAIMING_WORKS : CATGA_CLAIMING_IDLE;
    if (owner_answers(w, owner->replica, owner->life))
        plan(w, 2, answer);
}

static void advance(world *w, unsigned id, catga_claiming_action action)
{
    attempt *a = &w->attempts[id];
    message *e = &w->events[a->event];
    moment next = {.attempt = id, .event = a->event};

    switch (action) {
    case CATGA_CLAIMING_WRITE:
        next.kind = WRITE_ARRIVES;
        next.question = ask(w, id);
        next.over = a->claiming.revision;
        next.found = (record){a->claiming.writes, id, 0, a->claiming.attempt};
        transmit(w, next);
        return;
    case CATGA_CLAIMING_LOOK:
        next.kind = READ_ARRIVES;
        next.question = ask(w, id);
        transmit(w, next);
        return;
    case CATGA_CLAIMING_ASK:
        ask_owner(w, id);
        return;
    case CATGA_CLAIMING_RUN:
        run(w, id);
        return;
    case CATGA_CLAIMING_SKIP:
        e->acknowledged = e->acknowledged || !chance(&w->fate, 20);
        break;
    case CATGA_CLAIMING_HELD:
        must(&w->fate, a->claiming.delay_ms > 0, "a claim that is held is come back for later");
        end(w, id);
        come_again(w, a->event, a->claiming.delay_ms);
        return;
    case CATGA_CLAIMING_GIVE_UP:
        e->windows += a->had_effect;
        break;
    case CATGA_CLAIMING_LOST:
        must(&w->fate, !w->keeps_leases || !a->had_effect,
             "who lives keeps its claim until it is marked");
        break;
    case CATGA_CLAIMING_KEPT:
        kept(w, id);
        return;
    case CATGA_CLAIMING_NOTHING:
        must(&w->fate, false, "every step fits");
        break;
    }
    end(w, id);
    come_again(w, a->event, 20);
}

static void comes(world *w, unsigned event)
{
    if (w->attempt_count == ATTEMPTS) {
        must(&w->fate, false, "it comes to an end");
        return;
    }
    unsigned id = ++w->attempt_count;
    attempt *a = &w->attempts[id];
    unsigned replica = (unsigned)draw(&w->fate, REPLICAS);
    *a = (attempt){.lives = true, .event = event, .replica = replica, .life = w->lives[replica]};
    catga_claiming_init(&a->claiming, LEASE_MS);
    if (chance(&w->fate, 15))
        come_again(w, event, (int64_t)draw(&w->fate, 200));
    advance(w, id, catga_claiming_step(&a->claiming, CATGA_CLAIMING_BEGIN, 0));
}

/* ---- The store ---- */

static void write_arrives(world *w, const moment *m)
{
    message *e = &w->events[m->event];
    moment answer = *m;

    answer.kind = ANSWER_ARRIVES;
    answer.answer = CATGA_CLAIMING_CONFLICT;
    if (e->now.revision == m->over) {
        must(&w->fate, e->now.state != CATGA_RECORD_DONE, "what is done stays done");
        e->before = e->now;
        e->now = m->found;
        e->now.revision = ++w->revisions;
        answer.answer = CATGA_CLAIMING_WRITTEN;
        answer.over = e->now.revision;
    }
    transmit(w, answer);
}

/* A lagging server returns the previous content. */
static void read_arrives(world *w, const moment *m)
{
    const message *e = &w->events[m->event];
    moment answer = *m;

    answer.kind = ANSWER_ARRIVES;
    answer.answer = CATGA_CLAIMING_READ;
    answer.found = chance(&w->fate, 10) ? e->before : e->now;
    transmit(w, answer);
}

static void answer_arrives(world *w, const moment *m)
{
    attempt *a = &w->attempts[m->attempt];

    if (a->question != m->question)
        return; /* nobody waits for it any more */
    a->question = 0;
    if (m->answer != CATGA_CLAIMING_READ) {
        advance(w, m->attempt, catga_claiming_step(&a->claiming, m->answer, m->over));
        return;
    }
    a->asks = m->found.owner;
    const catga_claim_record found = {m->found.state, m->found.owner == m->attempt,
                                      m->found.revision, m->found.attempts};
    advance(w, m->attempt, catga_claiming_read(&a->claiming, &found));
}

static void wait_ends(world *w, const moment *m)
{
    attempt *a = &w->attempts[m->attempt];

    if (a->question != m->question)
        return;
    a->question = 0;
    if (a->claiming.phase != CATGA_CLAIMING_ASKING) {
        bool patient = a->claiming.marking && !chance(&w->fate, 10);
        catga_claiming_event event = patient ? CATGA_CLAIMING_AWAY : CATGA_CLAIMING_UNCERTAIN;
        advance(w, m->attempt, catga_claiming_step(&a->claiming, event, 0));
        return;
    }
    begin_to_watch(w, a);
    advance(w, m->attempt, catga_claiming_step(&a->claiming, CATGA_CLAIMING_UNSURE, 0));
}

/* ---- The world ---- */

static void happen(world *w, const moment *m)
{
    bool lives = m->kind != WATCH_TICKS && w->attempts[m->attempt].lives;

    switch (m->kind) {
    case COMES:
        comes(w, m->event);
        break;
    case WRITE_ARRIVES:
        write_arrives(w, m);
        break;
    case READ_ARRIVES:
        read_arrives(w, m);
        break;
    case ANSWER_ARRIVES:
        if (lives)
            answer_arrives(w, m);
        break;
    case WAIT_ENDS:
        if (lives)
            wait_ends(w, m);
        break;
    case WATCH_TICKS:
        tick(w, m->event, m->attempt, m->question);
        break;
    case EFFECT:
        if (lives)
            effect(w, m->attempt);
        break;
    case HANDLER_ENDS:
        if (lives)
            handler_ends(w, m->attempt);
        break;
    }
}

/* A process dies with all its attempts, or is suspended for a while; without kept leases, for
 * longer than a lease. */
static void disturb(world *w)
{
    unsigned replica = (unsigned)draw(&w->fate, REPLICAS);

    if (chance(&w->fate, 4)) {
        for (unsigned id = 1; id <= w->attempt_count; id++) {
            attempt *a = &w->attempts[id];
            if (!a->lives || a->replica != replica)
                continue;
            w->events[a->event].windows += a->had_effect;
            end(w, id);
            come_again(w, a->event, 50);
        }
        memset(w->watches[replica], 0, sizeof w->watches[replica]);
        w->lives[replica]++;
    }
    if (chance(&w->fate, 5) && w->fate.now > w->busy_until[replica] + CALM_MS)
        w->busy_until[replica] =
            w->fate.now + (int64_t)draw(&w->fate, w->keeps_leases ? LEASE_MS : 4 * LEASE_MS);
}

static void begin(world *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    fate_begin(&w->fate, seed);
    w->fate.now = 1;
    w->keeps_leases = draw(&w->fate, 2) == 0;
    for (unsigned i = 0; i < EVENTS; i++) {
        w->events[i].failures_planned = (unsigned)draw(&w->fate, 3);
        come_again(w, i, (int64_t)draw(&w->fate, 50));
    }
}

static void judge(world *w)
{
    for (unsigned i = 0; i < EVENTS; i++) {
        const message *e = &w->events[i];
        must(&w->fate, e->now.state == CATGA_RECORD_DONE, "in the end it is done");
        must(&w->fate, e->successes <= 1, "one success is recorded");
        must(&w->fate, e->effects >= 1, "it has had its effect");
        must(&w->fate, !w->keeps_leases || e->effects <= 1 + e->windows,
             "no effect but one, and one for each window");
    }
}

static uint64_t histories;
static uint64_t windows; /* histories with kept leases and a repeated effect */
static uint64_t without; /* the same without kept leases */

static const char *live(uint64_t seed, bool trace)
{
    static world w;
    size_t place;

    begin(&w, seed);
    while (fate_next(&w.fate, &place)) {
        moment next = w.queue[place];
        w.queue[place] = w.queue[w.fate.length];
        if (trace)
            printf("%8" PRId64 " %d event %u attempt %u question %u answer %d\n", w.fate.now,
                   (int)next.kind, next.event, next.attempt, next.question, (int)next.answer);
        happen(&w, &next);
        disturb(&w);
    }
    judge(&w);
    bool twice = false;
    for (unsigned i = 0; i < EVENTS; i++)
        twice |= w.events[i].effects > 1;
    histories++;
    windows += twice && w.keeps_leases;
    without += twice && !w.keeps_leases;
    return w.fate.wrong;
}

int main(int argc, char **argv)
{
    if (!all_hold("claims", argc, argv, live))
        return 1;
    printf(": the window was met in %" PRIu64 "; without leases two effects came in %" PRIu64 "\n",
           windows, without);
    if (histories < 10000 || (windows > 0 && without > 0))
        return 0;
    printf("not so: the window and the lease matter\n");
    return 1;
}
