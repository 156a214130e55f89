/* Compares the time of single requests; see observed.h. Each service is a process of its own. */
#include "../bench.h"
#include "observed.h"
#include "our_requests.h"
#include "service.h"

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
    our_requests_serve(open_bus(state));
}

typedef struct sides {
    catga_bus *observed;
    catga_bus *plain;
} sides;

static double ours(void *state)
{
    return our_requests_median(((sides *)state)->observed);
}

static double other(void *state)
{
    return our_requests_median(((sides *)state)->plain);
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
