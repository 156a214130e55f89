/*
 * call_latency: microseconds of one of 100 calls in flight to three replicas, and to one: the
 * median, and the 99th percentile. Each answer's callback sends the next call.
 */

#include "bench.h"
#include "side/repeat.h"
#include "side/service.h"

enum { DEPTH = 100, CALLS = 5000, REPLICAS = 3 };

typedef struct sides {
    repeat_caller three;
    repeat_caller one;
} sides;

static double three(void *state)
{
    sides *both = state;

    return repeat_rate(&both->three, CALLS);
}

static double one(void *state)
{
    sides *both = state;

    return repeat_rate(&both->one, CALLS);
}

static void print(const char *name, sides *both, size_t percent)
{
    bench_print(&(bench_pair){.name = name, .unit = "us", .who = "one replica"},
                timings_percentile(both->three.timings, percent),
                timings_percentile(both->one.timings, percent));
}

int main(void)
{
    static const char *const names[REPLICAS] = {"replica-1", "replica-2", "replica-3"};
    static repeat_service alone = {.prefix = "one"};
    static repeat_service replicas[REPLICAS];
    static sides both;
    pid_t services[REPLICAS + 1] = {repeat_start(&alone)};

    for (size_t i = 0; i < REPLICAS; i++) {
        replicas[i] = (repeat_service){.prefix = "three", .instance = names[i]};
        services[i + 1] = repeat_start(&replicas[i]);
    }
    both.one.timings = timings_new();
    both.three.timings = timings_new();
    repeat_open(&both.one, "one", DEPTH);
    repeat_open(&both.three, "three", DEPTH);
    (void)bench_measure(&(bench_pair){.ours = three, .other = one, .state = &both});
    timings_sort(both.one.timings);
    timings_sort(both.three.timings);
    print("call_latency", &both, 50);
    print("call_latency_p99", &both, 99);
    repeat_close(&both.one);
    repeat_close(&both.three);
    for (size_t i = 0; i <= REPLICAS; i++)
        service_stop(services[i]);
    return 0;
}
