/* The number of stored messages that a handler may hold, and the time of further requests. */
#include "delivery/demand.h"

#include "base/monotime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LIMIT = 256, LARGEST = 1000 };

static catga_demand demand_of(unsigned workers, unsigned limit, size_t bytes)
{
    catga_demand demand;
    const catga_demand_rules rules = {.workers = workers,
                                      .limit = limit,
                                      .byte_limit = bytes,
                                      .largest = LARGEST,
                                      .horizon_ns = 50 * CATGA_MILLISECOND,
                                      .lifetime_ns = CATGA_SECOND,
                                      .once_ns = CATGA_SECOND / 2};

    catga_demand_init(&demand, &rules);
    return demand;
}

static catga_demand simple(unsigned workers)
{
    return demand_of(workers, LIMIT, 1 << 30);
}

/* Returns the size of a request at that time by a handler that holds so many messages; 0 for none.
 * */
static unsigned request(catga_demand *demand, unsigned held, int64_t now)
{
    catga_demand_batch batch;

    return catga_demand_next(demand, held, 0, now, &batch) ? batch.count : 0;
}

/* Runs every message on arrival, until `count` have run. Returns the largest number held or
 * requested. */
static unsigned play(catga_demand *demand, unsigned count, int64_t run_ns, uint64_t waiting)
{
    unsigned most = 0;
    unsigned held = 0;

    while (count > 0) {
        (void)request(demand, held, 0);
        unsigned come = catga_demand_requested(demand);
        most = held + come > most ? held + come : most;
        catga_demand_arrived(demand, come, waiting);
        held += come;
        assert_true(held > 0);
        held--;
        count--;
        catga_demand_ran(demand, 1, run_ns);
    }
    return most;
}

static void the_first_request_keeps_the_workers_busy(void **state)
{
    (void)state;
    catga_demand one = simple(1);
    catga_demand many = simple(64);

    assert_int_equal(request(&one, 0, 0), 2);
    assert_int_equal(request(&many, 0, 0), 65);
    assert_int_equal(request(&many, 0, 0), 0);
}

static void a_slow_handler_holds_no_more(void **state)
{
    (void)state;
    catga_demand demand = simple(1);
    assert_int_equal(play(&demand, 100, 60 * CATGA_MILLISECOND, 1000), 2);
}

static void held_messages_are_finished_within_the_horizon(void **state)
{
    (void)state;
    catga_demand demand = simple(1);
    assert_in_range(play(&demand, 100, 5 * CATGA_MILLISECOND, 1000), 9, 11);
}

static void a_quick_handler_doubles_up_to_the_limit(void **state)
{
    (void)state;
    catga_demand demand = simple(1);
    assert_int_equal(play(&demand, 1000, 1000, 100000), LIMIT);
}

static void a_handler_that_becomes_slow_holds_less(void **state)
{
    (void)state;
    catga_demand demand = simple(1);
    (void)play(&demand, 1000, 1000, 100000);
    for (int i = 0; i < 50; i++)
        catga_demand_ran(&demand, 1, 100 * CATGA_MILLISECOND);
    assert_int_equal(demand.allowed, 2);
}

static void no_more_is_requested_than_waits_at_the_server(void **state)
{
    (void)state;
    catga_demand demand = simple(1);
    assert_in_range(play(&demand, 1000, 1000, 0), 2, 3);
    catga_demand_arrived(&demand, 1, 7);
    unsigned requested = catga_demand_requested(&demand);
    assert_int_equal(requested + request(&demand, 0, 0), 7);
}

static void a_worker_that_is_about_to_be_free_gets_one(void **state)
{
    (void)state;
    catga_demand demand = simple(64);
    (void)request(&demand, 0, 0);
    catga_demand_arrived(&demand, 65, 1000);
    assert_int_equal(request(&demand, 65, 0), 0);
    assert_int_equal(request(&demand, 64, 0), 1);
}

/* The server serves the second of two requests first. */
static void the_remaining_count_of_the_server_is_used(void **state)
{
    (void)state;
    catga_demand demand = simple(3);
    assert_int_equal(request(&demand, 0, 0), 4);
    catga_demand_arrived(&demand, 2, 0);
    assert_int_equal(request(&demand, 0, 0), 2);
    catga_demand_arrived(&demand, 2, 0); /* believed to end the first request */
    catga_demand_ended(&demand, 1, 2);   /* two were left, so the second request has ended */
    assert_int_equal(catga_demand_requested(&demand), 0);
    catga_demand_ended(&demand, 2, 0);
    assert_int_equal(request(&demand, 0, 0), 4);
}

