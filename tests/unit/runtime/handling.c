/* The handling of a stored event: attempts, their record, the result, the dead letter. */
#include "delivery/handling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { RETRIES = 2, MOST = RETRIES + 1 + CATGA_LOST_ATTEMPTS };

static catga_handling fresh(bool dead_letter, bool claimed)
{
    const catga_handling_rules rules = {.retries = RETRIES,
                                        .backoff_ms = 50,
                                        .backoff_longest_ms = 150,
                                        .dead_letter = dead_letter,
                                        .claimed = claimed};
    catga_handling handling;

    catga_handling_init(&handling, &rules);
    return handling;
}

static catga_handling_action step(catga_handling *handling, catga_handling_event event)
{
    return catga_handling_step(handling, event, 7);
}

static catga_handling_action read(catga_handling *handling, uint64_t revision, uint32_t started)
{
    return catga_handling_read(handling, &(catga_attempts){revision, started, false, false});
}

/*
 * Returns an event that was delivered before, and whose record counts that many started attempts.
 */
static catga_handling redelivered(uint32_t started)
{
    catga_handling handling = fresh(true, false);

    assert_int_equal(catga_handling_received(&handling, 40, true), CATGA_HANDLING_READ);
    assert_int_equal(read(&handling, started, started), CATGA_HANDLING_WRITE);
    assert_int_equal(handling.attempt, started + 1);
    assert_int_equal(handling.revision, started);
    return handling;
}

static catga_handling running(uint32_t started)
{
    catga_handling handling = redelivered(started);

    assert_int_equal(step(&handling, CATGA_HANDLING_WRITTEN), CATGA_HANDLING_RUN);
    return handling;
}

static void a_first_delivery_that_succeeds_needs_no_record(void **state)
{
    (void)state;
    catga_handling handling = fresh(true, false);
    assert_int_equal(catga_handling_received(&handling, 1, true), CATGA_HANDLING_RUN);
    assert_int_equal(handling.attempt, 1);
    assert_int_equal(step(&handling, CATGA_HANDLING_SUCCEEDED), CATGA_HANDLING_DONE);
    assert_false(catga_handling_is_behind_run(&handling));
    assert_int_equal(step(&handling, CATGA_HANDLING_SUCCEEDED), CATGA_HANDLING_NOTHING);
}

static void a_first_delivery_that_fails_is_recorded(void **state)
{
    (void)state;
    catga_handling handling = fresh(true, false);
    (void)catga_handling_received(&handling, 1, true);
    assert_int_equal(step(&handling, CATGA_HANDLING_FAILED), CATGA_HANDLING_WRITE);
    assert_true(catga_handling_is_behind_run(&handling));
    assert_int_equal(handling.attempt, 1);
    assert_int_equal(handling.revision, 0);
    assert_int_equal(handling.cause, CATGA_CAUSE_NONE);
    assert_int_equal(step(&handling, CATGA_HANDLING_WRITTEN), CATGA_HANDLING_RETRY);
    assert_int_equal(handling.delay_ms, 50);
}

/* Another delivery has begun attempts that this one did not know. */
static void a_first_delivery_that_fails_adds_to_the_record(void **state)
{
    (void)state;
    catga_handling handling = fresh(true, false);
    (void)catga_handling_received(&handling, 1, true);
    (void)step(&handling, CATGA_HANDLING_POSTPONED);
    assert_int_equal(step(&handling, CATGA_HANDLING_CONFLICT), CATGA_HANDLING_READ);
    assert_int_equal(read(&handling, 9, 1), CATGA_HANDLING_WRITE);
    assert_int_equal(handling.attempt, 2);
    assert_int_equal(handling.revision, 9);
    assert_int_equal(step(&handling, CATGA_HANDLING_CONFLICT), CATGA_HANDLING_READ);
    assert_int_equal(read(&handling, 12, RETRIES), CATGA_HANDLING_WRITE);
    assert_int_equal(handling.cause, CATGA_CAUSE_ATTEMPTS); /* this run was the last */
    assert_int_equal(handling.attempt, RETRIES + 1);
}

/* A write that may already have succeeded is not counted twice. */
static void a_run_is_not_recorded_twice(void **state)
{
    (void)state;
    catga_handling handling = fresh(true, false);
    (void)catga_handling_received(&handling, 1, true);
    (void)step(&handling, CATGA_HANDLING_POSTPONED);
    assert_int_equal(step(&handling, CATGA_HANDLING_UNKNOWN), CATGA_HANDLING_READ);
    assert_int_equal(read(&handling, 9, 2), CATGA_HANDLING_RETRY);
    assert_int_equal(handling.delay_ms, 7);
}

