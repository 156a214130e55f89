/* The admission queue: quick handlers run in the thread that receives, in order, and the worker
 * runs the others. */
#include "transport/admission_queue.h"

#include "base/clock.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LIMIT = 200, MANY = 100, MICROSECOND = 1000 };

/* Limits of admission_queue.c: consecutive quick runs that make a handler quick, and that count. */
enum { QUICK_RUNS = 32, QUICK_MAX = 64 };

/* A queue, and the messages that its handler has received. A message is the number of its `length`,
 * and has no data. */
typedef struct fixture {
    catga_admission_queue *queue;
    atomic_int count;
    size_t order[MANY];
    _Atomic(pthread_t) thread; /* of the last run */
    atomic_int spin_us;        /* duration of each run */
    atomic_bool held;          /* the handler does not return */
    size_t held_message;       /* from this message only; 0: from any */
    atomic_int rests;
    atomic_int counted; /* runs until the last rest */
    atomic_bool emptied;
    atomic_bool saw_claim; /* a held handler has seen that its permit is claimed */
    uint64_t behind;       /* messages that waited when the permit was claimed */
} fixture;

static void spin_us(int us)
{
    int64_t end = catga_clock_now() + us * MICROSECOND;

    while (us > 0 && catga_clock_now() < end)
        continue;
}

/* Messages of a slot are released, as by a transport. */
static void receive(void *user, catga_incoming *message)
{
    fixture *f = user;

    atomic_store(&f->thread, pthread_self());
    spin_us(atomic_load(&f->spin_us));
    while (atomic_load(&f->held) && (f->held_message == 0 || message->length == f->held_message)) {
        if (atomic_load(&f->queue->claimed))
            atomic_store(&f->saw_claim, true);
        sched_yield();
    }
    if (message->length != 0)
        f->order[atomic_load(&f->count) % MANY] = message->length;
    if (message->slot != NULL)
        catga_admission_slot_release(message->slot);
    atomic_fetch_add(&f->count, 1);
}

static void on_rest(void *owner)
{
    fixture *f = owner;

    atomic_store(&f->counted, atomic_load(&f->count));
    atomic_fetch_add(&f->rests, 1);
}

static void on_emptied(void *owner)
{
    fixture *f = owner;

    atomic_store(&f->emptied, true);
}

static void begin(fixture *f, unsigned workers)
{
    const catga_admission_options options = {.workers = workers,
                                             .limit = LIMIT,
                                             .byte_limit = SIZE_MAX,
                                             .rest = on_rest,
                                             .emptied = on_emptied,
                                             .owner = f};

    *f = (fixture){.queue = catga_admission_queue_new(&options)};
    assert_non_null(f->queue);
}

static void await(const atomic_int *value, int least)
{
    int64_t end = catga_clock_now() + 10 * CATGA_SECOND;

    while (atomic_load(value) < least && catga_clock_now() < end)
        sched_yield();
    assert_true(atomic_load(value) >= least);
}

static void end(fixture *f)
{
    int64_t until = catga_clock_now() + 10 * CATGA_SECOND;

    while (!catga_admission_queue_is_empty(f->queue) && catga_clock_now() < until)
        sched_yield();
    assert_true(catga_admission_queue_is_empty(f->queue));
    catga_admission_queue_free(f->queue);
}

static void admit(fixture *f, size_t number)
{
    const catga_incoming message = {.length = number};

    assert_true(catga_admission_queue_admit(f->queue, &message, receive, f, catga_clock_now()));
}

/* Returns whether the message ran in this thread. */
static bool run_here(fixture *f, size_t number)
{
    catga_incoming message = {.length = number};
    int64_t now = catga_clock_now();

    if (!catga_admission_queue_claim(f->queue, now))
        return false;
    f->behind = f->queue->at_claim;
    catga_admission_queue_run_here(f->queue, &message, 1, receive, f, &now);
    return true;
}

