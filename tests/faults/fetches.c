/*
 * Every allocation of a fetch, of the fetched events and of their settlement fails once, on the
 * local server, or on that of $NATS_URL: a run is repeated with the first, the second, the third
 * ... failing, until a run completes without a failure. Each outcome is a status, an event that is
 * returned is right, and nothing leaks (under AddressSanitizer).
 *
 *     fetches local | nats
 */
#include "bus_fixture.h"
#include "failing_allocations.h"
#include "fetching.catga.h"

#include <stdio.h>

enum { TASKS = 3, WAIT_MS = 300 };

static bool over_nats;

static void assert_explained(catga_status status)
{
    assert_true(status == CATGA_OK || status == CATGA_NO_MEMORY || status == CATGA_NO_RESPONDERS ||
                status == CATGA_TIMEOUT || status == CATGA_DISCONNECTED ||
                status == CATGA_OVERLOADED || status == CATGA_NOT_FOUND || status == CATGA_REFUSED);
}

/* The first event is done, the second is retried, the third is rejected. */
static void settle(catga_fetched *task)
{
    uint32_t number = test_fetching_task_get_number(test_fetching_worker_take_view(task));

    assert_true(number < TASKS);
    assert_int_equal(number == 0   ? catga_fetched_done(task)
                     : number == 1 ? catga_fetched_retry_after(task, 10)
                                   : catga_fetched_reject(task, "no"),
                     CATGA_OK);
}

static void fetch(catga_bus *bus)
{
    catga_fetched tasks[TASKS];
    catga_fetched jobs[1];
    size_t count;

    assert_explained(test_fetching_worker_take_fetch(bus, tasks, TASKS, WAIT_MS, &count));
    for (size_t i = 0; i < count; i++)
        settle(&tasks[i]);
    assert_explained(test_fetching_clerk_work_fetch(bus, jobs, 1, WAIT_MS, &count));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(catga_fetched_done(&jobs[i]), CATGA_OK);
}

static void use_fetches(catga_bus *bus)
{
    const test_fetching_job job = {.name = CATGA_STR("paint")};

    for (uint32_t i = 0; i < TASKS; i++)
        assert_explained(test_fetching_task_publish(bus, &(test_fetching_task){.number = i}));
    assert_explained(test_fetching_job_publish(bus, &job));
    fetch(bus);
    assert_explained(test_fetching_worker_take_stop(bus));
}

static void run(void)
{
    static unsigned number;
    char prefix[32];
    catga_local *broker = NULL;
    catga_bus *bus = NULL;

    snprintf(prefix, sizeof prefix, "fetches-%u", number++);
    catga_options options = {
        .prefix = prefix, .log = log_nothing, .drain_wait_ms = 2000, .ack_wait_ms = 1000};
    catga_status status = over_nats ? CATGA_OK : catga_local_open(&broker);
    options.local = broker;
    if (status == CATGA_OK)
        status = catga_open(&bus, &options);
    assert_explained(status);
    if (status == CATGA_OK)
        use_fetches(bus);
    catga_close(bus);
    catga_local_close(broker);
}

static void every_allocation_of_a_fetch_fails_once(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(run) > 20);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_of_a_fetch_fails_once)};

    over_nats = argc == 2 && strcmp(argv[1], "nats") == 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
