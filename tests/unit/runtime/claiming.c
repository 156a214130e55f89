/* The rules of claims, one step at a time. */
#include "delivery/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { LEASE = 1000 };

static catga_claiming begin(void)
{
    catga_claiming claiming;

    catga_claiming_init(&claiming, LEASE);
    assert_int_equal(catga_claiming_step(&claiming, CATGA_CLAIMING_BEGIN, 0), CATGA_CLAIMING_WRITE);
    assert_int_equal(claiming.writes, CATGA_RECORD_TAKEN);
    assert_int_equal(claiming.revision, 0);
    assert_int_equal(claiming.attempt, 1);
    return claiming;
}

static catga_claiming_action step(catga_claiming *claiming, catga_claiming_event event)
{
    return catga_claiming_step(claiming, event, 0);
}

static catga_claiming_action written(catga_claiming *claiming, uint64_t revision)
{
    return catga_claiming_step(claiming, CATGA_CLAIMING_WRITTEN, revision);
}

static catga_claiming_action read(catga_claiming *claiming, catga_record_state state, bool ours,
                                  uint64_t revision)
{
    const catga_claim_record record = {state, ours, revision, 2};

    return catga_claiming_read(claiming, &record);
}

/* Returns a claim whose write conflicted with another replica's record. */
static catga_claiming looking(void)
{
    catga_claiming claiming = begin();

    assert_int_equal(step(&claiming, CATGA_CLAIMING_CONFLICT), CATGA_CLAIMING_LOOK);
    return claiming;
}

static catga_claiming running(uint64_t revision)
{
    catga_claiming claiming = begin();

    assert_int_equal(written(&claiming, revision), CATGA_CLAIMING_RUN);
    return claiming;
}

static void a_claim_without_owner(void **state)
{
    (void)state;
    catga_claiming claiming = running(5);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_SUCCEEDED), CATGA_CLAIMING_WRITE);
    assert_int_equal(claiming.writes, CATGA_RECORD_DONE);
    assert_int_equal(claiming.revision, 5);
    assert_int_equal(written(&claiming, 6), CATGA_CLAIMING_KEPT);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_FAILED), CATGA_CLAIMING_NOTHING);
}

static void a_failed_handler_frees_its_claim(void **state)
{
    (void)state;
    catga_claiming claiming = running(5);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_FAILED), CATGA_CLAIMING_WRITE);
    assert_int_equal(claiming.writes, CATGA_RECORD_FREE);
    assert_int_equal(written(&claiming, 6), CATGA_CLAIMING_KEPT);
}

static void a_done_message_is_skipped(void **state)
{
    (void)state;
    catga_claiming claiming = looking();
    assert_int_equal(read(&claiming, CATGA_RECORD_DONE, false, 9), CATGA_CLAIMING_SKIP);
}

static void a_free_claim_is_taken_over_its_revision(void **state)
{
    (void)state;
    catga_claiming claiming = looking();
    assert_int_equal(read(&claiming, CATGA_RECORD_FREE, false, 9), CATGA_CLAIMING_WRITE);
    assert_int_equal(claiming.revision, 9);
    assert_int_equal(claiming.attempt, 3);
    claiming = looking();
    assert_int_equal(read(&claiming, CATGA_RECORD_NONE, false, 0), CATGA_CLAIMING_WRITE);
    assert_int_equal(claiming.revision, 0);
}

static catga_claiming asking(void)
{
    catga_claiming claiming = looking();

    assert_int_equal(read(&claiming, CATGA_RECORD_TAKEN, false, 9), CATGA_CLAIMING_ASK);
    return claiming;
}

static void a_working_owner_keeps_its_claim(void **state)
{
    (void)state;
    catga_claiming claiming = asking();
    assert_int_equal(step(&claiming, CATGA_CLAIMING_WORKS), CATGA_CLAIMING_HELD);
    assert_int_equal(claiming.delay_ms, LEASE);
}

static void an_idle_owner_loses_its_claim(void **state)
{
    (void)state;
    catga_claiming claiming = asking();
    assert_int_equal(step(&claiming, CATGA_CLAIMING_IDLE), CATGA_CLAIMING_WRITE);
    assert_int_equal(claiming.revision, 9);
    assert_int_equal(claiming.attempt, 2); /* as far as is known, its attempt did not begin */
}

