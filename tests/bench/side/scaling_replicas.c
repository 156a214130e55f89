/* Replicas of a stored broadcast; see scaling.h. */

#include "footprint.h"
#include "scaling.catga.h"
#include "scaling.h"
#include "service.h"

#include <sys/mman.h>

#define PATIENCE_NS 30000000000u /* until an event counts as lost */

enum { MOST = 300, EVENTS = 5, NAME = 32, TIMEOUT_MS = 30000 };

/* Shared by all processes. */
typedef struct shared {
    atomic_size_t heard;
    double milliseconds; /* from the publishing of an event until all replicas have heard it */
} shared;

typedef struct replica {
    char name[NAME];
    shared *shared;
    pid_t process;
} replica;

typedef struct publisher {
    shared *shared;
    size_t replicas;
} publisher;

/* ---- Replicas ---- */

static catga_status hear(catga_context *context, scaling_stored_view event)
{
    shared *s = catga_context_user(context);

    (void)event;
    atomic_fetch_add(&s->heard, 1);
    return CATGA_OK;
}

static void serve(void *state)
{
    static const scaling_replica service = {.hear = hear};
    const replica *self = state;
    catga_bus *bus = NULL;

    bench_need(catga_open(&bus, &(catga_options){.instance = self->name}) == CATGA_OK,
               "catga_open of a replica");
    bench_need(scaling_replica_serve(bus, &service, self->shared) == CATGA_OK, "serve");
    bench_need(catga_flush(bus, TIMEOUT_MS) == CATGA_OK, "flush of a replica");
}

/* ---- The publisher ---- */

static double time_of_one(const publisher *self, catga_bus *bus)
{
    const scaling_stored event = {.text = {"to everyone", 11}};

    atomic_store(&self->shared->heard, 0);
    uint64_t start = bench_now();
    catga_status status = scaling_stored_publish(bus, &event);
    bench_need(status == CATGA_OK, catga_status_text(status));
    while (atomic_load(&self->shared->heard) < self->replicas) {
        bench_need(bench_now() - start < PATIENCE_NS, "each replica hears the event");
        nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
    }
    return bench_each(start, 1000000);
}

static void publish(void *state)
{
    const publisher *self = state;
    double milliseconds[EVENTS];
    catga_bus *bus = NULL;

    bench_need(catga_open(&bus, NULL) == CATGA_OK, "catga_open of the publisher");
    for (int i = 0; i < EVENTS; i++)
        milliseconds[i] = time_of_one(self, bus);
    self->shared->milliseconds = bench_median(milliseconds, EVENTS);
    catga_close(bus);
}

/* ---- Measuring ---- */

static footprint server(void)
{
    const char *process = getenv("NATS_PID");

    bench_need(process != NULL, "NATS_PID is not set; use tests/bench/run");
    return footprint_of((pid_t)strtol(process, NULL, 10));
}

/* Starts one replica after another: if hundreds start at once on two cores, some miss pings of the
 * server, and reconnect. The count of requests includes those of replicas that run already. */
static void measure(size_t count, replica *replicas, shared *s, const api_counter *counter)
{
    publisher publisher_of_all = {s, count};
    size_t before = atomic_load(&counter->requests->all);
    uint64_t start = bench_now();

    for (size_t i = 0; i < count; i++)
        replicas[i].process = service_start(serve, &replicas[i]);
    double milliseconds = bench_each(start, 1000000);
    scaling_requests requests = scaling_count(counter, before);
    service_stop(service_start(publish, &publisher_of_all));
    printf("scaling broadcast_replicas=%zu start=%.0f ms memory=%.1f MB server=%.1f MB "
           "requests=%zu idle=%.1f /s idle_info=%.1f /s event=%.1f ms\n",
           count, milliseconds, footprint_of(replicas[0].process).megabytes, server().megabytes,
           requests.to_start, requests.idle, requests.idle_info, s->milliseconds);
    for (size_t i = 0; i < count; i++)
        service_stop(replicas[i].process);
    api_delete_stream(SCALING_STORED_STREAM);
}

void scaling_replicas(const api_counter *counter)
{
    static const size_t counts[] = {10, 30, 100, MOST};
    static replica replicas[MOST];
    shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    bench_need(s != MAP_FAILED, "mmap");
    for (size_t i = 0; i < MOST; i++) {
        snprintf(replicas[i].name, NAME, "replica-%zu", i + 1);
        replicas[i].shared = s;
    }
    if (scaling_is_quick()) {
        measure(2, replicas, s, counter);
        return;
    }
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        measure(counts[i], replicas, s, counter);
}