/* The worker waits, as for a thread that claims its permit. */
static void hold_worker(fixture *f)
{
    atomic_store(&f->queue->claimed, true);
}

static void let_worker(fixture *f)
{
    atomic_store(&f->queue->claimed, false);
}

/* Runs until the handler has been as quick as counts. A run may be interrupted. */
static void make_quick(fixture *f)
{
    while (atomic_load(&f->queue->quick) < QUICK_MAX)
        assert_true(run_here(f, 0));
}

/* Runs a message once in this thread, for so long. */
static void run_for(fixture *f, int us)
{
    atomic_store(&f->spin_us, us);
    assert_true(run_here(f, 0));
    atomic_store(&f->spin_us, 0);
}

/* ---- Quick handlers ---- */

static void a_handler_is_quick_after_some_runs(void **state)
{
    fixture f;

    (void)state;
    begin(&f, 1);
    assert_false(catga_admission_queue_is_quick(f.queue, 0));
    while (atomic_load(&f.queue->quick) < QUICK_RUNS) {
        assert_false(catga_admission_queue_is_quick(f.queue, 0));
        run_for(&f, 0);
    }
    assert_true(catga_admission_queue_is_quick(f.queue, 0));
    assert_true(atomic_load(&f.count) >= QUICK_RUNS);
    end(&f);
}

/* Runs of the worker count too. */
static void a_worker_makes_its_handler_quick(void **state)
{
    fixture f;

    (void)state;
    begin(&f, 1);
    for (int i = 1; !catga_admission_queue_is_quick(f.queue, 0); i++) {
        assert_true(i < 1000);
        admit(&f, 1);
        await(&f.count, i);
    }
    assert_true(atomic_load(&f.count) >= QUICK_RUNS);
    end(&f);
}

static void a_burst_behind_a_message_is_queued(void **state)
{
    fixture f;

    (void)state;
    begin(&f, 1);
    make_quick(&f);
    assert_true(catga_admission_queue_is_quick(f.queue, LIMIT));
    assert_false(catga_admission_queue_is_quick(f.queue, LIMIT + 1));
    end(&f);
}

static void several_workers_are_never_quick(void **state)
{
    fixture f;

    (void)state;
    begin(&f, 2);
    make_quick(&f);
    assert_false(catga_admission_queue_is_quick(f.queue, 0));
    end(&f);
}

/* A run over 25 us takes two quick ones away, one over a millisecond sixteen. */
static void slow_runs_take_quick_ones_away(void **state)
{
    fixture f;

    (void)state;
    begin(&f, 1);
    make_quick(&f);
    run_for(&f, 100);
    int quick = atomic_load(&f.queue->quick);
    assert_true(quick == QUICK_MAX - 2 || quick == QUICK_MAX - 16); /* or the run was interrupted */
    make_quick(&f);
    run_for(&f, 1500);
    assert_int_equal(atomic_load(&f.queue->quick), QUICK_MAX - 16);
    run_for(&f, 1500);
    assert_true(catga_admission_queue_is_quick(f.queue, 0));
    run_for(&f, 1500);
    assert_false(catga_admission_queue_is_quick(f.queue, 0));
    for (int i = 0; i < 5; i++)
        run_for(&f, 1500);
    assert_int_equal(atomic_load(&f.queue->quick), 0);
    end(&f);
}

/* ---- Running in the thread that receives ---- */