static void a_silent_owner_loses_its_claim(void **state)
{
    (void)state;
    catga_claiming claiming = asking();
    assert_int_equal(step(&claiming, CATGA_CLAIMING_SILENT), CATGA_CLAIMING_WRITE);
    assert_int_equal(claiming.revision, 9);
    assert_int_equal(claiming.attempt, 3);
}

static void an_owner_that_may_live_keeps_its_claim(void **state)
{
    (void)state;
    catga_claiming claiming = asking();
    assert_int_equal(step(&claiming, CATGA_CLAIMING_UNSURE), CATGA_CLAIMING_HELD);
    assert_in_range(claiming.delay_ms, 1, LEASE / 3); /* it is redelivered before the lease ends */
}

static void the_own_record_is_recognised(void **state)
{
    (void)state;
    catga_claiming claiming = begin();
    assert_int_equal(step(&claiming, CATGA_CLAIMING_UNCERTAIN), CATGA_CLAIMING_LOOK);
    assert_int_equal(read(&claiming, CATGA_RECORD_TAKEN, true, 4), CATGA_CLAIMING_RUN);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_SUCCEEDED), CATGA_CLAIMING_WRITE);
    assert_int_equal(claiming.revision, 4);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_UNCERTAIN), CATGA_CLAIMING_LOOK);
    assert_int_equal(read(&claiming, CATGA_RECORD_TAKEN, true, 4), CATGA_CLAIMING_WRITE);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_UNCERTAIN), CATGA_CLAIMING_LOOK);
    assert_int_equal(read(&claiming, CATGA_RECORD_DONE, true, 6), CATGA_CLAIMING_KEPT);
}

static void two_attempts_and_one_mark(void **state)
{
    (void)state;
    catga_claiming first = running(5);
    catga_claiming second = asking();
    assert_int_equal(step(&second, CATGA_CLAIMING_IDLE), CATGA_CLAIMING_WRITE);
    assert_int_equal(written(&second, 10), CATGA_CLAIMING_RUN);
    assert_int_equal(step(&first, CATGA_CLAIMING_SUCCEEDED), CATGA_CLAIMING_WRITE);
    assert_int_equal(step(&first, CATGA_CLAIMING_CONFLICT), CATGA_CLAIMING_LOOK);
    assert_int_equal(read(&first, CATGA_RECORD_TAKEN, false, 10), CATGA_CLAIMING_LOST);
}

static void a_record_that_lags_says_nothing_about_the_mark(void **state)
{
    (void)state;
    catga_claiming claiming = asking();
    assert_int_equal(step(&claiming, CATGA_CLAIMING_IDLE), CATGA_CLAIMING_WRITE);
    assert_int_equal(written(&claiming, 10), CATGA_CLAIMING_RUN);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_SUCCEEDED), CATGA_CLAIMING_WRITE);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_UNCERTAIN), CATGA_CLAIMING_LOOK);
    assert_int_equal(read(&claiming, CATGA_RECORD_TAKEN, false, 9), CATGA_CLAIMING_LOOK);
    assert_int_equal(read(&claiming, CATGA_RECORD_DONE, true, 11), CATGA_CLAIMING_KEPT);
}

static void a_record_that_expired_is_written_anew(void **state)
{
    (void)state;
    catga_claiming claiming = running(5);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_SUCCEEDED), CATGA_CLAIMING_WRITE);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_CONFLICT), CATGA_CLAIMING_LOOK);
    assert_int_equal(read(&claiming, CATGA_RECORD_NONE, false, 0), CATGA_CLAIMING_WRITE);
    assert_int_equal(claiming.writes, CATGA_RECORD_DONE);
    assert_int_equal(claiming.revision, 0);
}

/* The owner finally gives up, and does so before the handler's time ends. */
static unsigned troubles(catga_claiming *claiming)
{
    unsigned count = 1;

    while (step(claiming, CATGA_CLAIMING_UNCERTAIN) == CATGA_CLAIMING_LOOK)
        count++;
    assert_int_equal(claiming->phase, CATGA_CLAIMING_ENDED);
    return count;
}

