/* The rules of retries, by example and exhaustively over short histories. */
#include "delivery/retry.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MS CATGA_MILLISECOND

static catga_retry begun(bool repeatable, uint32_t retries, int64_t deadline)
{
    catga_retry retry;

    catga_retry_init(&retry, &(catga_retry_plan){repeatable, retries, {0}, deadline}, 12345);
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_BEGIN, CATGA_OK, 0), CATGA_RETRY_SEND);
    return retry;
}

static void an_answer_ends_a_call(void **state)
{
    static const catga_status final[] = {
        CATGA_OK,     CATGA_DECLARED_ERROR, CATGA_BAD_MESSAGE, CATGA_HANDLER_FAILED,
        CATGA_CLOSED, CATGA_TOO_LARGE,      CATGA_NO_HANDLER};

    (void)state;
    for (size_t i = 0; i < sizeof final / sizeof final[0]; i++) {
        catga_retry retry = begun(false, 3, 1000 * MS);
        assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_RESULT, final[i], MS),
                         CATGA_RETRY_FINISH);
        assert_int_equal(retry.result, final[i]);
        assert_int_equal(retry.tries, 1);
    }
}

static void a_try_that_ran_nothing_is_repeated(void **state)
{
    static const catga_status not_run[] = {CATGA_NO_RESPONDERS, CATGA_DISCONNECTED,
                                           CATGA_OVERLOADED, CATGA_DRAINING, CATGA_TIMEOUT};

    (void)state;
    for (size_t i = 0; i < sizeof not_run / sizeof not_run[0]; i++) {
        catga_retry retry = begun(false, 1, 1000 * MS);
        assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_RESULT, not_run[i], MS),
                         CATGA_RETRY_WAIT);
        assert_in_range(retry.until, 26 * MS, 76 * MS);
        assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_TIME, CATGA_OK, retry.until - 1),
                         CATGA_RETRY_WAIT);
        assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_TIME, CATGA_OK, retry.until),
                         CATGA_RETRY_SEND);
        assert_int_equal(retry.tries, 2);
        assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_RESULT, not_run[i], 100 * MS),
                         CATGA_RETRY_FINISH);
        assert_int_equal(retry.result, not_run[i]);
    }
}

static void pauses_double_and_vary(void **state)
{
    int64_t now = 0;
    int64_t planned = 50 * MS;
    catga_retry retry = begun(false, 10, 1000000 * MS);

    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_RESULT, CATGA_NO_RESPONDERS, now),
                         CATGA_RETRY_WAIT);
        assert_in_range(retry.until - now, planned / 2, planned * 3 / 2);
        now = retry.until;
        assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_TIME, CATGA_OK, now),
                         CATGA_RETRY_SEND);
        planned = planned * 2 < 5000 * MS ? planned * 2 : 5000 * MS;
    }
}

/* Fails `tries` tries at once, and checks that each pause is the planned one, varied. */
static void check_pauses(catga_retry *retry, const int64_t *planned_ms, size_t tries)
{
    int64_t now = 0;

    for (size_t i = 0; i < tries; i++) {
        assert_int_equal(catga_retry_step(retry, CATGA_RETRY_RESULT, CATGA_NO_RESPONDERS, now),
                         CATGA_RETRY_WAIT);
        assert_in_range(retry->until - now, planned_ms[i] * MS / 2, planned_ms[i] * MS * 3 / 2);
        now = retry->until;
        assert_int_equal(catga_retry_step(retry, CATGA_RETRY_TIME, CATGA_OK, now),
                         CATGA_RETRY_SEND);
    }
}

static catga_retry with_backoff(bool repeatable, uint32_t first, uint32_t longest, int64_t deadline)
{
    catga_retry retry;

    catga_retry_init(&retry, &(catga_retry_plan){repeatable, 10, {first, longest}, deadline}, 7);
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_BEGIN, CATGA_OK, 0), CATGA_RETRY_SEND);
    return retry;
}

static void declared_pauses_double_up_to_the_longest(void **state)
{
    static const int64_t rising[] = {300, 600, 1000, 1000, 1000};
    static const int64_t equal[] = {2, 2, 2, 2};
    catga_retry retry = with_backoff(false, 300, 1000, 1000000 * MS);
    catga_retry steady = with_backoff(true, 2, 2, 1000000 * MS);

    (void)state;
    check_pauses(&retry, rising, 5);
    check_pauses(&steady, equal, 4);
}

