/* Handlers of one process; see scaling.h. */

#include "footprint.h"
#include "handlers.catga.h"
#include "scaling.h"
#include "service.h"

enum { TIMEOUT_MS = 30000 };

static catga_status hear_plain(catga_context *context, scaling_plain_view event)
{
    (void)context;
    (void)event;
    return CATGA_OK;
}

static catga_status hear_stored(catga_context *context, scaling_stored_view event)
{
    (void)context;
    (void)event;
    return CATGA_OK;
}

/*
 * Defines serve_SIZE_KIND(bus), which serves a service of `count` handlers. The structure of a
 * service has one member for each handler, here all of one type.
 */
#define DEFINE_SERVE(size, count, kind)                                                            \
    static void serve_##size##_##kind(catga_bus *bus)                                              \
    {                                                                                              \
        static union {                                                                             \
            handlers_##size##_##kind service;                                                      \
            catga_status (*handlers[count])(catga_context * context, scaling_##kind##_view event); \
        } all;                                                                                     \
        _Static_assert(sizeof all.service == sizeof all.handlers, "one member for each handler");  \
        for (size_t i = 0; i < (count); i++)                                                       \
            all.handlers[i] = hear_##kind;                                                         \
        bench_need(handlers_##size##_##kind##_serve(bus, &all.service, NULL) == CATGA_OK,          \
                   "serve");                                                                       \
    }

DEFINE_SERVE(ten, 10, plain)
DEFINE_SERVE(hundred, 100, plain)
DEFINE_SERVE(thousand, 1000, plain)
DEFINE_SERVE(ten, 10, stored)
DEFINE_SERVE(hundred, 100, stored)
DEFINE_SERVE(thousand, 1000, stored)

typedef struct handlers {
    const char *kind;
    size_t count;
    void (*serve)(catga_bus *bus);
} handlers;

static void serve(void *state)
{
    const handlers *some = state;
    catga_bus *bus = NULL;

    bench_need(catga_open(&bus, NULL) == CATGA_OK, "catga_open");
    some->serve(bus);
    bench_need(catga_flush(bus, TIMEOUT_MS) == CATGA_OK, "flush");
}

static void measure(handlers *some, const api_counter *counter)
{
    size_t before = atomic_load(&counter->requests->all);
    uint64_t start = bench_now();
    pid_t process = service_start(serve, some);
    double milliseconds = bench_each(start, 1000000);
    scaling_requests requests = scaling_count(counter, before);
    footprint used = footprint_of(process);

    printf("scaling %s_handlers=%zu start=%.0f ms memory=%.1f MB threads=%lu requests=%zu "
           "idle=%.1f /s idle_info=%.1f /s\n",
           some->kind, some->count, milliseconds, used.megabytes, used.threads, requests.to_start,
           requests.idle, requests.idle_info);
    service_stop(process);
}

void scaling_handlers(const api_counter *counter)
{
    static handlers all[] = {
        {"plain", 10, serve_ten_plain},        {"stored", 10, serve_ten_stored},
        {"plain", 100, serve_hundred_plain},   {"stored", 100, serve_hundred_stored},
        {"plain", 1000, serve_thousand_plain}, {"stored", 1000, serve_thousand_stored},
    };
    size_t count = scaling_is_quick() ? 2 : sizeof all / sizeof all[0];

    for (size_t i = 0; i < count; i++)
        measure(&all[i], counter);
    api_delete_stream(SCALING_STORED_STREAM);
}