/* The server serves requests in turns, and the second one ends first. */
static void a_request_that_seemed_complete_still_counts(void **state)
{
    (void)state;
    catga_demand demand = simple(4);
    catga_demand_ran(&demand, 100, 100000);
    assert_int_equal(request(&demand, 0, 0), 5);
    catga_demand_arrived(&demand, 1, 10);
    assert_int_equal(request(&demand, 0, 0), 6);
    catga_demand_arrived(&demand, 6, 0); /* 2 of the first, 4 of the second request */
    catga_demand_ended(&demand, 2, 2);
    assert_int_equal(catga_demand_requested(&demand), 2);
    catga_demand_ended(&demand, 1, 2);
    assert_int_equal(catga_demand_requested(&demand), 0);
    assert_int_equal(request(&demand, 0, 0), 5);
}

/* ---- A server that serves requests in turns ---- */

typedef struct turns {
    uint64_t random;
    catga_demand demand;
    unsigned count;
    catga_demand_batch requests[2 * CATGA_DEMAND_REQUESTS]; /* `count` messages are not sent */
    unsigned next;
    unsigned stored;
    unsigned held;
} turns;

static unsigned below(turns *t, unsigned limit)
{
    t->random = t->random * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(t->random >> 33) % limit;
}

static void take_out_at_server(turns *t, unsigned index)
{
    t->count--;
    for (unsigned i = index; i < t->count; i++)
        t->requests[i] = t->requests[i + 1];
    if (t->next > index)
        t->next--;
}

static void send_one(turns *t)
{
    t->next %= t->count;
    catga_demand_batch *served = &t->requests[t->next];
    t->stored--;
    t->held++;
    if (--served->count == 0)
        take_out_at_server(t, t->next);
    else
        t->next++;
    catga_demand_arrived(&t->demand, 1, t->stored);
}

static void end_one(turns *t, unsigned index)
{
    catga_demand_batch ended = t->requests[index];

    take_out_at_server(t, index);
    catga_demand_ended(&t->demand, ended.token, ended.count);
}

static unsigned requested_at_server(const turns *t)
{
    unsigned requested = 0;

    for (unsigned i = 0; i < t->count; i++)
        requested += t->requests[i].count;
    return requested;
}

/* One event: a stored message, a run that ends, or a request that ends, one that does not wait
 * more often; and what follows from it. */
static void happen(turns *t)
{
    unsigned index = t->count > 0 ? below(t, t->count) : 0;
    unsigned event = below(t, 8);

    if (event < 3)
        t->stored += below(t, 20);
    else if (event < 6 && t->held > 0) {
        unsigned ran = 1 + below(t, t->held);
        t->held -= ran;
        catga_demand_ran(&t->demand, ran, 100 * ran);
    } else if (t->count > 0 && (t->requests[index].once || event == 7) && t->stored == 0)
        end_one(t, index);
    while (catga_demand_next(&t->demand, t->held, 0, 0, &t->requests[t->count]))
        t->count++;
    while (t->stored > 0 && t->count > 0)
        send_one(t);
}

/* The sum is exact after each event, whatever request the server serves. */
static void the_sum_of_requests_is_exact(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        turns t = {.random = seed, .demand = simple(1 + (unsigned)seed % 8)};
        for (int i = 0; i < 1000; i++) {
            happen(&t);
            assert_int_equal(catga_demand_requested(&t.demand), requested_at_server(&t));
        }
    }
}

static void an_unanswered_request_is_repeated(void **state)
{
    (void)state;
    catga_demand demand = simple(1);
    assert_int_equal(request(&demand, 0, 0), 2);
    assert_int_equal(request(&demand, 0, CATGA_SECOND - 1), 0);
    assert_int_equal(request(&demand, 0, CATGA_SECOND), 2);
    catga_demand_ended(&demand, 1, 2); /* its end is reported late, and does not count for the other
                                        */
    assert_int_equal(catga_demand_requested(&demand), 2);
}

/* Messages stored later are for all replicas, which may have requested the same messages. */
static void waiting_messages_are_requested_once(void **state)
{
    (void)state;
    catga_demand demand = simple(1);
    catga_demand_batch batch;

    assert_true(catga_demand_next(&demand, 0, 0, 0, &batch));
    assert_false(batch.once);
    catga_demand_ran(&demand, 100, 100000);
    catga_demand_arrived(&demand, 1, 40);
    assert_true(catga_demand_next(&demand, 1, 0, 0, &batch));
    assert_true(batch.once);
    assert_int_equal(batch.count, 39);
    catga_demand_ended(&demand, batch.token, CATGA_DEMAND_ALL); /* another replica has them */
    assert_int_equal(catga_demand_requested(&demand), 1);
}