/* A declared pause ends before the deadline, or is not begun. */
static void a_declared_pause_does_not_pass_the_deadline(void **state)
{
    catga_retry retry = with_backoff(false, 2000, 2000, 1000 * MS);

    (void)state;
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_RESULT, CATGA_OVERLOADED, MS),
                     CATGA_RETRY_FINISH);
    assert_int_equal(retry.result, CATGA_OVERLOADED);
    assert_int_equal(retry.tries, 1);
}

/* A question about an earlier try has its own pauses, and does not change the declared ones. */
static void questions_have_their_own_pauses(void **state)
{
    static const int64_t rising[] = {2000, 4000};
    catga_retry retry = with_backoff(true, 2000, 9000, 1000000 * MS);

    (void)state;
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_RESULT, CATGA_IN_PROGRESS, 0),
                     CATGA_RETRY_WAIT);
    assert_in_range(retry.until, 25 * MS, 75 * MS);
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_TIME, CATGA_OK, retry.until),
                     CATGA_RETRY_SEND);
    check_pauses(&retry, rising, 2);
}

static void no_try_beyond_the_deadline(void **state)
{
    catga_retry retry = begun(false, 9, 60 * MS);

    (void)state;
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_RESULT, CATGA_NO_RESPONDERS, 59 * MS),
                     CATGA_RETRY_FINISH);
    assert_int_equal(retry.result, CATGA_NO_RESPONDERS);

    catga_retry_init(&retry, &(catga_retry_plan){.retries = 9, .deadline = 60 * MS}, 1);
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_BEGIN, CATGA_OK, 60 * MS),
                     CATGA_RETRY_FINISH);
    assert_int_equal(retry.result, CATGA_TIMEOUT);
    assert_int_equal(retry.tries, 0);
}

static void a_command_is_not_repeated_for_silence(void **state)
{
    catga_retry retry = begun(false, 3, 1000 * MS);

    (void)state;
    assert_int_equal(retry.until, 1000 * MS);
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_TIME, CATGA_OK, 999 * MS),
                     CATGA_RETRY_WAIT);
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_LOST, CATGA_OK, 999 * MS),
                     CATGA_RETRY_WAIT);
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_TIME, CATGA_OK, 1000 * MS),
                     CATGA_RETRY_FINISH);
    assert_int_equal(retry.result, CATGA_TIMEOUT);
    assert_int_equal(retry.tries, 1);
}

static void a_query_shares_its_time(void **state)
{
    catga_retry retry = begun(true, 3, 1000 * MS);

    (void)state;
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(retry.until, 250 * i * MS);
        assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_TIME, CATGA_OK, retry.until),
                         CATGA_RETRY_SEND);
    }
    assert_int_equal(retry.until, 1000 * MS);
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_TIME, CATGA_OK, retry.until),
                     CATGA_RETRY_FINISH);
    assert_int_equal(retry.result, CATGA_TIMEOUT);
    assert_int_equal(retry.tries, 4);
}

static void a_refusal_is_certain_unless_a_try_was_lost(void **state)
{
    static const catga_status lasting[] = {CATGA_TOO_LARGE, CATGA_REFUSED, CATGA_NOT_PERMITTED,
                                           CATGA_NO_MEMORY, CATGA_NO_JETSTREAM};

    (void)state;
    for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++) {
        catga_retry retry = begun(true, 3, 1000 * MS);
        catga_retry lost = retry;
        assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_REFUSED, lasting[i], MS),
                         CATGA_RETRY_FINISH);
        assert_int_equal(retry.result, lasting[i]);
        assert_int_equal(catga_retry_step(&lost, CATGA_RETRY_TIME, CATGA_OK, lost.until),
                         CATGA_RETRY_SEND);
        assert_int_equal(catga_retry_step(&lost, CATGA_RETRY_REFUSED, lasting[i], 300 * MS),
                         CATGA_RETRY_FINISH);
        assert_int_equal(lost.result, CATGA_TIMEOUT);
    }
}

static void a_denial_is_certain_unless_a_try_was_lost(void **state)
{
    catga_retry retry = begun(true, 3, 1000 * MS);
    catga_retry lost = retry;

    (void)state;
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_RESULT, CATGA_NOT_PERMITTED, MS),
                     CATGA_RETRY_FINISH);
    assert_int_equal(retry.result, CATGA_NOT_PERMITTED);
    assert_int_equal(catga_retry_step(&lost, CATGA_RETRY_TIME, CATGA_OK, lost.until),
                     CATGA_RETRY_SEND);
    assert_int_equal(catga_retry_step(&lost, CATGA_RETRY_RESULT, CATGA_NOT_PERMITTED, 300 * MS),
                     CATGA_RETRY_FINISH);
    assert_int_equal(lost.result, CATGA_TIMEOUT);
}

