/* Compares the time of single requests; see observed.h. Each service is a process of its own. */
#include "../bench.h"
#include "observed.h"
#include "ours.h"
#include "service.h"

enum { TIMES = 300, TIMEOUT_MS = 5000 };

static const bench_get_order query = {.id = {"ORD-0001", 8}};

static catga_status get_order(catga_context *context, bench_get_order_view request)
{
    (void)request;
    bench_order_line lines[SAMPLE_LINES];
    bench_order order = ours_order(&sample, lines);
    return bench_get_order_reply(context, &order);
}

/* A side; NULL for the one without observers. */
typedef struct side {
    observe_function *observe;
} side;

/* A prefix for each side separates their services. */
static catga_bus *open_bus(const side *of)
{
    catga_bus *bus = NULL;
    const catga_options options = {.prefix = of->observe != NULL ? "observed" : "plain"};

    bench_need(catga_open(&bus, &options) == CATGA_OK, "catga_open");
    if (of->observe != NULL)
        of->observe(bus);
    return bus;
}

static void serve(void *state)
{
    static const bench_order_service service = {.get_order = get_order};
    catga_bus *bus = open_bus(state);

    bench_need(bench_order_service_serve(bus, &service, NULL) == CATGA_OK, "serve");
    bench_need(catga_flush(bus, TIMEOUT_MS) == CATGA_OK, "flush of the service");
}

static double call(catga_bus *bus)
{
    double micros[TIMES];

    for (size_t i = 0; i < TIMES; i++) {
        bench_order_reply reply;
        uint64_t start = bench_now();
        catga_status status = bench_get_order_call(bus, &query, &reply);
        micros[i] = bench_each(start, 1000);
        bench_need(status == CATGA_OK, catga_status_text(status));
        bench_order_reply_free(&reply);
    }
    return bench_median(micros, TIMES);
}

typedef struct sides {
    catga_bus *observed;
    catga_bus *plain;
} sides;

static double ours(void *state)
{
    return call(((sides *)state)->observed);
}

static double other(void *state)
{
    return call(((sides *)state)->plain);
}

void observed_request(const char *name, const char *who, observe_function *observe)
{
    side observed = {observe};
    side plain = {NULL};

    pid_t observed_service = service_start(serve, &observed);
    pid_t plain_service = service_start(serve, &plain);
    sides both = {open_bus(&observed), open_bus(&plain)};
    bench_compare(&(bench_pair){
        .name = name,
        .unit = "us",
        .who = who,
        .ours = ours,
        .other = other,
        .state = &both,
    });
    catga_close(both.observed);
    catga_close(both.plain);
    service_stop(observed_service);
    service_stop(plain_service);
}