/* The other request stays, and ends normally. */
static void a_request_that_does_not_wait_is_lost_sooner(void **state)
{
    (void)state;
    catga_demand demand = simple(1);

    (void)request(&demand, 0, 0);
    catga_demand_ran(&demand, 100, 100000);
    catga_demand_arrived(&demand, 1, 40);
    assert_int_equal(request(&demand, 1, 0), 39);
    assert_int_equal(request(&demand, 1, CATGA_SECOND / 2), 0);
    assert_int_equal(catga_demand_requested(&demand), 1);
    catga_demand_ended(&demand, 2, 39); /* reported late */
    assert_int_equal(catga_demand_requested(&demand), 1);
    catga_demand_ended(&demand, 1, 1);
    assert_int_equal(catga_demand_requested(&demand), 0);
}

/* The server did not report the end of a request. A stopped replica would keep the events stored
 * later, if it requested again as many as once waited. */
static void a_lost_request_ends_the_report_of_waiting_messages(void **state)
{
    (void)state;
    catga_demand demand = simple(1);

    (void)request(&demand, 0, 0);
    catga_demand_ran(&demand, 300, 300000);
    catga_demand_arrived(&demand, 2, 1500);
    assert_int_equal(request(&demand, 0, 0), 256);
    catga_demand_arrived(&demand, 100, 1400);
    assert_int_equal(request(&demand, 0, CATGA_SECOND / 2), 2);
    catga_demand_arrived(&demand, 1, 1400); /* they wait after all */
    assert_int_equal(request(&demand, 0, CATGA_SECOND / 2), 255);
}

static void a_new_connection_has_no_requests(void **state)
{
    (void)state;
    catga_demand demand = simple(1);
    (void)request(&demand, 0, 0);
    catga_demand_forget(&demand);
    assert_int_equal(request(&demand, 0, 0), 2);
}

/* Returns the size of a request by a program that waits for so many messages. */
static unsigned fetch(catga_demand *demand, unsigned wanted, unsigned held, int64_t now)
{
    catga_demand_batch batch;

    if (!catga_demand_fetch(demand, wanted, held, CATGA_SECOND / 10, now, &batch))
        return 0;
    assert_true(batch.bytes == 0 && !batch.once);
    return batch.count;
}

static void a_fetch_requests_what_is_wanted(void **state)
{
    (void)state;
    catga_demand demand = simple(1);
    assert_int_equal(fetch(&demand, 0, 0, 0), 0);
    assert_int_equal(fetch(&demand, 10, 0, 0), 10);
    assert_int_equal(fetch(&demand, 10, 0, 0), 0);
    catga_demand_arrived(&demand, 4, 0);
    assert_int_equal(fetch(&demand, 10, 4, 0), 0); /* they are on their way to the program */
    assert_int_equal(fetch(&demand, 6, 0, 0), 0);
    assert_int_equal(fetch(&demand, 8, 0, 0), 2); /* another fetch */
    assert_int_equal(fetch(&demand, 8, 0, CATGA_SECOND / 10), 8);
}

static void a_fetch_that_is_refused_pauses(void **state)
{
    (void)state;
    catga_demand demand = simple(1);
    assert_int_equal(fetch(&demand, 3, 0, 0), 3);
    catga_demand_failed(&demand, 1, 0);
    assert_int_equal(fetch(&demand, 3, 0, 0), 0);
    assert_int_equal(fetch(&demand, 3, 0, CATGA_SECOND), 3);
}

/* 50, 100, 200 ... ms, up to one second, until a message arrives. */
static void failed_requests_are_repeated_after_a_pause(void **state)
{
    (void)state;
    catga_demand demand = simple(1);
    int64_t now = 0;
    int64_t pause_ns = 50 * CATGA_MILLISECOND;
    for (int i = 0; i < 12; i++) {
        assert_int_equal(request(&demand, 0, now), 2);
        catga_demand_failed(&demand, demand.token, now);
        assert_int_equal(request(&demand, 0, now + pause_ns - 1), 0);
        now += pause_ns;
        pause_ns = pause_ns * 2 < CATGA_SECOND ? pause_ns * 2 : CATGA_SECOND;
    }
    catga_demand_arrived(&demand, 1, 0);
    (void)request(&demand, 0, now);
    catga_demand_failed(&demand, demand.token, now);
    assert_int_equal(demand.paused_ns, now + 50 * CATGA_MILLISECOND);
}