static void a_store_that_never_answers_is_given_up(void **state)
{
    (void)state;
    catga_claiming claiming = begin();
    assert_int_equal(troubles(&claiming), CATGA_CLAIM_TROUBLES + 1);
    claiming = running(5);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_SUCCEEDED), CATGA_CLAIMING_WRITE);
    assert_int_equal(troubles(&claiming), CATGA_CLAIM_MARK_TROUBLES + 1);
}

static void a_mark_that_has_time_waits_for_the_store(void **state)
{
    (void)state;
    catga_claiming claiming = running(5);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_AWAY), CATGA_CLAIMING_NOTHING);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_SUCCEEDED), CATGA_CLAIMING_WRITE);
    for (unsigned i = 0; i < 10 * CATGA_CLAIM_MARK_TROUBLES; i++)
        assert_int_equal(step(&claiming, CATGA_CLAIMING_AWAY), CATGA_CLAIMING_LOOK);
    assert_int_equal(read(&claiming, CATGA_RECORD_TAKEN, true, 5), CATGA_CLAIMING_WRITE);
    assert_int_equal(written(&claiming, 6), CATGA_CLAIMING_KEPT);
    claiming = begin();
    assert_int_equal(step(&claiming, CATGA_CLAIMING_AWAY), CATGA_CLAIMING_NOTHING);
}

/* A lagging server does not know the claim yet, while the others have the mark. */
static void a_mark_waits_for_a_server_that_lags(void **state)
{
    (void)state;
    catga_claiming claiming = running(5);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_SUCCEEDED), CATGA_CLAIMING_WRITE);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_AWAY), CATGA_CLAIMING_LOOK);
    for (unsigned i = 0; i < CATGA_CLAIM_MARK_DISPUTES; i++) {
        assert_int_equal(read(&claiming, CATGA_RECORD_NONE, false, 0), CATGA_CLAIMING_WRITE);
        assert_int_equal(step(&claiming, CATGA_CLAIMING_CONFLICT), CATGA_CLAIMING_LOOK);
    }
    assert_int_equal(read(&claiming, CATGA_RECORD_DONE, true, 6), CATGA_CLAIMING_KEPT);
}

static void events_out_of_order_have_no_effect(void **state)
{
    (void)state;
    catga_claiming claiming = begin();
    assert_int_equal(step(&claiming, CATGA_CLAIMING_BEGIN), CATGA_CLAIMING_NOTHING);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_WORKS), CATGA_CLAIMING_NOTHING);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_SUCCEEDED), CATGA_CLAIMING_NOTHING);
    assert_int_equal(step(&claiming, CATGA_CLAIMING_READ), CATGA_CLAIMING_NOTHING);
    assert_int_equal(read(&claiming, CATGA_RECORD_DONE, true, 1), CATGA_CLAIMING_NOTHING);
    assert_int_equal(written(&claiming, 1), CATGA_CLAIMING_RUN); /* and has changed nothing */
    assert_int_equal(written(&claiming, 2), CATGA_CLAIMING_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claim_without_owner),
        cmocka_unit_test(a_failed_handler_frees_its_claim),
        cmocka_unit_test(a_done_message_is_skipped),
        cmocka_unit_test(a_free_claim_is_taken_over_its_revision),
        cmocka_unit_test(a_working_owner_keeps_its_claim),
        cmocka_unit_test(an_idle_owner_loses_its_claim),
        cmocka_unit_test(a_silent_owner_loses_its_claim),
        cmocka_unit_test(an_owner_that_may_live_keeps_its_claim),
        cmocka_unit_test(the_own_record_is_recognised),
        cmocka_unit_test(two_attempts_and_one_mark),
        cmocka_unit_test(a_record_that_lags_says_nothing_about_the_mark),
        cmocka_unit_test(a_record_that_expired_is_written_anew),
        cmocka_unit_test(a_store_that_never_answers_is_given_up),
        cmocka_unit_test(a_mark_that_has_time_waits_for_the_store),
        cmocka_unit_test(a_mark_waits_for_a_server_that_lags),
        cmocka_unit_test(events_out_of_order_have_no_effect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
