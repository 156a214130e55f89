/* Keeps pending calls; see calls.h. */
#include "client/calls.h"

#include "base/signals.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

enum { FREE, HELD, SENDING, ASLEEP, WAITING, FILLING, FULL, LEFT };

enum { PHASE_BITS = 3, INDEX_BITS = 16, WORD_BITS = 64 };

#define PHASE_MASK ((UINT64_C(1) << PHASE_BITS) - 1)
#define INDEX_MASK ((UINT64_C(1) << INDEX_BITS) - 1)

static uint64_t with_phase(uint64_t state, uint64_t phase)
{
    return (state & ~PHASE_MASK) | phase;
}

/* Moves a call of one generation to another phase. Returns false if it is in a third one. */
static bool move(catga_pending *call, uint64_t state, uint64_t from, uint64_t to)
{
    uint_fast64_t expected = with_phase(state, from);

    return atomic_compare_exchange_strong(&call->state, &expected, with_phase(state, to));
}

/* Sets the phase of a call that the caller owns. */
static void set_phase(catga_pending *call, uint64_t phase)
{
    uint64_t state = atomic_load_explicit(&call->state, memory_order_relaxed);

    atomic_store_explicit(&call->state, with_phase(state, phase), memory_order_release);
}

static uint64_t phase_of(catga_pending *call)
{
    return atomic_load_explicit(&call->state, memory_order_acquire) & PHASE_MASK;
}

static uint32_t word_count(const catga_calls *calls)
{
    return (calls->count + WORD_BITS - 1) / WORD_BITS;
}

/* Returns whether all slots of the index's word are free, so that they can be skipped. */
static bool none_used_from(catga_calls *calls, uint32_t index)
{
    return atomic_load(&calls->used[index / WORD_BITS]) == 0;
}

/* ---- Slots ---- */

catga_status catga_calls_begin(catga_calls *calls, uint32_t count, catga_drive_function *drive,
                               void *user)
{
    calls->count = count;
    calls->drive = drive;
    calls->user = user;
    pthread_mutex_init(&calls->starting, NULL);
    sem_init(&calls->timer_woken, 0, 0);
    atomic_init(&calls->timer_sleeps_until, CATGA_FOREVER);
    calls->slots = calloc(count, sizeof *calls->slots);
    calls->used = calloc(word_count(calls), sizeof *calls->used);
    if (calls->slots == NULL || calls->used == NULL)
        return CATGA_NO_MEMORY;
    for (uint32_t i = count; i < word_count(calls) * WORD_BITS; i++)
        atomic_fetch_or(
            &calls->used[i / WORD_BITS],
            UINT64_C(1) << i % WORD_BITS); /* marks the missing slots of the last word as used */
    return CATGA_OK;
}

void catga_calls_end(catga_calls *calls)
{
    if (calls->drive == NULL)
        return;
    for (uint32_t i = 0; calls->slots != NULL && i < calls->count; i++) {
        if (!calls->slots[i].prepared)
            break; /* slots are claimed from the lowest: later ones were never used */
        sem_destroy(&calls->slots[i].woken);
        free(calls->slots[i].request.copy.bytes);
    }
    free(calls->slots);
    free(calls->used);
    sem_destroy(&calls->timer_woken);
    pthread_mutex_destroy(&calls->starting);
}

/* Claims the lowest free slot: few are in use at once, and those stay in the cache. */
static bool claim_index(catga_calls *calls, uint32_t *index)
{
    for (uint32_t word = 0; word < word_count(calls); word++) {
        uint64_t used = atomic_load_explicit(&calls->used[word], memory_order_relaxed);
        while (~used != 0) {
            uint64_t bit = ~used & (used + 1);
            used = atomic_fetch_or(&calls->used[word], bit);
            if ((used & bit) == 0) {
                *index = word * WORD_BITS + (uint32_t)__builtin_ctzll(bit);
                return true;
            }
        }
    }
    return false;
}

catga_pending *catga_calls_claim(catga_calls *calls)
{
    uint32_t index;

    if (!claim_index(calls, &index))
        return NULL;
    catga_pending *call = &calls->slots[index];
    if (!call->prepared) {
        sem_init(&call->woken, 0, 0);
        call->index = index;
        call->prepared = true;
    }
    atomic_store_explicit(&call->key, 0, memory_order_relaxed);
    uint64_t state =
        atomic_load_explicit(&call->state, memory_order_relaxed) + (UINT64_C(1) << PHASE_BITS);
    atomic_store_explicit(&call->state, with_phase(state, HELD), memory_order_release);
    return call;
}