static void bytes_are_limited(void **state)
{
    (void)state;
    catga_demand demand = demand_of(1, LIMIT, 10 * LARGEST);
    catga_demand_batch batch;

    assert_true(catga_demand_next(&demand, 0, 0, 0, &batch));
    assert_int_equal(batch.bytes, 10 * LARGEST / 4);
    catga_demand_arrived(&demand, 2, 100);
    assert_false(catga_demand_next(&demand, 1, 9 * LARGEST + 1, 0, &batch));
    assert_true(catga_demand_next(&demand, 1, 9 * LARGEST, 0, &batch));
    assert_int_equal(batch.bytes, LARGEST);
}

/* This holds even if the limit is smaller than one message. */
static void one_message_is_always_requested(void **state)
{
    (void)state;
    catga_demand demand = demand_of(1, 1, LARGEST / 2);
    catga_demand_batch batch;

    assert_true(catga_demand_next(&demand, 0, 0, 0, &batch));
    assert_int_equal(batch.bytes, LARGEST);
    assert_int_equal(batch.count, 1);
}

static void requests_are_few(void **state)
{
    (void)state;
    catga_demand demand = simple(64);
    unsigned requests = 0;
    for (unsigned held = 64; held > 40; held--)
        requests += request(&demand, held, 0) != 0;
    assert_int_equal(requests, CATGA_DEMAND_REQUESTS);
}

static void a_message_above_the_limit_is_requested_alone(void **state)
{
    (void)state;
    catga_demand_batch batch;
    catga_demand demand = demand_of(1, LIMIT, 4 * LARGEST);

    assert_true(catga_demand_next(&demand, 0, 0, 0, &batch));
    assert_int_equal(batch.bytes, LARGEST);
    catga_demand_arrived(&demand, 1, 9);
    catga_demand_too_large(&demand, batch.token, 1); /* its bytes are used up, as usual */
    assert_true(catga_demand_next(&demand, 0, 0, 0, &batch));
    assert_int_equal(batch.bytes, LARGEST);
    catga_demand_too_large(&demand, batch.token, batch.count); /* it brought no message */
    assert_false(catga_demand_next(&demand, 1, 1, 0, &batch)); /* other messages are held */
    assert_true(catga_demand_next(&demand, 0, 0, 0, &batch));
    assert_int_equal(batch.bytes, 0);
    assert_int_equal(batch.count, 1);
    assert_false(catga_demand_next(&demand, 0, 0, 0, &batch));
    catga_demand_arrived(&demand, 1, 9);
    assert_true(catga_demand_next(&demand, 0, 0, 0, &batch));
    assert_int_equal(batch.bytes, LARGEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_above_the_limit_is_requested_alone),
        cmocka_unit_test(the_first_request_keeps_the_workers_busy),
        cmocka_unit_test(a_slow_handler_holds_no_more),
        cmocka_unit_test(held_messages_are_finished_within_the_horizon),
        cmocka_unit_test(a_quick_handler_doubles_up_to_the_limit),
        cmocka_unit_test(a_handler_that_becomes_slow_holds_less),
        cmocka_unit_test(no_more_is_requested_than_waits_at_the_server),
        cmocka_unit_test(a_worker_that_is_about_to_be_free_gets_one),
        cmocka_unit_test(the_remaining_count_of_the_server_is_used),
        cmocka_unit_test(a_request_that_seemed_complete_still_counts),
        cmocka_unit_test(the_sum_of_requests_is_exact),
        cmocka_unit_test(an_unanswered_request_is_repeated),
        cmocka_unit_test(waiting_messages_are_requested_once),
        cmocka_unit_test(a_request_that_does_not_wait_is_lost_sooner),
        cmocka_unit_test(a_lost_request_ends_the_report_of_waiting_messages),
        cmocka_unit_test(a_new_connection_has_no_requests),
        cmocka_unit_test(failed_requests_are_repeated_after_a_pause),
        cmocka_unit_test(a_fetch_requests_what_is_wanted),
        cmocka_unit_test(a_fetch_that_is_refused_pauses),
        cmocka_unit_test(bytes_are_limited),
        cmocka_unit_test(one_message_is_always_requested),
        cmocka_unit_test(requests_are_few),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