static void assert_ordered(const fixture *f, size_t count)
{
    assert_int_equal(atomic_load(&f->count), count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(f->order[i], i + 1);
}

static void waiting_messages_run_first(void **state)
{
    enum { WAITING = 20 };
    fixture f;

    (void)state;
    begin(&f, 1);
    hold_worker(&f);
    for (size_t i = 1; i <= WAITING; i++)
        admit(&f, i);
    assert_true(run_here(&f, WAITING + 1));
    assert_ordered(&f, WAITING + 1);
    assert_true(pthread_equal(f.thread, pthread_self()));
    let_worker(&f);
    end(&f);
}

/* Another thread may admit as soon as the permit is claimed. */
static void later_messages_run_afterwards(void **state)
{
    catga_incoming second = {.length = 2};
    int64_t now = catga_clock_now();
    fixture f;

    (void)state;
    begin(&f, 1);
    hold_worker(&f);
    admit(&f, 1);
    assert_true(catga_admission_queue_claim(f.queue, now));
    admit(&f, 3);
    admit(&f, 4);
    catga_admission_queue_run_here(f.queue, &second, 1, receive, &f, &now);
    assert_ordered(&f, 2);
    let_worker(&f);
    await(&f.count, 4);
    assert_ordered(&f, 4);
    end(&f);
}

static void the_time_of_waiting_includes_earlier_runs(void **state)
{
    enum { RUN_US = 2000 };
    catga_incoming second = {.length = 2, .waited_ns = CATGA_SECOND};
    fixture f;

    (void)state;
    begin(&f, 1);
    atomic_store(&f.spin_us, RUN_US);
    hold_worker(&f);
    admit(&f, 1);
    int64_t before = catga_clock_now();
    int64_t now = before;
    assert_true(catga_admission_queue_claim(f.queue, now));
    catga_admission_queue_run_here(f.queue, &second, 1, receive, &f, &now);
    assert_true(second.waited_ns >= CATGA_SECOND + RUN_US * MICROSECOND);
    assert_true(second.began_ns >= before + RUN_US * MICROSECOND);
    assert_true(now - before >= 2 * RUN_US * MICROSECOND);
    let_worker(&f);
    end(&f);
}

/* ---- The permit of a running worker ---- */

/* Else a worker that has the next message would take its permit again at once. */
static void a_worker_lets_a_claim_go_first(void **state)
{
    enum { PAUSE_US = 5000 };
    fixture f;

    (void)state;
    begin(&f, 1);
    hold_worker(&f);
    admit(&f, 1);
    spin_us(PAUSE_US);
    assert_int_equal(atomic_load(&f.count), 0);
    let_worker(&f);
    await(&f.count, 1);
    end(&f);
}

/* A quick worker that always has the next message takes its permit again at once: the thread that
 * receives gets it all the same. */
static void the_permit_of_a_busy_worker_is_claimed(void **state)
{
    enum { CLAIMS = 50, RUN_US = 15 };
    fixture f;
    int claimed = 0, missed = 0;

    (void)state;
    begin(&f, 1);
    atomic_store(&f.spin_us, RUN_US);
    while (claimed + missed < CLAIMS) {
        int count = atomic_load(&f.count);
        for (int i = 0; i < MANY; i++)
            admit(&f, 0);
        await(&f.count, count + 2);
        bool ran = run_here(&f, 0);
        claimed += ran && f.behind > 0;
        missed += !ran;
        while (atomic_load(&f.queue->load) != 0)
            sched_yield();
    }
    print_message("%d of %d\n", claimed, CLAIMS);
    assert_true(claimed >= CLAIMS / 4);
    end(&f);
}

/* The thread that receives does not wait for a slow worker, and its handler is less quick. */
static void a_slow_worker_keeps_its_permit(void **state)
{
    fixture f;

    (void)state;
    begin(&f, 1);
    make_quick(&f);
    atomic_store(&f.held, true);
    admit(&f, 1);
    while (atomic_load(&f.queue->waiting.head) == 0)
        sched_yield();
    int64_t start = catga_clock_now();
    assert_false(run_here(&f, 2));
    assert_true(catga_clock_now() - start >= 100 * MICROSECOND);
    assert_true(catga_clock_now() - start < CATGA_SECOND);
    assert_int_equal(atomic_load(&f.queue->quick), QUICK_MAX - 16);
    for (int i = 0; i < 1000 && !atomic_load(&f.saw_claim); i++)
        assert_false(run_here(&f, 2));
    assert_true(atomic_load(&f.saw_claim));
    assert_false(atomic_load(&f.queue->claimed));
    assert_false(catga_admission_queue_is_empty(f.queue));
    atomic_store(&f.held, false);
    end(&f);
    assert_true(atomic_load(&f.emptied));
}

/* ---- Rests of the worker ---- */

static void a_worker_rests_when_no_message_waits(void **state)
{
    enum { RUNS = 20 };
    fixture f;

    (void)state;
    begin(&f, 1);
    for (int i = 1; i <= RUNS; i++) {
        admit(&f, 0);
        await(&f.counted, i);
    }
    assert_int_equal(atomic_load(&f.rests), RUNS);
    end(&f);
}

/* Not after each of them, but before they end. */
static void a_worker_rests_between_many_messages(void **state)
{
    enum { RUNS = 100, RUN_US = 20 };
    fixture f;

    (void)state;
    begin(&f, 1);
    atomic_store(&f.spin_us, RUN_US);
    hold_worker(&f);
    for (int i = 0; i < RUNS; i++)
        admit(&f, 0);
    let_worker(&f);
    await(&f.counted, RUNS);
    int rests = atomic_load(&f.rests);
    print_message("%d rests\n", rests);
    assert_true(rests >= RUNS * RUN_US / 100 / 2 && rests < RUNS);
    end(&f);
}

/* Each worker has its own messages written, also while another runs for long. */
static void a_worker_rests_while_another_runs(void **state)
{
    enum { LONG = 1, QUICK = 3 };
    fixture f;

    (void)state;
    begin(&f, 2);
    f.held_message = LONG;
    atomic_store(&f.held, true);
    hold_worker(&f);
    admit(&f, LONG);
    for (size_t i = 0; i < QUICK; i++)
        admit(&f, LONG + 1 + i);
    let_worker(&f);
    await(&f.counted, QUICK);
    atomic_store(&f.held, false);
    end(&f);
}

/* ---- Several threads that admit ---- */

/* The first thread is interrupted while it writes its message; the second one's is complete. */
static void a_message_behind_an_incomplete_one_is_not_forgotten(void **state)
{
    fixture f;

    (void)state;
    begin(&f, 1);
    hold_worker(&f);
    admit(&f, 1);
    while (sem_trywait(&f.queue->filled) == 0)
        sem_post(&f.queue->filled); /* until the worker has begun with the message */
    atomic_uint_fast64_t *turn = &f.queue->waiting.cells[0].turn;
    uint64_t complete = atomic_exchange(turn, 0);
    admit(&f, 2);
    assert_int_equal(sem_trywait(&f.queue->filled), 0);
    let_worker(&f);
    spin_us(20000);
    assert_int_equal(atomic_load(&f.count), 0);
    atomic_store(turn, complete);
    sem_post(&f.queue->filled);
    await(&f.count, 2);
    assert_ordered(&f, 2);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_is_quick_after_some_runs),
        cmocka_unit_test(a_worker_makes_its_handler_quick),
        cmocka_unit_test(a_burst_behind_a_message_is_queued),
        cmocka_unit_test(several_workers_are_never_quick),
        cmocka_unit_test(slow_runs_take_quick_ones_away),
        cmocka_unit_test(waiting_messages_run_first),
        cmocka_unit_test(later_messages_run_afterwards),
        cmocka_unit_test(the_time_of_waiting_includes_earlier_runs),
        cmocka_unit_test(a_worker_lets_a_claim_go_first),
        cmocka_unit_test(the_permit_of_a_busy_worker_is_claimed),
        cmocka_unit_test(a_slow_worker_keeps_its_permit),
        cmocka_unit_test(a_worker_rests_when_no_message_waits),
        cmocka_unit_test(a_worker_rests_between_many_messages),
        cmocka_unit_test(a_worker_rests_while_another_runs),
        cmocka_unit_test(a_message_behind_an_incomplete_one_is_not_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
