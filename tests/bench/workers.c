/*
 * workers: queries per second to a service whose handler computes for 500 us, with two workers and
 * with one. The work is a fixed number of steps, so a thread that waits for a processor works
 * longer.
 */

#include "bench.h"
#include "side/repeat.h"
#include "side/service.h"

#define WORK_NS 500000

enum { CALLS = 200, DEPTH = 16, MEASURED_STEPS = 2000000, TRIES = 5 };

typedef struct sides {
    uint64_t steps; /* of 500 us */
    repeat_caller one;
    repeat_caller two;
} sides;

static void compute(uint64_t steps)
{
    uint64_t value = 1;

    for (uint64_t i = 0; i < steps; i++)
        value = value * 6364136223846793005u + 1442695040888963407u;
    bench_keep(&value);
}

static void work(void *state)
{
    const sides *both = state;

    compute(both->steps);
}

/* Returns the steps of 500 us on an otherwise idle processor. */
static uint64_t measure_steps(void)
{
    double least = 0;

    for (int i = 0; i < TRIES; i++) {
        uint64_t start = bench_now();
        compute(MEASURED_STEPS);
        double each = bench_each(start, MEASURED_STEPS);
        least = i == 0 || each < least ? each : least;
    }
    return (uint64_t)(WORK_NS / least);
}

static double two_workers(void *state)
{
    sides *both = state;

    return repeat_steady_rate(&both->two, CALLS + DEPTH);
}

static double one_worker(void *state)
{
    sides *both = state;

    return repeat_steady_rate(&both->one, CALLS + DEPTH);
}

int main(void)
{
    static sides both;
    static repeat_service one = {.prefix = "one", .workers = 1, .work = work, .state = &both};
    static repeat_service two = {.prefix = "two", .workers = 2, .work = work, .state = &both};

    both.steps = measure_steps();
    pid_t services[] = {repeat_start(&one), repeat_start(&two)};
    repeat_open(&both.one, one.prefix, DEPTH);
    repeat_open(&both.two, two.prefix, DEPTH);
    bench_compare(&(bench_pair){
        .name = "workers",
        .unit = "/s",
        .who = "one worker",
        .more_is_better = true,
        .ours = two_workers,
        .other = one_worker,
        .state = &both,
    });
    repeat_close(&both.one);
    repeat_close(&both.two);
    service_stop(services[0]);
    service_stop(services[1]);
    return 0;
}
