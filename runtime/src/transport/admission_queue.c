/* The admission queue of a handler; see admission_queue.h. */
#include "transport/admission_queue.h"

#include "base/clock.h"
#include "base/signals.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

/* Longest duration of a quick run: a few times that of passing a message to a worker. A longer run
 * may have been interrupted; one that is as long as SLOW_NS is slow. */
#define QUICK_NS 25000
#define SLOW_NS  1000000

/* A handler is quick after so many quick runs, less what longer and slow runs take away. */
enum { QUICK_RUNS = 32, QUICK_MAX = 2 * QUICK_RUNS, LONG_RUN = 2, SLOW_RUN = 16 };

/* Time after which a worker has its messages written, although others follow. */
#define REST_AFTER (2 * QUICK_NS)

/* Time to wait for a worker that has been quick until now. */
#define PERMIT_WAIT (4 * QUICK_NS)

enum { QUIET, HELD, TELLING };

/* ---- Slots ---- */

/* A lock-free list; its change count prevents confusion with an earlier use of a slot (ABA). */
static void push_free(catga_admission_queue *queue, catga_admission_slot *slot)
{
    uint64_t number = (uint64_t)(slot - queue->slots) + 1;
    uint_fast64_t head = atomic_load(&queue->free);

    do
        atomic_store_explicit(&slot->next, (unsigned)(head & UINT32_MAX), memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&queue->free, &head, ((head >> 32) + 1) << 32 | number));
}

/* There is a free slot: no more slots are used than `held` allows. */
static catga_admission_slot *take_slot(catga_admission_queue *queue)
{
    uint_fast64_t head = atomic_load(&queue->free);

    while ((head & UINT32_MAX) != 0) {
        catga_admission_slot *slot = &queue->slots[(head & UINT32_MAX) - 1];
        uint64_t next = atomic_load_explicit(&slot->next, memory_order_relaxed);
        if (atomic_compare_exchange_weak(&queue->free, &head, ((head >> 32) + 1) << 32 | next))
            return slot;
    }
    return &queue->slots[atomic_fetch_add(&queue->fresh, 1)];
}

/* The last user may free the structure: nothing of it is used after this. */
static void leave(catga_admission_queue *queue)
{
    void (*emptied)(void *owner) = queue->options.emptied;
    void *owner = queue->options.owner;

    if (atomic_fetch_sub(&queue->users, 1) == 1)
        emptied(owner);
}

static void drop_reference(catga_admission_slot *slot)
{
    catga_admission_queue *queue = slot->queue;

    if (atomic_fetch_sub(&slot->references, 1) != 1)
        return;
    push_free(queue, slot);
    atomic_fetch_sub(&queue->held, 1);
    leave(queue);
}

/* Its receiver has returned: the message neither waits nor runs. It may still be kept. */
static void end_load(catga_admission_slot *slot)
{
    catga_admission_queue *queue = slot->queue;

    atomic_fetch_sub(&queue->bytes, slot->message.length);
    atomic_fetch_sub(&queue->load, 1);
    if (queue->options.freed != NULL)
        queue->options.freed(queue->options.user);
    drop_reference(slot);
}

/* The message is locked while its in-progress ack is sent. */
void catga_admission_slot_settle(catga_admission_slot *slot)
{
    int expected = HELD;

    while (!atomic_compare_exchange_weak(&slot->phase, &expected, QUIET) && expected != QUIET) {
        if (expected == TELLING)
            sched_yield();
        expected = HELD;
    }
}

void catga_admission_slot_release(catga_admission_slot *slot)
{
    catga_admission_slot_settle(slot);
    drop_reference(slot);
}

/* ---- Running ---- */

static bool is_stored(const catga_incoming *message)
{
    return message->deliveries != 0;
}

static void change_quick(catga_admission_queue *queue, int by)
{
    int quick = atomic_load_explicit(&queue->quick, memory_order_relaxed) + by;

    quick = quick < 0 ? 0 : quick > QUICK_MAX ? QUICK_MAX : quick;
    atomic_store_explicit(&queue->quick, quick, memory_order_relaxed);
}

