/* The admission queue of a handler; see admission_queue.h. */
#include "transport/admission_queue.h"

#include "base/clock.h"
#include "base/signals.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

/* Longest duration of a quick run. */
#define QUICK_NS 200000

/* Consecutive quick runs after which a handler counts as quick. */
#define QUICK_RUNS 32

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

static void note_run(catga_admission_queue *queue, int64_t took_ns)
{
    unsigned quick = atomic_load_explicit(&queue->quick, memory_order_relaxed);
    unsigned more = quick < QUICK_RUNS ? quick + 1 : quick;

    atomic_store_explicit(&queue->quick, took_ns <= QUICK_NS ? more : 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&queue->run_ns, took_ns, memory_order_relaxed);
    atomic_fetch_add_explicit(&queue->runs, 1, memory_order_release);
}

static void take_permit(catga_admission_queue *queue)
{
    while (sem_wait(&queue->permits) != 0)
        continue; /* interrupted */
}

static void run(catga_admission_slot *slot)
{
    catga_admission_queue *queue = slot->queue;
    catga_incoming *message = &slot->message;

    take_permit(queue);
    int64_t begin = catga_clock_now();
    message->waited_ns = begin - slot->came_ns;
    if (is_stored(message) && begin - atomic_load(&slot->alive_ns) >= queue->options.alive_ns) {
        queue->options.discard(queue->options.user, message);
    } else {
        slot->receive(slot->receiver, message);
        note_run(queue, catga_clock_now() - begin);
    }
    sem_post(&queue->permits);
    end_load(slot);
}

static void *work(void *argument)
{
    catga_admission_queue *queue = argument;
    catga_ring_item item;

    for (;;) {
        while (sem_wait(&queue->filled) != 0)
            continue; /* interrupted */
        if (atomic_load(&queue->ending))
            return NULL;
        if (catga_ring_take(&queue->waiting, &item))
            run(item.message);
    }
}

bool catga_admission_queue_run_here(catga_admission_queue *queue, catga_incoming *message,
                                    catga_receive_function *receive, void *receiver, int64_t now,
                                    unsigned behind)
{
    if (queue->options.workers != 1 || behind > queue->options.limit ||
        atomic_load_explicit(&queue->quick, memory_order_relaxed) < QUICK_RUNS ||
        atomic_load(&queue->load) != 0 || sem_trywait(&queue->permits) != 0)
        return false;
    atomic_fetch_add(&queue->users, 1);
    receive(receiver, message);
    note_run(queue, catga_clock_now() - now);
    sem_post(&queue->permits);
    leave(queue);
    return true;
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
