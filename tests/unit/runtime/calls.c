/* Pending calls: every event reaches its call exactly once, in any order of the threads. */
#include "client/calls.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS CATGA_MILLISECOND

enum { LONG_MS = 20000 };

/* Arguments of the drive function. */
typedef struct driven {
    catga_calls *calls;
    atomic_uint times;
    atomic_uint answers;
    atomic_uint losses;
    sem_t happened;
} driven;

static void drive(void *user, catga_pending *call, const catga_call_event *event)
{
    driven *seen = user;

    if (event->kind == CATGA_RETRY_TIME)
        atomic_fetch_add(&seen->times, 1);
    else if (event->kind == CATGA_RETRY_LOST)
        atomic_fetch_add(&seen->losses, 1);
    else
        atomic_fetch_add(&seen->answers, 1);
    catga_calls_free(seen->calls, call);
    sem_post(&seen->happened);
}

typedef struct fixture {
    catga_calls calls;
    driven seen;
} fixture;

static void begin(fixture *f, uint32_t count)
{
    memset(f, 0, sizeof *f);
    f->seen.calls = &f->calls;
    sem_init(&f->seen.happened, 0, 0);
    assert_int_equal(catga_calls_begin(&f->calls, count, drive, &f->seen), CATGA_OK);
}

static void end(fixture *f)
{
    catga_calls_stop_timer(&f->calls);
    catga_calls_end(&f->calls);
    sem_destroy(&f->seen.happened);
}

static bool answer(fixture *f, uint64_t token, size_t mark)
{
    catga_incoming incoming = {.length = mark};

    return catga_calls_answer(&f->calls, token, &incoming);
}

static void as_many_as_may_be(void **state)
{
    static const uint32_t counts[] = {1, 63, 64, 65, 130};
    catga_pending *claimed[130];
    fixture f;

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        begin(&f, counts[i]);
        for (uint32_t j = 0; j < counts[i]; j++)
            assert_non_null(claimed[j] = catga_calls_claim(&f.calls));
        assert_null(catga_calls_claim(&f.calls));
        catga_calls_free(&f.calls, claimed[counts[i] / 2]);
        assert_ptr_equal(catga_calls_claim(&f.calls), claimed[counts[i] / 2]);
        assert_null(catga_calls_claim(&f.calls));
        end(&f);
    }
}

static void an_answer_before_the_wait(void **state)
{
    catga_call_event event;
    fixture f;

    (void)state;
    begin(&f, 4);
    catga_pending *call = catga_calls_claim(&f.calls);
    assert_false(answer(&f, catga_pending_token(call), 1)); /* not open yet */
    catga_pending_open(call);
    assert_true(answer(&f, catga_pending_token(call), 2));
    assert_false(answer(&f, catga_pending_token(call), 3)); /* one answer has arrived */
    catga_pending_wait(call, 0, &event);
    assert_int_equal(event.kind, CATGA_RETRY_RESULT);
    assert_int_equal(event.answer.length, 2);
    assert_false(answer(&f, catga_pending_token(call), 4));
    end(&f);
}

static void time_passes(void **state)
{
    catga_call_event event;
    fixture f;

    (void)state;
    begin(&f, 4);
    catga_pending *call = catga_calls_claim(&f.calls);
    catga_pending_open(call);
    int64_t until = catga_clock_now() + 20 * MS;
    catga_pending_wait(call, until, &event);
    assert_int_equal(event.kind, CATGA_RETRY_TIME);
    assert_true(catga_clock_now() >= until);
    assert_false(answer(&f, catga_pending_token(call), 1));
    end(&f);
}

static void a_late_answer_is_ignored(void **state)
{
    fixture f;

    (void)state;
    begin(&f, 1);
    catga_pending *call = catga_calls_claim(&f.calls);
    uint64_t old = catga_pending_token(call);
    catga_calls_free(&f.calls, call);
    assert_false(answer(&f, old, 1));
    assert_ptr_equal(catga_calls_claim(&f.calls), call);
    catga_pending_open(call);
    assert_false(answer(&f, old, 1));
    assert_false(answer(&f, UINT64_MAX, 1)); /* a slot that does not exist */
    assert_true(answer(&f, catga_pending_token(call), 1));
    end(&f);
}

