/*
 * owners [SEEDS [FIRST]]: simulates an owner of claims, and a replica that waits for them.
 * Questions and answers are late or lost, the owner is suspended or dies, and the replica is
 * suspended or loses its connection for any time. The decisions are those of the runtime's own
 * object file, delivery/owner_liveness.c. Each seed is one history; a failing seed is printed, and
 * `owners 1 SEED` replays it.
 *
 * A live owner is never silent for as long as the lease: it is suspended for at most half of it, an
 * answer takes at most a fifth of it, and no two consecutive questions are lost. Rules:
 *
 *   - no claim of a live owner is taken over, whatever happens to the asking replica;
 *   - each claim of a dead owner is taken over, however many there are;
 *   - that takes at most three leases once the replica is undisturbed.
 */
#include "delivery/owner_liveness.h"
#include "fate.h"

#include <string.h>

enum {
    CLAIMS = 300,
    LEASE_MS = 200,
    HELD_MS = LEASE_MS / 4 + 1, /* until a held claim is redelivered */
    FOUND_WAIT_MS = LEASE_MS / 4,
    DISTURBED = 3000 /* moments */
};

typedef enum moment_kind {
    CLAIM_FOUND,  /* the replica receives it, again and again */
    WATCH_BEGINS, /* the thread that found the first claim has waited for an answer */
    TICK,
    QUESTION_ARRIVES,
    ANSWER_ARRIVES,
    CONTROL_ARRIVES,
    OWNER_ENDS,  /* it dies, or has handled all */
    OWNER_CLAIMS /* of a further message */
} moment_kind;

typedef struct moment {
    moment_kind kind;
    unsigned number; /* of a claim, from 1, or of a question */
    unsigned watch;  /* the replica's watch when the question was sent */
} moment;

typedef struct world {
    fate fate;
    moment queue[MOMENTS];
    unsigned claims; /* claims of the owner so far */
    unsigned most;   /* total number of its claims */
    bool taken[CLAIMS + 1];
    unsigned taken_count;
    bool owner_dies; /* at its end */
    bool owner_dead;
    bool owner_ended;
    int64_t owner_suspended_until;
    /* The replica. */
    catga_owner_liveness liveness;
    bool watches;
    bool waits; /* a thread waits for the owner's answer */
    unsigned watch;
    unsigned question;
    bool lost_one; /* the last question or its answer was lost */
    int64_t suspended_until;
    int64_t deaf_until;
    int64_t undisturbed_since; /* since when the replica is undisturbed and the owner dead */
} world;

static void plan(world *w, int64_t delay, moment what)
{
    w->queue[fate_plan(&w->fate, delay)] = what;
}