static void a_failure_that_cannot_be_recorded_is_not_counted(void **state)
{
    (void)state;
    catga_handling handling = fresh(true, false);
    (void)catga_handling_received(&handling, 1, true);
    (void)step(&handling, CATGA_HANDLING_FAILED);
    assert_int_equal(step(&handling, CATGA_HANDLING_UNAVAILABLE), CATGA_HANDLING_RETRY);
    assert_int_equal(handling.delay_ms, 50);
}

static void deliveries_are_not_counted(void **state)
{
    (void)state;
    catga_handling handling = running(0);
    assert_int_equal(handling.attempt, 1);
    assert_int_equal(step(&handling, CATGA_HANDLING_FAILED),
                     CATGA_HANDLING_RETRY); /* it is recorded */
    handling = running(1);
    assert_int_equal(step(&handling, CATGA_HANDLING_FAILED), CATGA_HANDLING_RETRY);
    assert_int_equal(handling.delay_ms, 100);
    handling = running(RETRIES);
    assert_int_equal(step(&handling, CATGA_HANDLING_FAILED), CATGA_HANDLING_WRITE);
    assert_int_equal(handling.cause, CATGA_CAUSE_ATTEMPTS);
    assert_int_equal(step(&handling, CATGA_HANDLING_WRITTEN), CATGA_HANDLING_DEAD_LETTER);
    assert_int_equal(step(&handling, CATGA_HANDLING_NOT_STORED), CATGA_HANDLING_DEAD_LETTER);
    assert_int_equal(step(&handling, CATGA_HANDLING_STORED), CATGA_HANDLING_GIVE_UP);
}

static void an_attempt_that_cannot_be_recorded_does_not_run(void **state)
{
    (void)state;
    catga_handling handling = fresh(true, false);
    (void)catga_handling_received(&handling, 2, true);
    assert_int_equal(step(&handling, CATGA_HANDLING_UNKNOWN), CATGA_HANDLING_RETRY);
    assert_int_equal(handling.delay_ms, 2000);
    handling = redelivered(1);
    assert_int_equal(step(&handling, CATGA_HANDLING_UNAVAILABLE), CATGA_HANDLING_RETRY);
    assert_int_equal(handling.delay_ms, 30000);
    handling = redelivered(1);
    assert_int_equal(step(&handling, CATGA_HANDLING_CONFLICT), CATGA_HANDLING_READ);
    assert_int_equal(read(&handling, 8, 2), CATGA_HANDLING_RETRY); /* another replica runs it */
}

static void a_start_that_is_not_known_is_looked_up(void **state)
{
    (void)state;
    catga_handling handling = redelivered(1);
    assert_int_equal(step(&handling, CATGA_HANDLING_UNKNOWN), CATGA_HANDLING_READ);
    assert_int_equal(catga_handling_read(&handling, &(catga_attempts){8, 2, false, true}),
                     CATGA_HANDLING_RUN);
    handling = redelivered(1);
    assert_int_equal(step(&handling, CATGA_HANDLING_UNKNOWN), CATGA_HANDLING_READ);
    assert_int_equal(read(&handling, 1, 1), CATGA_HANDLING_WRITE); /* the record was not written */
}

/* An attempt that may be counted but did not start is subtracted. */
static void a_start_that_stays_unknown_is_retracted(void **state)
{
    (void)state;
    catga_handling handling = redelivered(1);
    for (unsigned i = 0; i < CATGA_RECORD_TROUBLES; i++)
        assert_int_equal(step(&handling, CATGA_HANDLING_UNKNOWN), CATGA_HANDLING_READ);
    assert_true(catga_handling_may_run(&handling));
    assert_int_equal(step(&handling, CATGA_HANDLING_UNKNOWN), CATGA_HANDLING_READ);
    assert_false(catga_handling_may_run(&handling));
    assert_true(catga_handling_must_record(&handling));
    assert_int_equal(catga_handling_read(&handling, &(catga_attempts){8, 2, false, true}),
                     CATGA_HANDLING_WRITE);
    assert_int_equal(handling.attempt, 1);
    assert_int_equal(step(&handling, CATGA_HANDLING_UNAVAILABLE), CATGA_HANDLING_READ);
    assert_int_equal(catga_handling_read(&handling, &(catga_attempts){9, 1, false, true}),
                     CATGA_HANDLING_RETRY);
}

