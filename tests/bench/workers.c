/*
 * workers: events per second of a handler that computes for 500 us, with two workers and with one.
 * The events of a round wait in the service's process, so callers and server leave both processors
 * to the workers. The work is a fixed number of steps: a thread that waits for a processor takes
 * longer.
 */

#include "bench.h"
#include "side/service.h"
#include "traffic.catga.h"

#include <stdatomic.h>
#include <sys/mman.h>

#define WORK_NS 500000

enum { EVENTS = 200, MEASURED_STEPS = 2000000, TRIES = 5, TIMEOUT_MS = 5000 };

/* A service in a process of its own, and the bus that publishes to it. */
typedef struct workers {
    const char *prefix; /* as in catga_options; keeps the events of both services apart */
    unsigned count;
    uint64_t steps;         /* of 500 us */
    atomic_size_t *handled; /* shared with the service */
    pid_t service;
    catga_bus *bus;
} workers;

typedef struct sides {
    workers one;
    workers two;
} sides;

/* ---- The work ---- */

static void compute(uint64_t steps)
{
    uint64_t value = 1;

    for (uint64_t i = 0; i < steps; i++)
        value = value * 6364136223846793005u + 1442695040888963407u;
    bench_keep(&value);
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

/* ---- The service ---- */

static catga_status hear(catga_context *context, traffic_passed_view event)
{
    workers *self = catga_context_user(context);

    (void)event;
    compute(self->steps);
    atomic_fetch_add(self->handled, 1);
    return CATGA_OK;
}

static void serve(void *state)
{
    static const traffic_listener service = {.hear = hear};
    workers *self = state;
    const catga_options options = {.prefix = self->prefix, .workers = self->count};
    catga_bus *bus = NULL;

    bench_need(catga_open(&bus, &options) == CATGA_OK, "catga_open of the service");
    bench_need(traffic_listener_serve(bus, &service, self) == CATGA_OK, "serve");
    bench_need(catga_flush(bus, TIMEOUT_MS) == CATGA_OK, "flush of the service");
}

static void start(workers *self)
{
    self->handled = mmap(NULL, sizeof *self->handled, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bench_need(self->handled != MAP_FAILED, "mmap");
    self->service = service_start(serve, self);
}

/* ---- The rounds ---- */

static void publish_all(catga_bus *bus)
{
    static const traffic_passed event = {.text = {"work", 4}};

    for (size_t i = 0; i < EVENTS; i++)
        bench_need(traffic_passed_publish(bus, &event) == CATGA_OK, "publish");
    bench_need(catga_flush(bus, TIMEOUT_MS) == CATGA_OK, "flush");
}

static double rate_of(workers *self)
{
    atomic_store(self->handled, 0);
    uint64_t start = bench_now();
    publish_all(self->bus);
    while (atomic_load(self->handled) < EVENTS)
        nanosleep(&(struct timespec){.tv_nsec = WORK_NS}, NULL);
    return 1e9 / bench_each(start, EVENTS);
}

static double two_workers(void *state)
{
    sides *both = state;

    return rate_of(&both->two);
}

static double one_worker(void *state)
{
    sides *both = state;

    return rate_of(&both->one);
}

static void connect_publisher(workers *self)
{
    bench_need(catga_open(&self->bus, &(catga_options){.prefix = self->prefix}) == CATGA_OK,
               "catga_open");
}

static void stop(workers *self)
{
    catga_close(self->bus);
    service_stop(self->service);
}

int main(void)
{
    uint64_t steps = measure_steps();
    static sides both;

    both.one = (workers){.prefix = "one", .count = 1, .steps = steps};
    both.two = (workers){.prefix = "two", .count = 2, .steps = steps};
    start(&both.one);
    start(&both.two);
    connect_publisher(&both.one);
    connect_publisher(&both.two);
    bench_compare(&(bench_pair){
        .name = "workers",
        .unit = "/s",
        .who = "one worker",
        .more_is_better = true,
        .ours = two_workers,
        .other = one_worker,
        .state = &both,
    });
    stop(&both.one);
    stop(&both.two);
    return 0;
}