static bool is_deaf(const world *w)
{
    return w->fate.now < w->deaf_until;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Returns when a suspended process receives a message that arrives now. */
static int64_t delay_of(const world *w, int64_t suspended_until)
{
    return later(0, suspended_until - w->fate.now);
}

static int64_t travel(world *w)
{
    return chance(&w->fate, 25) ? 1 + (int64_t)draw(&w->fate, LEASE_MS / 10) : 1;
}

/* ---- The replica ---- */

static void send_question(world *w)
{
    moment question = {.kind = QUESTION_ARRIVES, .number = ++w->question, .watch = w->watch};

    catga_owner_liveness_asked(&w->liveness, w->fate.now);
    if (is_deaf(w))
        return;
    bool lose = !w->lost_one && chance(&w->fate, 30);
    w->lost_one = lose;
    if (!lose)
        plan(w, travel(w), question);
    question.kind = CONTROL_ARRIVES;
    if (!chance(&w->fate, 5))
        plan(w, 1, question);
}

static void tick(world *w, const moment *m)
{
    int64_t suspended = delay_of(w, w->suspended_until);

    if (!w->watches || m->watch != w->watch)
        return;
    if (suspended > 0) {
        plan(w, suspended, *m);
        return;
    }
    if (catga_owner_liveness_tick(&w->liveness, w->fate.now))
        send_question(w);
    plan(w, catga_owner_liveness_due(&w->liveness) - w->fate.now, *m);
}

static void watch_begins(world *w)
{
    w->waits = false;
    w->watches = true;
    w->lost_one = false;
    w->watch++;
    catga_owner_liveness_init(&w->liveness, LEASE_MS);
    plan(w, 0, (moment){.kind = TICK, .watch = w->watch});
}

static void claim_found(world *w, const moment *m)
{
    int64_t suspended = delay_of(w, w->suspended_until);

    if (w->taken[m->number])
        return;
    if (suspended > 0 || is_deaf(w)) {
        plan(w, later(suspended, w->deaf_until - w->fate.now), *m);
        return;
    }
    if (w->watches) {
        catga_owner_liveness_found(&w->liveness, m->number);
        if (catga_owner_liveness_is_silent(&w->liveness, m->number, w->fate.now)) {
            must(&w->fate, w->owner_dead, "an owner that lives keeps its claims");
            w->taken[m->number] = true;
            w->taken_count++;
            return;
        }
    } else if (!w->waits) {
        bool answers = !w->owner_dead && w->fate.now >= w->owner_suspended_until;
        w->waits = !answers;
        if (w->waits)
            plan(w, FOUND_WAIT_MS, (moment){.kind = WATCH_BEGINS});
    }
    plan(w, HELD_MS + (int64_t)draw(&w->fate, 5), *m);
}

static void answer_arrives(world *w, const moment *m)
{
    int64_t suspended = delay_of(w, w->suspended_until);

    if (suspended > 0)
        plan(w, suspended + 1 + (int64_t)draw(&w->fate, 3), *m);
    else if (w->watches && m->watch == w->watch)
        w->watches = false;
}

static void control_arrives(world *w, const moment *m)
{
    int64_t suspended = delay_of(w, w->suspended_until);

    if (suspended > 0)
        plan(w, suspended, *m);
    else if (w->watches && m->watch == w->watch && m->number == w->question)
        catga_owner_liveness_control_answered(&w->liveness);
}

/* ---- The owner ---- */

static void question_arrives(world *w, const moment *m)
{
    int64_t suspended = delay_of(w, w->owner_suspended_until);
    moment answer = *m;

    answer.kind = ANSWER_ARRIVES;
    if (!w->owner_dead)
        plan(w, suspended + travel(w), answer);
}

static void owner_claims(world *w)
{
    if (w->owner_ended || w->claims == w->most)
        return;
    plan(w, (int64_t)draw(&w->fate, 10), (moment){.kind = CLAIM_FOUND, .number = ++w->claims});
    plan(w, (int64_t)draw(&w->fate, 3), (moment){.kind = OWNER_CLAIMS});
}

static void owner_ends(world *w)
{
    w->owner_ended = true;
    w->owner_dead = w->owner_dies;
    w->undisturbed_since = later(w->undisturbed_since, w->fate.now);
    for (unsigned i = 1; !w->owner_dies && i <= w->claims; i++)
        w->taken[i] = true;
}

/* ---- The world ---- */

static void happen(world *w, const moment *m)
{
    switch (m->kind) {
    case CLAIM_FOUND:
        claim_found(w, m);
        break;
    case WATCH_BEGINS:
        watch_begins(w);
        break;
    case TICK:
        tick(w, m);
        break;
    case QUESTION_ARRIVES:
        question_arrives(w, m);
        break;
    case ANSWER_ARRIVES:
        answer_arrives(w, m);
        break;
    case CONTROL_ARRIVES:
        control_arrives(w, m);
        break;
    case OWNER_ENDS:
        owner_ends(w);
        break;
    case OWNER_CLAIMS:
        owner_claims(w);
        break;
    }
    if (w->owner_ended && (!w->owner_dead || w->taken_count == w->claims))
        w->watches = false; /* no claim is found any more */
}

/* An owner is suspended again only after a while. */
static void disturb(world *w)
{
    fate *f = &w->fate;

    if (chance(f, 3) && f->now > w->owner_suspended_until + 2 * LEASE_MS)
        w->owner_suspended_until = f->now + (int64_t)draw(f, LEASE_MS / 2);
    if (chance(f, 2) && f->now > w->suspended_until + LEASE_MS)
        w->suspended_until = f->now + (int64_t)draw(f, 3 * LEASE_MS);
    if (chance(f, 2) && f->now > w->deaf_until + LEASE_MS)
        w->deaf_until = f->now + (int64_t)draw(f, 3 * LEASE_MS);
    w->undisturbed_since = later(w->undisturbed_since, later(w->suspended_until, w->deaf_until));
    if (!f->calm)
        w->undisturbed_since = later(w->undisturbed_since, f->now);
}

static void begin(world *w, uint64_t seed)
{
    memset(w, 0, sizeof *w);
    fate_begin(&w->fate, seed);
    w->fate.now = 1;
    w->fate.calm_after = DISTURBED;
    bool many = draw(&w->fate, 20) == 0; /* otherwise a long life */
    w->most = many ? CLAIMS : 1 + (unsigned)draw(&w->fate, 8);
    w->owner_dies = draw(&w->fate, 3) != 0;
    plan(w, 0, (moment){.kind = OWNER_CLAIMS});
    plan(w, 10 + (int64_t)draw(&w->fate, (many ? 4 : 40) * LEASE_MS), (moment){.kind = OWNER_ENDS});
}

static uint64_t taken_over, most_taken, slowest_ms;

static const char *live(uint64_t seed, bool trace)
{
    static world w;
    size_t place;

    begin(&w, seed);
    while (fate_next(&w.fate, &place)) {
        moment next = w.queue[place];
        w.queue[place] = w.queue[w.fate.length];
        if (trace)
            printf("%8" PRId64 " %d number %u watch %u unanswered %u\n", w.fate.now, (int)next.kind,
                   next.number, next.watch, w.liveness.unanswered);
        happen(&w, &next);
        disturb(&w);
    }
    int64_t took = w.fate.now - w.undisturbed_since;
    if (w.owner_dead) {
        must(&w.fate, w.taken_count == w.claims, "each claim of a dead owner is taken over");
        must(&w.fate, took <= 3 * LEASE_MS, "it takes three leases at most");
        taken_over++;
        most_taken = w.taken_count > most_taken ? w.taken_count : most_taken;
        slowest_ms = (uint64_t)later((int64_t)slowest_ms, took);
    }
    return w.fate.wrong;
}

int main(int argc, char **argv)
{
    if (!all_hold("owners", argc, argv, live))
        return 1;
    printf(": %" PRIu64 " owners died, with %" PRIu64
           " claims at most; the slowest takeover took %" PRIu64 " ms of a lease of %d ms\n",
           taken_over, most_taken, slowest_ms, LEASE_MS);
    return taken_over > 0 && most_taken > 64 ? 0 : 1;
}