/* A program fetches events, and waits for this one no more. */
static void an_event_that_nobody_takes_has_no_attempt(void **state)
{
    (void)state;
    catga_handling handling = fresh(true, false);
    assert_int_equal(catga_handling_received(&handling, 1, true), CATGA_HANDLING_RUN);
    assert_int_equal(step(&handling, CATGA_HANDLING_NOT_RUN), CATGA_HANDLING_RETRY);
    assert_int_equal(handling.delay_ms, 7);
    handling = running(1);
    assert_int_equal(step(&handling, CATGA_HANDLING_NOT_RUN), CATGA_HANDLING_READ);
    assert_true(catga_handling_must_record(&handling));
    assert_int_equal(catga_handling_read(&handling, &(catga_attempts){8, 2, false, true}),
                     CATGA_HANDLING_WRITE);
    assert_int_equal(handling.attempt, 1);
    assert_int_equal(step(&handling, CATGA_HANDLING_WRITTEN), CATGA_HANDLING_RETRY);
    assert_int_equal(handling.delay_ms, 7);
    handling = running(1);
    (void)step(&handling, CATGA_HANDLING_NOT_RUN);
    assert_int_equal(catga_handling_read(&handling, &(catga_attempts){9, 3, false, false}),
                     CATGA_HANDLING_RETRY);
    assert_int_equal(handling.delay_ms, 7);
    handling = running(1);
    (void)step(&handling, CATGA_HANDLING_NOT_RUN);
    assert_int_equal(step(&handling, CATGA_HANDLING_HANDED_BACK), CATGA_HANDLING_RETRY);
    assert_int_equal(handling.delay_ms, 7);
}

static void an_event_that_has_ended_does_not_run(void **state)
{
    (void)state;
    const catga_attempts ended = {5, 3, true, false};
    catga_handling handling = fresh(true, false);
    (void)catga_handling_received(&handling, 2, true);
    assert_int_equal(catga_handling_read(&handling, &ended), CATGA_HANDLING_DEAD_LETTER);
    assert_int_equal(handling.cause, CATGA_CAUSE_RECORDED);
    assert_int_equal(handling.attempt, 3);
    handling = redelivered(1);
    (void)step(&handling, CATGA_HANDLING_CONFLICT);
    assert_int_equal(catga_handling_read(&handling, &ended), CATGA_HANDLING_DEAD_LETTER);
    handling = fresh(false, false);
    (void)catga_handling_received(&handling, 2, true);
    assert_int_equal(catga_handling_read(&handling, &ended), CATGA_HANDLING_GIVE_UP);
}

static void the_end_of_an_event_is_recorded_without_a_limit(void **state)
{
    (void)state;
    catga_handling handling = fresh(true, false);
    (void)catga_handling_received(&handling, 1, true);
    assert_int_equal(step(&handling, CATGA_HANDLING_REJECTED), CATGA_HANDLING_WRITE);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(step(&handling, CATGA_HANDLING_UNAVAILABLE), CATGA_HANDLING_WRITE);
        assert_int_equal(step(&handling, CATGA_HANDLING_UNKNOWN), CATGA_HANDLING_READ);
    }
    assert_true(catga_handling_must_record(&handling));
    assert_int_equal(read(&handling, 6, 2), CATGA_HANDLING_WRITE);
    assert_int_equal(handling.attempt, 2);
    assert_int_equal(handling.revision, 6);
    assert_int_equal(step(&handling, CATGA_HANDLING_WRITTEN), CATGA_HANDLING_DEAD_LETTER);
    assert_int_equal(step(&handling, CATGA_HANDLING_HANDED_BACK), CATGA_HANDLING_RETRY);
    assert_int_equal(handling.delay_ms, 1000);
}

static void an_event_that_is_no_message_ends_at_once(void **state)
{
    (void)state;
    catga_handling handling = fresh(true, true);
    assert_int_equal(catga_handling_received(&handling, 1, false), CATGA_HANDLING_WRITE);
    assert_int_equal(handling.cause, CATGA_CAUSE_BAD_MESSAGE);
    assert_int_equal(handling.attempt, 0);
}

static void an_event_that_kills_processes_ends(void **state)
{
    (void)state;
    catga_handling handling = running(MOST - 1);
    assert_int_equal(handling.attempt, MOST);
    handling = fresh(true, false);
    (void)catga_handling_received(&handling, 2, true);
    assert_int_equal(read(&handling, 3, MOST), CATGA_HANDLING_WRITE);
    assert_int_equal(handling.cause, CATGA_CAUSE_LOST);
    assert_int_equal(handling.attempt, MOST);
}

