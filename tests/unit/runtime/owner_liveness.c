/* The rule that declares an owner of claims silent. */
#include "delivery/owner_liveness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { LEASE = 4000, TIME = LEASE / CATGA_OWNER_ASKS + 1 };

static catga_owner_liveness begin(void)
{
    catga_owner_liveness owner;

    catga_owner_liveness_init(&owner, LEASE);
    catga_owner_liveness_found(&owner, 7);
    return owner;
}

/* Asks at `now`, and checks at the question's deadline. Returns the deadline. */
static int64_t ask(catga_owner_liveness *owner, int64_t now, bool control)
{
    assert_true(catga_owner_liveness_tick(owner, now));
    catga_owner_liveness_asked(owner, now);
    if (control)
        catga_owner_liveness_control_answered(owner);
    int64_t due = catga_owner_liveness_due(owner);
    assert_int_equal(due, now + TIME);
    assert_false(catga_owner_liveness_tick(owner, due - 1));
    assert_true(catga_owner_liveness_tick(owner, due));
    return due;
}

static int64_t ask_times(catga_owner_liveness *owner, int64_t now, unsigned times)
{
    while (times-- > 0)
        now = ask(owner, now, true);
    return now;
}

static void questions_over_the_whole_lease_are_silence(void **state)
{
    (void)state;
    catga_owner_liveness owner = begin();
    int64_t now = 100;
    for (unsigned i = 1; i < CATGA_OWNER_ASKS; i++) {
        now = ask(&owner, now, true);
        assert_false(catga_owner_liveness_is_silent(&owner, 7, now));
    }
    now = ask(&owner, now, true);
    assert_true(now - 100 >= LEASE);
    assert_true(catga_owner_liveness_is_silent(&owner, 7, now));
}

static void two_questions_that_are_far_apart_are_no_silence(void **state)
{
    (void)state;
    catga_owner_liveness owner = begin();
    int64_t now = 100;
    for (unsigned i = 0; i < 20; i++) {
        now = ask(&owner, now, true);
        assert_false(catga_owner_liveness_is_silent(&owner, 7, now));
        now += LEASE; /* without a question in between */
    }
}

static void a_question_whose_control_is_lost_does_not_count(void **state)
{
    (void)state;
    catga_owner_liveness owner = begin();
    int64_t now = 100;
    for (unsigned i = 0; i < 20; i++)
        now = ask(&owner, now, false); /* the connection is lost, or the server is unavailable */
    assert_false(catga_owner_liveness_is_silent(&owner, 7, now));
    now = ask_times(&owner, now, CATGA_OWNER_ASKS - 1);
    now = ask(&owner, now, false);
    assert_false(catga_owner_liveness_is_silent(&owner, 7, now));
    now = ask(&owner, now, true); /* the series continues */
    assert_true(catga_owner_liveness_is_silent(&owner, 7, now));
}

static void a_control_counts_for_its_question_only(void **state)
{
    (void)state;
    catga_owner_liveness owner = begin();
    int64_t now = ask_times(&owner, 100, CATGA_OWNER_ASKS - 1);
    catga_owner_liveness_control_answered(&owner); /* late */
    now = ask(&owner, now, false);
    assert_false(catga_owner_liveness_is_silent(&owner, 7, now));
}

static void a_suspended_asker_does_not_count(void **state)
{
    (void)state;
    catga_owner_liveness owner = begin();
    int64_t now = ask_times(&owner, 100, CATGA_OWNER_ASKS - 1);
    catga_owner_liveness_asked(&owner, now);
    catga_owner_liveness_control_answered(&owner);
    now += 2 * TIME + 1; /* the check is that late */
    assert_true(catga_owner_liveness_tick(&owner, now));
    assert_false(catga_owner_liveness_is_silent(&owner, 7, now));
}

static void a_later_claim_gets_its_own_question(void **state)
{
    (void)state;
    catga_owner_liveness owner = begin();
    int64_t now = ask_times(&owner, 100, CATGA_OWNER_ASKS);
    catga_owner_liveness_found(&owner, 8);
    assert_true(catga_owner_liveness_is_silent(&owner, 7, now));
    assert_true(catga_owner_liveness_is_silent(&owner, 3, now));
    assert_false(catga_owner_liveness_is_silent(&owner, 8, now));
    catga_owner_liveness_asked(&owner, now);
    catga_owner_liveness_found(&owner, 9); /* while the question is under way */
    catga_owner_liveness_control_answered(&owner);
    now += TIME;
    assert_true(catga_owner_liveness_tick(&owner, now));
    assert_true(catga_owner_liveness_is_silent(&owner, 8, now));
    assert_false(catga_owner_liveness_is_silent(&owner, 9, now));
}

static void answers_expire(void **state)
{
    (void)state;
    catga_owner_liveness owner = begin();
    int64_t now = ask_times(&owner, 100, CATGA_OWNER_ASKS);
    assert_true(catga_owner_liveness_is_silent(&owner, 7, now - TIME + LEASE));
    assert_false(catga_owner_liveness_is_silent(&owner, 7, now - TIME + LEASE + 1));
}

static void the_shortest_lease_is_covered(void **state)
{
    (void)state;
    catga_owner_liveness owner;
    int64_t now = 1;
    catga_owner_liveness_init(&owner, 1);
    for (unsigned i = 0; i < CATGA_OWNER_ASKS; i++) {
        assert_false(catga_owner_liveness_is_silent(&owner, 0, now));
        catga_owner_liveness_asked(&owner, now);
        catga_owner_liveness_control_answered(&owner);
        now = catga_owner_liveness_due(&owner);
        assert_true(catga_owner_liveness_tick(&owner, now));
    }
    assert_true(catga_owner_liveness_is_silent(&owner, 0, now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_over_the_whole_lease_are_silence),
        cmocka_unit_test(two_questions_that_are_far_apart_are_no_silence),
        cmocka_unit_test(a_question_whose_control_is_lost_does_not_count),
        cmocka_unit_test(a_control_counts_for_its_question_only),
        cmocka_unit_test(a_suspended_asker_does_not_count),
        cmocka_unit_test(a_later_claim_gets_its_own_question),
        cmocka_unit_test(answers_expire),
        cmocka_unit_test(the_shortest_lease_is_covered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