static void a_try_that_could_not_be_sent(void **state)
{
    catga_call_event event;
    fixture f;

    (void)state;
    begin(&f, 1);
    catga_pending *call = catga_calls_claim(&f.calls);
    catga_pending_open(call);
    assert_true(catga_pending_close(call));
    catga_pending_open(call);
    assert_true(answer(&f, catga_pending_token(call), 7));
    assert_false(catga_pending_close(call)); /* the answer arrived anyway */
    catga_pending_wait(call, 0, &event);
    assert_int_equal(event.answer.length, 7);
    end(&f);
}

static void the_timer_drives_left_calls(void **state)
{
    fixture f;

    (void)state;
    begin(&f, 100);
    assert_int_equal(catga_calls_start_timer(&f.calls), CATGA_OK);
    assert_int_equal(catga_calls_start_timer(&f.calls), CATGA_OK);
    for (int i = 0; i < 100; i++) {
        catga_pending *call = catga_calls_claim(&f.calls);
        catga_pending_open(call);
        if (i % 4 == 0)
            assert_true(
                answer(&f, catga_pending_token(call), 1)); /* while the try was being sent */
        catga_pending_leave(&f.calls, call, catga_clock_now() + (100 - i) * MS / 2);
    }
    for (int i = 0; i < 100; i++)
        sem_wait(&f.seen.happened);
    assert_int_equal(f.seen.answers, 25);
    assert_int_equal(f.seen.times, 75);
    end(&f);
}

static void an_event_takes_over_a_left_record(void **state)
{
    fixture f;

    (void)state;
    begin(&f, 2);
    catga_pending *first = catga_calls_claim(&f.calls);
    uint64_t token = catga_pending_token(first);
    catga_pending_open(first);
    catga_pending_leave(&f.calls, first, catga_clock_now() + LONG_MS * MS);
    assert_true(answer(&f, token, 1));
    assert_false(answer(&f, token, 1));
    assert_int_equal(f.seen.answers, 1);
    end(&f);
}

static void all_calls_learn_of_a_lost_connection(void **state)
{
    catga_call_event event;
    fixture f;

    (void)state;
    begin(&f, 200);
    catga_pending *waits = catga_calls_claim(&f.calls);
    catga_pending *left = catga_calls_claim(&f.calls);
    catga_pending_open(waits);
    catga_pending_open(left);
    catga_pending_leave(&f.calls, left, catga_clock_now() + LONG_MS * MS);
    catga_calls_lost(&f.calls);
    catga_pending_wait(waits, 0, &event);
    assert_int_equal(event.kind, CATGA_RETRY_LOST);
    assert_int_equal(f.seen.losses, 1);
    end(&f);
}

static void calls_left_at_the_end_are_closed(void **state)
{
    catga_call_event event;
    fixture f;

    (void)state;
    begin(&f, 3);
    for (int i = 0; i < 3; i++) {
        catga_pending *call = catga_calls_claim(&f.calls);
        catga_pending_open(call);
        if (i == 1)
            assert_true(answer(&f, catga_pending_token(call), 5));
        catga_pending_leave(&f.calls, call, catga_clock_now() + LONG_MS * MS);
    }
    size_t answered = 0;
    for (int i = 0; i < 3; i++) {
        assert_non_null(catga_calls_take_any(&f.calls, &event));
        answered += event.answered;
    }
    assert_null(catga_calls_take_any(&f.calls, &event));
    assert_int_equal(answered, 1);
    end(&f);
}

static catga_pending *claim_soon(fixture *f)
{
    catga_pending *call;

    while ((call = catga_calls_claim(&f->calls)) == NULL)
        sched_yield();
    catga_pending_open(call);
    return call;
}

/* The timer still holds the deadline of the previous call in this slot when the next call is left.
 * It must ignore that deadline. */