static void note_run(catga_admission_queue *queue, int64_t took_ns)
{
    change_quick(queue, took_ns <= QUICK_NS ? 1 : took_ns <= SLOW_NS ? -LONG_RUN : -SLOW_RUN);
    atomic_fetch_add_explicit(&queue->run_ns, took_ns, memory_order_relaxed);
    atomic_fetch_add_explicit(&queue->runs, 1, memory_order_release);
}

/* The thread that receives messages goes first: else the worker, which has just returned its
 * permit, would always take it again. */
static void take_permit(catga_admission_queue *queue)
{
    while (atomic_load(&queue->claimed))
        sched_yield();
    while (sem_wait(&queue->permits) != 0)
        continue; /* interrupted */
}

/* Returns the time afterwards. */
static int64_t run(catga_admission_slot *slot, int64_t begin)
{
    catga_admission_queue *queue = slot->queue;
    catga_incoming *message = &slot->message;
    int64_t end = begin;

    message->waited_ns = begin - slot->came_ns;
    message->began_ns = begin;
    if (is_stored(message) && begin - atomic_load(&slot->alive_ns) >= queue->options.alive_ns) {
        queue->options.discard(queue->options.user, message);
    } else {
        slot->receive(slot->receiver, message);
        end = catga_clock_now();
        note_run(queue, end - begin);
    }
    return end;
}

/* Has the messages of the last runs written, if none follows or that was long ago. */
static void rest(catga_admission_queue *queue, int64_t now, int64_t *rested_ns)
{
    bool more = catga_ring_count(&queue->waiting) != 0;

    if (queue->options.rest == NULL || (more && now - *rested_ns < REST_AFTER))
        return;
    queue->options.rest(queue->options.owner);
    *rested_ns = now;
}

/* Takes the oldest message. Returns false if the claimant has run it. Another thread may still be
 * writing it, while later ones are complete and posted. */
static bool take_waiting(catga_admission_queue *queue, catga_ring_item *item)
{
    while (!catga_ring_take(&queue->waiting, item)) {
        if (catga_ring_count(&queue->waiting) == 0)
            return false;
        sched_yield();
    }
    return true;
}

/* A worker takes a message when it has a permit, so that the messages stay in order. */
static void *work(void *argument)
{
    catga_admission_queue *queue = argument;
    int64_t rested_ns = 0;
    catga_ring_item item;

    if (queue->options.begins != NULL)
        queue->options.begins(queue->options.owner);
    for (;;) {
        while (sem_wait(&queue->filled) != 0)
            continue; /* interrupted */
        if (atomic_load(&queue->ending))
            break;
        take_permit(queue);
        bool taken = take_waiting(queue, &item);
        int64_t end = taken ? run(item.message, catga_clock_now()) : 0;
        sem_post(&queue->permits);
        if (!taken)
            continue;
        end_load(item.message);
        rest(queue, end, &rested_ns);
    }
    if (queue->options.ends != NULL)
        queue->options.ends(queue->options.owner);
    return NULL;
}

bool catga_admission_queue_is_quick(const catga_admission_queue *queue, unsigned behind)
{
    return queue->options.workers == 1 && behind <= queue->options.limit &&
           atomic_load_explicit(&queue->quick, memory_order_relaxed) >= QUICK_RUNS;
}

/* Waits for a permit. Returns false if the worker does not finish. */
static bool take_permit_soon(catga_admission_queue *queue, int64_t now)
{
    if (sem_trywait(&queue->permits) == 0)
        return true;
    struct timespec end = catga_clock_timespec(now + PERMIT_WAIT);
    int result = 0;
    atomic_store(&queue->claimed, true);
    do
        result = sem_clockwait(&queue->permits, CLOCK_MONOTONIC, &end);
    while (result != 0 && errno == EINTR);
    atomic_store(&queue->claimed, false);
    if (result != 0)
        change_quick(queue, -SLOW_RUN);
    return result == 0;
}