static void a_query_survives_a_lost_connection(void **state)
{
    catga_retry retry = begun(true, 1, 1000 * MS);

    (void)state;
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_LOST, CATGA_OK, MS), CATGA_RETRY_WAIT);
    assert_in_range(retry.until, 26 * MS, 76 * MS);
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_LOST, CATGA_OK, 2 * MS),
                     CATGA_RETRY_WAIT);
    assert_int_equal(retry.retries_left, 0);
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_TIME, CATGA_OK, retry.until),
                     CATGA_RETRY_SEND);
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_LOST, CATGA_OK, 300 * MS),
                     CATGA_RETRY_WAIT);
    assert_int_equal(retry.until, 1000 * MS); /* the answer may still arrive */
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_TIME, CATGA_OK, 1000 * MS),
                     CATGA_RETRY_FINISH);
    assert_int_equal(retry.result, CATGA_TIMEOUT);
}

/* The first try is in progress elsewhere. Asking for its result does not count as a try. */
static void a_try_in_progress_is_asked_for_until_the_deadline(void **state)
{
    catga_retry retry = begun(true, 0, 1000 * MS);
    int64_t now = 0;
    uint32_t tries = 1;

    (void)state;
    while (catga_retry_step(&retry, CATGA_RETRY_RESULT, CATGA_IN_PROGRESS, now) ==
               CATGA_RETRY_WAIT &&
           retry.until < 1000 * MS) {
        now = retry.until;
        assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_TIME, CATGA_OK, now),
                         CATGA_RETRY_SEND);
        assert_int_equal(retry.tries, ++tries);
    }
    assert_in_range(tries, 4, 7);
    assert_int_equal(retry.until, 1000 * MS);
    catga_retry late = retry;
    assert_int_equal(catga_retry_step(&late, CATGA_RETRY_RESULT, CATGA_OK, 999 * MS),
                     CATGA_RETRY_FINISH);
    assert_int_equal(late.result, CATGA_OK);
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_TIME, CATGA_OK, 1000 * MS),
                     CATGA_RETRY_FINISH);
    assert_int_equal(retry.result, CATGA_TIMEOUT);
}

/* The other replica may have died, which only a question can find out. So the pauses stay below 400
 * ms and a half. */
static void a_try_in_progress_is_asked_for_often(void **state)
{
    catga_retry retry = begun(true, 0, 60000 * MS);
    int64_t now = 0;

    (void)state;
    for (unsigned asked = 0; asked < 50; asked++) {
        assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_RESULT, CATGA_IN_PROGRESS, now),
                         CATGA_RETRY_WAIT);
        assert_true(retry.until - now <= 600 * MS);
        now = retry.until;
        assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_TIME, CATGA_OK, now),
                         CATGA_RETRY_SEND);
    }
}

/* A call whose bytes are not kept for retries waits for the answer. */
static void a_call_without_kept_bytes_waits_for_its_first_try(void **state)
{
    catga_retry retry = begun(false, 3, 1000 * MS);

    (void)state;
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_RESULT, CATGA_IN_PROGRESS, MS),
                     CATGA_RETRY_WAIT);
    assert_int_equal(retry.until, 1000 * MS);
    assert_int_equal(retry.retries_left, 3);
}

static void a_late_answer_is_an_answer(void **state)
{
    catga_retry retry = begun(true, 1, 1000 * MS);

    (void)state;
    catga_retry_step(&retry, CATGA_RETRY_RESULT, CATGA_OVERLOADED, MS);
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_RESULT, CATGA_NO_RESPONDERS, 2 * MS),
                     CATGA_RETRY_WAIT);
    assert_int_equal(catga_retry_step(&retry, CATGA_RETRY_RESULT, CATGA_OK, 3 * MS),
                     CATGA_RETRY_FINISH);
    assert_int_equal(retry.result, CATGA_OK);
}

/* ---- Every history of six events, for every kind of call ---- */

typedef struct step_input {
    catga_retry_event event;
    catga_status status;
} step_input;