static void a_reused_slot_is_driven_at_its_own_time(void **state)
{
    fixture f;

    (void)state;
    begin(&f, 1);
    assert_int_equal(catga_calls_start_timer(&f.calls), CATGA_OK);
    for (unsigned i = 0; i < 100000; i++) {
        int64_t until = catga_clock_now() + LONG_MS * MS;
        catga_pending *call = claim_soon(&f);
        assert_true(answer(&f, catga_pending_token(call), 1));
        catga_pending_leave(&f.calls, call, until); /* due at once */
        call = claim_soon(&f);
        uint64_t token = catga_pending_token(call);
        catga_pending_leave(&f.calls, call, until);
        assert_true(answer(&f, token, 2));
    }
    end(&f);
    assert_int_equal(f.seen.times, 0);
}

/* ---- Many threads: answers that are early, late, repeated or missing ---- */

enum { CALLERS = 4, ANSWERERS = 2, ROUNDS = 3000, RING = 64 };

typedef struct storm {
    fixture f;
    atomic_uint_fast64_t ring[RING]; /* tokens to answer, in a cycle */
    atomic_uint next;
    atomic_bool over;
    atomic_uint answered;
    atomic_uint timed_out;
} storm;

static void *call_often(void *argument)
{
    storm *s = argument;
    catga_call_event event;

    for (unsigned i = 0; i < ROUNDS; i++) {
        catga_pending *call = catga_calls_claim(&s->f.calls);
        if (call == NULL)
            continue;
        uint64_t token = catga_pending_token(call);
        catga_pending_open(call);
        atomic_store(&s->ring[atomic_fetch_add(&s->next, 1) % RING], token);
        if (i % 3 == 0) {
            catga_pending_leave(&s->f.calls, call, catga_clock_now() + MS);
            continue;
        }
        catga_pending_wait(call, catga_clock_now() + (i % 7) * MS / 20, &event);
        if (event.kind == CATGA_RETRY_TIME)
            atomic_fetch_add(&s->timed_out, 1);
        else
            atomic_fetch_add(event.answer.length == token ? &s->answered : &s->f.seen.losses, 1);
        catga_calls_free(&s->f.calls, call);
    }
    return NULL;
}

static void *answer_often(void *argument)
{
    storm *s = argument;
    unsigned i = 0;

    while (!atomic_load(&s->over)) {
        uint64_t token = atomic_load(&s->ring[i++ % RING]);
        answer(&s->f, token, token);
    }
    return NULL;
}

static void a_storm(void **state)
{
    storm *s = calloc(1, sizeof *s);
    pthread_t callers[CALLERS];
    pthread_t answerers[ANSWERERS];
    catga_call_event event;

    (void)state;
    assert_non_null(s);
    begin(&s->f, 16);
    assert_int_equal(catga_calls_start_timer(&s->f.calls), CATGA_OK);
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_create(&callers[i], NULL, call_often, s), 0);
    for (int i = 0; i < ANSWERERS; i++)
        assert_int_equal(pthread_create(&answerers[i], NULL, answer_often, s), 0);
    for (int i = 0; i < CALLERS; i++)
        pthread_join(callers[i], NULL);
    atomic_store(&s->over, true);
    for (int i = 0; i < ANSWERERS; i++)
        pthread_join(answerers[i], NULL);
    catga_calls_stop_timer(&s->f.calls);
    while (catga_calls_take_any(&s->f.calls, &event) != NULL)
        continue;
    assert_int_equal(s->f.seen.losses, 0); /* no call got another's answer */
    assert_true(s->answered + s->f.seen.answers > 0);
    end(&s->f);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_as_may_be),
        cmocka_unit_test(an_answer_before_the_wait),
        cmocka_unit_test(time_passes),
        cmocka_unit_test(a_late_answer_is_ignored),
        cmocka_unit_test(a_try_that_could_not_be_sent),
        cmocka_unit_test(the_timer_drives_left_calls),
        cmocka_unit_test(a_reused_slot_is_driven_at_its_own_time),
        cmocka_unit_test(an_event_takes_over_a_left_record),
        cmocka_unit_test(all_calls_learn_of_a_lost_connection),
        cmocka_unit_test(calls_left_at_the_end_are_closed),
        cmocka_unit_test(a_storm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