bool catga_admission_queue_claim(catga_admission_queue *queue, int64_t now)
{
    atomic_fetch_add(&queue->users, 1);
    if (!take_permit_soon(queue, now)) {
        leave(queue);
        return false;
    }
    queue->at_claim = catga_ring_count(&queue->waiting);
    return true;
}

/* Later messages come behind those that the caller has. */
static int64_t run_waiting(catga_admission_queue *queue, int64_t now)
{
    catga_ring_item item;

    for (; queue->at_claim > 0 && catga_ring_take(&queue->waiting, &item); queue->at_claim--) {
        now = run(item.message, now);
        end_load(item.message);
    }
    return now;
}

void catga_admission_queue_run_here(catga_admission_queue *queue, catga_incoming *messages,
                                    int count, catga_receive_function *receive, void *receiver,
                                    int64_t *now)
{
    int64_t came_ns = *now;

    *now = run_waiting(queue, came_ns);
    for (int i = 0; i < count; i++) {
        int64_t begin = *now;
        messages[i].waited_ns += begin - came_ns;
        messages[i].began_ns = begin;
        receive(receiver, &messages[i]);
        *now = catga_clock_now();
        note_run(queue, *now - begin);
    }
    sem_post(&queue->permits);
    leave(queue);
}

/* Returns false if the deadline passes first. */
static bool take_permit_before(catga_admission_queue *queue, int64_t deadline_ns)
{
    if (sem_trywait(&queue->permits) == 0)
        return true;
    struct timespec end = catga_clock_timespec(deadline_ns != 0 ? deadline_ns : CATGA_FOREVER);
    while (sem_clockwait(&queue->permits, CLOCK_MONOTONIC, &end) != 0)
        if (errno == ETIMEDOUT)
            return false;
    /* makes the effects of the previous run visible, also to ThreadSanitizer, which does not
     * know sem_clockwait */
    return atomic_load(&queue->users) != 0;
}

bool catga_admission_queue_run_in_sender(catga_admission_queue *queue, catga_incoming *message,
                                         catga_receive_function *receive, void *receiver,
                                         int64_t deadline_ns)
{
    atomic_fetch_add(&queue->users, 1);
    bool in_time = take_permit_before(queue, deadline_ns);
    if (in_time) {
        receive(receiver, message);
        sem_post(&queue->permits);
    }
    leave(queue);
    return in_time;
}

/* ---- Admitting ---- */

/* Reserves room for a message. Returns false if there is none. */
static bool reserve(catga_admission_queue *queue, size_t length)
{
    const catga_admission_options *options = &queue->options;
    unsigned held = atomic_fetch_add(&queue->held, 1);
    unsigned load = atomic_fetch_add(&queue->load, 1);
    size_t bytes = atomic_fetch_add(&queue->bytes, length);

    bool has_bytes =
        load == 0 || (length <= options->byte_limit && bytes <= options->byte_limit - length);

    if (held < queue->slot_count && has_bytes)
        return true;
    atomic_fetch_sub(&queue->bytes, length);
    atomic_fetch_sub(&queue->load, 1);
    atomic_fetch_sub(&queue->held, 1);
    return false;
}

bool catga_admission_queue_admit(catga_admission_queue *queue, const catga_incoming *message,
                                 catga_receive_function *receive, void *receiver, int64_t now)
{
    if (!reserve(queue, message->length))
        return false;
    catga_admission_slot *slot = take_slot(queue);
    atomic_fetch_add(&queue->users, 1);
    slot->message = *message;
    slot->message.slot = slot;
    slot->queue = queue;
    slot->receive = receive;
    slot->receiver = receiver;
    slot->came_ns = now - message->waited_ns;
    atomic_store_explicit(&slot->references, 2, memory_order_relaxed);
    atomic_store_explicit(&slot->alive_ns, slot->came_ns, memory_order_relaxed);
    atomic_store_explicit(&slot->phase, is_stored(message) ? HELD : QUIET, memory_order_release);
    while (!catga_ring_put(&queue->waiting, (catga_ring_item){.message = slot}))
        sched_yield(); /* there is room: a worker is leaving its cell */
    sem_post(&queue->filled);
    return true;
}