static const step_input inputs[] = {
    {CATGA_RETRY_RESULT, CATGA_OK},
    {CATGA_RETRY_RESULT, CATGA_HANDLER_FAILED},
    {CATGA_RETRY_RESULT, CATGA_NO_RESPONDERS},
    {CATGA_RETRY_RESULT, CATGA_DRAINING},
    {CATGA_RETRY_REFUSED, CATGA_TOO_LARGE},
    {CATGA_RETRY_REFUSED, CATGA_DISCONNECTED},
    {CATGA_RETRY_LOST, CATGA_OK},
    {CATGA_RETRY_TIME, CATGA_OK},
};
enum { INPUTS = sizeof inputs / sizeof inputs[0], DEPTH = 6 };

typedef struct history {
    bool repeatable;
    bool unanswered; /* true after a try with an unknown outcome */
    bool lost;       /* a try was unanswered when the next one followed, or when the call ended */
    uint32_t retries;
    int64_t deadline;
} history;

static void check_step(const history *before, const catga_retry *retry, catga_retry_action action,
                       int64_t now)
{
    assert_true(retry->tries <= before->retries + 1);
    assert_true(retry->until <= retry->deadline);
    if (action == CATGA_RETRY_SEND) {
        assert_true(now < before->deadline);
        assert_false(before->unanswered &&
                     !before->repeatable); /* never two commands at the same time */
    }
    if (action != CATGA_RETRY_FINISH)
        assert_true(now < retry->deadline);
    else if (before->lost && before->repeatable)
        assert_true(retry->result == CATGA_TIMEOUT || retry->result == CATGA_OK ||
                    retry->result == CATGA_HANDLER_FAILED);
}

static void explore(history past, catga_retry retry, int64_t now, int depth)
{
    if (depth == 0)
        return;
    for (size_t i = 0; i < INPUTS; i++) {
        catga_retry next = retry;
        history then = past;
        int64_t time =
            inputs[i].event == CATGA_RETRY_TIME ? retry.until : now + (retry.until - now) / 2;
        bool answered =
            inputs[i].event == CATGA_RETRY_RESULT || inputs[i].event == CATGA_RETRY_REFUSED;
        if (!answered && next.phase == CATGA_RETRY_ANSWERING)
            then.lost = then.lost || inputs[i].event == CATGA_RETRY_LOST || time >= next.until;
        if (answered)
            then.unanswered = false;
        catga_retry_action action =
            catga_retry_step(&next, inputs[i].event, inputs[i].status, time);
        check_step(&then, &next, action, time);
        if (action == CATGA_RETRY_SEND)
            then.unanswered = true;
        if (action == CATGA_RETRY_FINISH)
            assert_int_equal(catga_retry_step(&next, CATGA_RETRY_TIME, CATGA_OK, time + 1),
                             CATGA_RETRY_FINISH);
        else
            explore(then, next, time, depth - 1);
    }
}

static void every_short_history(void **state)
{
    (void)state;
    for (uint32_t retries = 0; retries <= 3; retries++) {
        for (int repeatable = 0; repeatable <= 1; repeatable++) {
            history past = {.repeatable = repeatable != 0,
                            .unanswered = true,
                            .retries = retries,
                            .deadline = 1000 * MS};
            explore(past, begun(past.repeatable, retries, past.deadline), 0, DEPTH);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_ends_a_call),
        cmocka_unit_test(a_try_that_ran_nothing_is_repeated),
        cmocka_unit_test(pauses_double_and_vary),
        cmocka_unit_test(declared_pauses_double_up_to_the_longest),
        cmocka_unit_test(a_declared_pause_does_not_pass_the_deadline),
        cmocka_unit_test(questions_have_their_own_pauses),
        cmocka_unit_test(no_try_beyond_the_deadline),
        cmocka_unit_test(a_command_is_not_repeated_for_silence),
        cmocka_unit_test(a_query_shares_its_time),
        cmocka_unit_test(a_refusal_is_certain_unless_a_try_was_lost),
        cmocka_unit_test(a_denial_is_certain_unless_a_try_was_lost),
        cmocka_unit_test(a_query_survives_a_lost_connection),
        cmocka_unit_test(a_try_in_progress_is_asked_for_until_the_deadline),
        cmocka_unit_test(a_try_in_progress_is_asked_for_often),
        cmocka_unit_test(a_call_without_kept_bytes_waits_for_its_first_try),
        cmocka_unit_test(a_late_answer_is_an_answer),
        cmocka_unit_test(every_short_history),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