void catga_calls_free(catga_calls *calls, catga_pending *call)
{
    set_phase(call, FREE);
    atomic_fetch_and(&calls->used[call->index / WORD_BITS],
                     ~(UINT64_C(1) << call->index % WORD_BITS));
}

uint64_t catga_pending_token(const catga_pending *call)
{
    uint64_t state = atomic_load_explicit(&call->state, memory_order_relaxed);

    return state >> PHASE_BITS << INDEX_BITS | call->index;
}

/* ---- The owner's side ---- */

void catga_pending_open(catga_pending *call)
{
    set_phase(call, SENDING);
}

bool catga_pending_close(catga_pending *call)
{
    return move(call, atomic_load(&call->state), SENDING, HELD);
}

/* Waits until the event of phase FILLING is complete. */
static void await_event(catga_pending *call)
{
    while (phase_of(call) == FILLING)
        sched_yield(); /* the other thread needs a few instructions */
}

bool catga_pending_has_failed(catga_pending *call)
{
    await_event(call);
    return phase_of(call) == FULL && (!call->event.answered || call->event.answer.no_responders);
}

/* Sleeps until an event has arrived (true), or `until` has come and none can arrive (false). */
static bool sleep_until(catga_pending *call, int64_t until)
{
    struct timespec end = catga_clock_timespec(until);

    while (sem_clockwait(&call->woken, CLOCK_MONOTONIC, &end) != 0) {
        if (errno == ETIMEDOUT && move(call, atomic_load(&call->state), ASLEEP, HELD))
            return false;
    }
    return true;
}

void catga_pending_wait(catga_pending *call, int64_t until, catga_call_event *event)
{
    if (move(call, atomic_load(&call->state), SENDING, ASLEEP) && !sleep_until(call, until)) {
        *event = (catga_call_event){.kind = CATGA_RETRY_TIME};
        return;
    }
    await_event(call);
    *event = call->event;
    set_phase(call, HELD);
}

static void wake_timer(catga_calls *calls, int64_t due)
{
    if (due < atomic_load(&calls->timer_sleeps_until))
        sem_post(&calls->timer_woken);
}

void catga_pending_leave(catga_calls *calls, catga_pending *call, int64_t until)
{
    uint64_t state = atomic_load(&call->state);

    atomic_store(&call->due, until);
    if (!move(call, state, SENDING, WAITING)) {
        await_event(call);
        until = 0;
        atomic_store(&call->due, until);
        set_phase(call, LEFT);
    }
    wake_timer(calls, until);
}

/* ---- The events' side ---- */

static void fill(catga_pending *call, uint64_t state, const catga_call_event *event)
{
    call->event = *event;
    atomic_store_explicit(&call->state, with_phase(state, FULL), memory_order_release);
}

/* Gives an event to a call of the generation in `state`. Returns false if it does not wait. */
static bool give(catga_calls *calls, catga_pending *call, uint64_t state,
                 const catga_call_event *event)
{
    if (move(call, state, SENDING, FILLING)) {
        fill(call, state, event);
        return true;
    }
    if (move(call, state, ASLEEP, FILLING)) {
        fill(call, state, event);
        sem_post(&call->woken);
        return true;
    }
    if (move(call, state, WAITING, HELD)) {
        calls->drive(calls->user, call, event);
        return true;
    }
    return false;
}

bool catga_calls_answer(catga_calls *calls, uint64_t token, const catga_incoming *answer)
{
    uint64_t index = token & INDEX_MASK;
    uint64_t state = token >> INDEX_BITS << PHASE_BITS;
    catga_call_event event = {.kind = CATGA_RETRY_RESULT, .answered = true, .answer = *answer};

    return index < calls->count && give(calls, &calls->slots[index], state, &event);
}

/* Hashes eight bytes at a time, because every try needs the hash. */
uint64_t catga_calls_hash(const char *subject)
{
    size_t length = strlen(subject);
    uint64_t hash = length * UINT64_C(0x9e3779b97f4a7c15);

    for (; length != 0;) {
        uint64_t part = 0;
        size_t count = length < sizeof part ? length : sizeof part;
        memcpy(&part, subject, count);
        hash = (hash ^ part) * UINT64_C(0xff51afd7ed558ccd);
        hash ^= hash >> 32;
        subject += count;
        length -= count;
    }
    return hash;
}