static void a_claim_that_counts_is_the_record(void **state)
{
    (void)state;
    catga_handling handling = fresh(true, true);
    assert_int_equal(catga_handling_received(&handling, 9, true), CATGA_HANDLING_CLAIM);
    assert_int_equal(catga_handling_step(&handling, CATGA_HANDLING_CLAIMED, 2), CATGA_HANDLING_RUN);
    assert_int_equal(handling.attempt, 2);
    assert_int_equal(step(&handling, CATGA_HANDLING_FAILED), CATGA_HANDLING_RETRY);
    handling = fresh(true, true);
    (void)catga_handling_received(&handling, 1, true);
    assert_int_equal(catga_handling_step(&handling, CATGA_HANDLING_CLAIMED, MOST + 1),
                     CATGA_HANDLING_WRITE);
    assert_int_equal(handling.cause, CATGA_CAUSE_LOST);
    handling = fresh(true, true);
    (void)catga_handling_received(&handling, 1, true);
    assert_int_equal(catga_handling_step(&handling, CATGA_HANDLING_ENDED, 3),
                     CATGA_HANDLING_DEAD_LETTER);
    assert_int_equal(handling.attempt, 3);
}

static void a_claim_that_does_not_count_needs_the_record(void **state)
{
    (void)state;
    catga_handling handling = fresh(true, true);
    (void)catga_handling_received(&handling, 2, true);
    assert_int_equal(catga_handling_step(&handling, CATGA_HANDLING_CLAIMED, 0),
                     CATGA_HANDLING_READ);
    handling = fresh(true, true);
    (void)catga_handling_received(&handling, 2, true);
    assert_int_equal(step(&handling, CATGA_HANDLING_HELD), CATGA_HANDLING_RETRY);
    assert_int_equal(handling.delay_ms, 7);
    handling = fresh(true, true);
    (void)catga_handling_received(&handling, 2, true);
    assert_int_equal(step(&handling, CATGA_HANDLING_DONE_BEFORE), CATGA_HANDLING_DONE);
}

static void events_out_of_order_have_no_effect(void **state)
{
    (void)state;
    catga_handling handling = fresh(true, false);
    assert_int_equal(step(&handling, CATGA_HANDLING_SUCCEEDED), CATGA_HANDLING_NOTHING);
    assert_int_equal(step(&handling, CATGA_HANDLING_HANDED_BACK), CATGA_HANDLING_NOTHING);
    assert_int_equal(step(&handling, CATGA_HANDLING_NOT_RUN), CATGA_HANDLING_NOTHING);
    (void)catga_handling_received(&handling, 1, true);
    assert_int_equal(catga_handling_received(&handling, 1, true), CATGA_HANDLING_NOTHING);
    assert_int_equal(read(&handling, 1, 1), CATGA_HANDLING_NOTHING);
    assert_int_equal(step(&handling, CATGA_HANDLING_STORED), CATGA_HANDLING_NOTHING);
    assert_int_equal(step(&handling, CATGA_HANDLING_CLAIMED), CATGA_HANDLING_NOTHING);
    assert_int_equal(step(&handling, CATGA_HANDLING_WRITTEN), CATGA_HANDLING_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_delivery_that_succeeds_needs_no_record),
        cmocka_unit_test(a_first_delivery_that_fails_is_recorded),
        cmocka_unit_test(a_first_delivery_that_fails_adds_to_the_record),
        cmocka_unit_test(a_run_is_not_recorded_twice),
        cmocka_unit_test(a_failure_that_cannot_be_recorded_is_not_counted),
        cmocka_unit_test(deliveries_are_not_counted),
        cmocka_unit_test(an_attempt_that_cannot_be_recorded_does_not_run),
        cmocka_unit_test(a_start_that_is_not_known_is_looked_up),
        cmocka_unit_test(a_start_that_stays_unknown_is_retracted),
        cmocka_unit_test(an_event_that_nobody_takes_has_no_attempt),
        cmocka_unit_test(an_event_that_has_ended_does_not_run),
        cmocka_unit_test(the_end_of_an_event_is_recorded_without_a_limit),
        cmocka_unit_test(an_event_that_is_no_message_ends_at_once),
        cmocka_unit_test(an_event_that_kills_processes_ends),
        cmocka_unit_test(a_claim_that_counts_is_the_record),
        cmocka_unit_test(a_claim_that_does_not_count_needs_the_record),
        cmocka_unit_test(events_out_of_order_have_no_effect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
