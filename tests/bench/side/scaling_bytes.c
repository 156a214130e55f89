/* Bytes of a message; see scaling.h. */

#include "footprint.h"
#include "scaling.catga.h"
#include "scaling.h"
#include "service.h"

#include <sys/mman.h>
#include <unistd.h>

enum {
    MOST_BYTES = 1000000,
    CALLS = 100,
    STORED = 30,
    PUBLISHED_BYTES = 100000000,
    EVENTS = 100000,
    TIMEOUT_MS = 30000
};

/* Figures of one size, shared with the caller's process. */
typedef struct figures {
    size_t bytes;
    double call;      /* microseconds of one call at a time */
    double published; /* thousands of events per second, until the server has them */
    double stored;    /* microseconds of one stored event at a time */
    double memory;    /* megabytes of the caller */
} figures;

static uint8_t data[MOST_BYTES];

static catga_status echo(catga_context *context, scaling_echo_view request)
{
    catga_u8_vector received = scaling_echo_get_data(request);

    return scaling_echo_reply(context, &(scaling_echoed){.data = {received.data, received.length}});
}

static void serve(void *state)
{
    static const scaling_echo_service service = {.echo = echo};
    catga_bus *bus = NULL;

    (void)state;
    bench_need(catga_open(&bus, NULL) == CATGA_OK, "catga_open of the service");
    bench_need(scaling_echo_service_serve(bus, &service, NULL) == CATGA_OK, "serve");
    bench_need(catga_flush(bus, TIMEOUT_MS) == CATGA_OK, "flush of the service");
}

/* ---- The caller ---- */

static double microseconds_of_call(catga_bus *bus, size_t bytes)
{
    const scaling_echo query = {.data = {data, bytes}};
    double micros[CALLS];

    for (int i = 0; i < CALLS; i++) {
        scaling_echoed_reply reply;
        uint64_t start = bench_now();
        catga_status status = scaling_echo_call(bus, &query, &reply);
        micros[i] = bench_each(start, 1000);
        bench_need(status == CATGA_OK, catga_status_text(status));
        scaling_echoed_reply_free(&reply);
    }
    return bench_median(micros, CALLS);
}

static double thousands_published(catga_bus *bus, size_t bytes)
{
    const scaling_large event = {.data = {data, bytes}};
    size_t quick = scaling_is_quick() ? 10 : 1;
    size_t count = PUBLISHED_BYTES / quick / bytes;
    catga_status worst = CATGA_OK;

    count = count < EVENTS / quick ? count : EVENTS / quick;
    uint64_t start = bench_now();
    for (size_t i = 0; i < count; i++)
        worst |= scaling_large_publish(bus, &event);
    worst |= catga_flush(bus, TIMEOUT_MS);
    double rate = 1e6 / bench_each(start, count);
    bench_need(worst == CATGA_OK, "publish and flush");
    return rate;
}

static double microseconds_of_stored(catga_bus *bus, size_t bytes)
{
    const scaling_large_stored event = {.data = {data, bytes}};
    double micros[STORED];

    for (int i = 0; i < STORED; i++) {
        uint64_t start = bench_now();
        catga_status status = scaling_large_stored_publish(bus, &event);
        micros[i] = bench_each(start, 1000);
        bench_need(status == CATGA_OK, catga_status_text(status));
    }
    return bench_median(micros, STORED);
}

static void call(void *state)
{
    figures *f = state;
    catga_bus *bus = NULL;

    bench_need(catga_open(&bus, NULL) == CATGA_OK, "catga_open");
    f->call = microseconds_of_call(bus, f->bytes);
    f->published = thousands_published(bus, f->bytes);
    f->stored = microseconds_of_stored(bus, f->bytes);
    f->memory = footprint_of(getpid()).megabytes;
    catga_close(bus);
}

/* ---- Measuring ---- */

static void measure(figures *f)
{
    pid_t service = service_start(serve, NULL);

    service_stop(service_start(call, f));
    printf("scaling bytes=%zu call=%.0f us published=%.1f k/s stored=%.0f us caller=%.1f MB "
           "service=%.1f MB\n",
           f->bytes, f->call, f->published, f->stored, f->memory, footprint_of(service).megabytes);
    service_stop(service);
}

void scaling_bytes(void)
{
    static const size_t sizes[] = {100, 1000, 10000, 100000, MOST_BYTES};
    figures *f = mmap(NULL, sizeof *f, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    bench_need(f != MAP_FAILED, "mmap");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        f->bytes = sizes[i];
        measure(f);
    }
}