/* The state is read before the key: a reused slot has another generation. */
void catga_calls_tell(catga_calls *calls, uint64_t key, const catga_call_event *event)
{
    for (uint32_t i = 0; i < calls->count; i++) {
        if (none_used_from(calls, i)) {
            i |= WORD_BITS - 1;
            continue;
        }
        uint64_t state = atomic_load(&calls->slots[i].state);
        if (atomic_load(&calls->slots[i].key) == key)
            give(calls, &calls->slots[i], state, event);
    }
}

void catga_calls_lost(catga_calls *calls)
{
    const catga_call_event event = {.kind = CATGA_RETRY_LOST};

    for (uint32_t i = 0; i < calls->count; i++) {
        if (none_used_from(calls, i)) {
            i |= WORD_BITS - 1;
            continue;
        }
        give(calls, &calls->slots[i], atomic_load(&calls->slots[i].state), &event);
    }
}

/* ---- The timer thread ---- */

/*
 * Takes a call that was left, if its state is still `state`. Sets its event: the one that arrived,
 * or that time has passed.
 */
static bool take_left(catga_pending *call, uint64_t state, catga_call_event *event)
{
    if (move(call, state, LEFT, HELD)) {
        *event = call->event;
        return true;
    }
    *event = (catga_call_event){.kind = CATGA_RETRY_TIME};
    return move(call, state, WAITING, HELD);
}

static void drive_due(catga_calls *calls, catga_pending *call, uint64_t state)
{
    catga_call_event event;

    if (take_left(call, state, &event))
        calls->drive(calls->user, call, &event);
}

/* Returns whether the owner has left the call, so that `due` is valid. */
static bool is_left(uint64_t state)
{
    return (state & PHASE_MASK) == WAITING || (state & PHASE_MASK) == LEFT;
}

/* Drives the calls that are due. Returns when the next call is due. */
static int64_t drive_all_due(catga_calls *calls)
{
    int64_t now = catga_clock_now();
    int64_t next = CATGA_FOREVER;

    for (uint32_t i = 0; i < calls->count; i++) {
        if (none_used_from(calls, i)) {
            i |= WORD_BITS - 1;
            continue;
        }
        /* The state is read first: `due` may belong to an earlier call of the slot. */
        uint64_t state = atomic_load(&calls->slots[i].state);
        int64_t due = atomic_load(&calls->slots[i].due);
        if (!is_left(state))
            continue;
        if (due <= now)
            drive_due(calls, &calls->slots[i], state);
        else if (due < next)
            next = due;
    }
    return next;
}

/*
 * Runs the timer thread, which sleeps until the next call is due. `timer_sleeps_until` says so, and
 * a call that is due later does not wake the thread. During the search it is CATGA_FOREVER, so that
 * every new call wakes the thread.
 */
static void *run_timer(void *argument)
{
    catga_calls *calls = argument;

    while (!atomic_load(&calls->timer_stops)) {
        atomic_store(&calls->timer_sleeps_until, CATGA_FOREVER);
        int64_t next = drive_all_due(calls);
        atomic_store(&calls->timer_sleeps_until, next);
        struct timespec end = catga_clock_timespec(next);
        sem_clockwait(&calls->timer_woken, CLOCK_MONOTONIC, &end);
    }
    return NULL;
}

catga_status catga_calls_start_timer(catga_calls *calls)
{
    if (atomic_load(&calls->timer_runs))
        return CATGA_OK;
    pthread_mutex_lock(&calls->starting);
    bool runs =
        atomic_load(&calls->timer_runs) || catga_thread_start(&calls->timer, run_timer, calls);
    atomic_store(&calls->timer_runs, runs);
    pthread_mutex_unlock(&calls->starting);
    return runs ? CATGA_OK : CATGA_NO_MEMORY;
}

void catga_calls_stop_timer(catga_calls *calls)
{
    if (!atomic_load(&calls->timer_runs))
        return;
    atomic_store(&calls->timer_stops, true);
    sem_post(&calls->timer_woken);
    pthread_join(calls->timer, NULL);
    atomic_store(&calls->timer_runs, false);
}

catga_pending *catga_calls_take_any(catga_calls *calls, catga_call_event *event)
{
    for (uint32_t i = 0; i < calls->count; i++) {
        if (none_used_from(calls, i))
            i |= WORD_BITS - 1;
        else if (take_left(&calls->slots[i], atomic_load(&calls->slots[i].state), event))
            return &calls->slots[i];
    }
    return NULL;
}
