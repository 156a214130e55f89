/* The order of a reader's messages: gaps, and the moment at which the reader is caught up. */
#include "delivery/ordered.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void an_empty_stream_is_caught_up_at_once(void **state)
{
    catga_ordered ordered = {0};

    (void)state;
    assert_true(catga_ordered_begin(&ordered, 0, 0));
    assert_true(catga_ordered_accept(&ordered, 1, 7));
    assert_false(catga_ordered_handled(&ordered, 0)); /* only once */
}

static void the_last_awaited_message_catches_up(void **state)
{
    catga_ordered ordered = {0};

    (void)state;
    assert_false(catga_ordered_begin(&ordered, 2, 0));
    assert_true(catga_ordered_accept(&ordered, 1, 3));
    assert_false(catga_ordered_handled(&ordered, 1));
    assert_true(catga_ordered_accept(&ordered, 2, 9));
    assert_true(catga_ordered_handled(&ordered, 5)); /* others were stored meanwhile */
}

/* Awaited messages may be deleted before they are sent. */
static void the_end_of_the_stream_catches_up(void **state)
{
    catga_ordered ordered = {0};

    (void)state;
    assert_false(catga_ordered_begin(&ordered, 10, 0));
    assert_true(catga_ordered_accept(&ordered, 1, 3));
    assert_true(catga_ordered_handled(&ordered, 0));
}

/* The server may count one message too many as pending. */
static void the_newest_message_catches_up(void **state)
{
    catga_ordered ordered = {0};

    (void)state;
    assert_false(catga_ordered_begin(&ordered, 3, 9));
    assert_true(catga_ordered_accept(&ordered, 1, 3));
    assert_false(catga_ordered_handled(&ordered, 2));
    assert_true(catga_ordered_accept(&ordered, 2, 9));
    assert_true(catga_ordered_handled(&ordered, 1));
}

/* A second consumer begins with the last message of each subject again. */
static void repeated_messages_are_counted(void **state)
{
    catga_ordered ordered = {.last = 5};

    (void)state;
    assert_false(catga_ordered_begin(&ordered, 3, 0));
    assert_false(catga_ordered_repeats(&ordered, 1, 4));
    ordered.repeated = 5;
    assert_true(catga_ordered_repeats(&ordered, 1, 4));
    assert_false(catga_ordered_repeats(&ordered, 3, 5)); /* one is missing */
    assert_false(catga_ordered_repeats(&ordered, 2, 6));
    assert_true(catga_ordered_accept(&ordered, 2, 6));
    assert_true(catga_ordered_accept(&ordered, 3, 8));
    assert_true(catga_ordered_handled(&ordered, 1));
}

static void an_idle_server_catches_up(void **state)
{
    catga_ordered ordered = {0};

    (void)state;
    assert_false(catga_ordered_begin(&ordered, 3, 0));
    assert_true(catga_ordered_accept(&ordered, 1, 3));
    assert_false(catga_ordered_handled(&ordered, 1));
    assert_true(catga_ordered_idle(&ordered));
    assert_false(catga_ordered_idle(&ordered));
}

static void a_gap_is_detected(void **state)
{
    catga_ordered ordered = {0};

    (void)state;
    (void)catga_ordered_begin(&ordered, 3, 0);
    assert_true(catga_ordered_accept(&ordered, 1, 3));
    assert_false(catga_ordered_accept(&ordered, 3, 5)); /* the second is lost */
    assert_int_equal(ordered.last, 3);
    assert_false(catga_ordered_is_complete(&ordered, 2));
    assert_true(catga_ordered_is_complete(&ordered, 1));
}

static void a_repeated_message_is_no_next_one(void **state)
{
    catga_ordered ordered = {0};

    (void)state;
    (void)catga_ordered_begin(&ordered, 3, 0);
    assert_true(catga_ordered_accept(&ordered, 1, 3));
    assert_false(catga_ordered_accept(&ordered, 1, 3));
    assert_false(catga_ordered_accept(&ordered, 2, 3));
}

/* After a gap, a new consumer counts from 1 again, and the stream's numbers go on. */
static void a_new_consumer_resumes(void **state)
{
    catga_ordered ordered = {0};

    (void)state;
    (void)catga_ordered_begin(&ordered, 3, 0);
    assert_true(catga_ordered_accept(&ordered, 1, 3));
    assert_false(catga_ordered_begin(&ordered, 2, 0));
    assert_true(catga_ordered_accept(&ordered, 1, 4));
    assert_false(catga_ordered_handled(&ordered, 1));
    assert_true(catga_ordered_accept(&ordered, 2, 6));
    assert_true(catga_ordered_handled(&ordered, 0));
}

/* A new consumer without messages ends what the first one began. */
static void a_new_consumer_may_catch_up_at_once(void **state)
{
    catga_ordered ordered = {0};

    (void)state;
    assert_false(catga_ordered_begin(&ordered, 3, 0));
    assert_true(catga_ordered_begin(&ordered, 0, 0));
    assert_false(catga_ordered_begin(&ordered, 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_stream_is_caught_up_at_once),
        cmocka_unit_test(the_last_awaited_message_catches_up),
        cmocka_unit_test(the_end_of_the_stream_catches_up),
        cmocka_unit_test(the_newest_message_catches_up),
        cmocka_unit_test(repeated_messages_are_counted),
        cmocka_unit_test(an_idle_server_catches_up),
        cmocka_unit_test(a_gap_is_detected),
        cmocka_unit_test(a_repeated_message_is_no_next_one),
        cmocka_unit_test(a_new_consumer_resumes),
        cmocka_unit_test(a_new_consumer_may_catch_up_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