/* ---- Keeping alive ---- */

/* A message that is too old belongs to another replica. */
static void keep_slot(catga_admission_queue *queue, catga_admission_slot *slot, int64_t now)
{
    int64_t silent_ns = now - atomic_load(&slot->alive_ns);
    int expected = HELD;

    if (silent_ns < queue->options.alive_ns / 4 || silent_ns >= queue->options.alive_ns ||
        !atomic_compare_exchange_strong(&slot->phase, &expected, TELLING))
        return;
    if (now - atomic_load(&slot->alive_ns) >= queue->options.alive_ns / 4) {
        if (queue->options.keep(queue->options.user, &slot->message))
            atomic_store(&slot->alive_ns, now);
    }
    atomic_store(&slot->phase, HELD);
}

void catga_admission_queue_keep_alive(catga_admission_queue *queue, int64_t now)
{
    unsigned used = atomic_load(&queue->fresh);

    for (unsigned i = 0; i < used && atomic_load(&queue->held) != 0; i++)
        if (atomic_load_explicit(&queue->slots[i].phase, memory_order_acquire) == HELD)
            keep_slot(queue, &queue->slots[i], now);
}

/* ---- Ending ---- */

void catga_admission_queue_return_stored(catga_admission_queue *queue,
                                         void (*function)(void *user, catga_incoming *message),
                                         void *user)
{
    catga_ring_item item;

    for (unsigned held = atomic_load(&queue->held); held > 0; held--) {
        if (!catga_ring_take(&queue->waiting, &item))
            return;
        catga_admission_slot *slot = item.message;
        if (is_stored(&slot->message)) {
            function(user, &slot->message);
            end_load(slot);
        } else {
            while (!catga_ring_put(&queue->waiting, item))
                sched_yield();
            sem_post(&queue->filled);
        }
    }
}

unsigned catga_admission_queue_take_runs(catga_admission_queue *queue, int64_t *run_ns)
{
    unsigned runs = atomic_exchange(&queue->runs, 0);

    *run_ns = runs != 0 ? atomic_exchange(&queue->run_ns, 0) : 0;
    return runs;
}

/* ---- Begin and end ---- */

static void end_threads(catga_admission_queue *queue)
{
    atomic_store(&queue->ending, true);
    for (unsigned i = 0; i < queue->thread_count; i++)
        sem_post(&queue->filled);
    for (unsigned i = 0; i < queue->thread_count; i++)
        pthread_join(queue->threads[i], NULL);
}

static bool start_threads(catga_admission_queue *queue)
{
    for (unsigned i = 0; i < queue->options.workers; i++) {
        if (!catga_thread_start(&queue->threads[i], work, queue))
            return false;
        queue->thread_count++;
    }
    return true;
}

catga_admission_queue *catga_admission_queue_new(const catga_admission_options *options)
{
    catga_admission_queue *queue =
        calloc(1, sizeof *queue + options->workers * sizeof queue->threads[0]);

    if (queue == NULL)
        return NULL;
    queue->options = *options;
    queue->slot_count = options->limit + options->workers;
    queue->slots = calloc(queue->slot_count, sizeof *queue->slots);
    sem_init(&queue->permits, 0, options->workers);
    sem_init(&queue->filled, 0, 0);
    bool has_ring = catga_ring_begin(&queue->waiting, queue->slot_count);
    if (queue->slots != NULL && has_ring && start_threads(queue))
        return queue;
    catga_admission_queue_free(queue);
    return NULL;
}

void catga_admission_queue_free(catga_admission_queue *queue)
{
    end_threads(queue);
    sem_destroy(&queue->filled);
    sem_destroy(&queue->permits);
    catga_ring_end(&queue->waiting);
    free(queue->slots);
    free(queue);
}
