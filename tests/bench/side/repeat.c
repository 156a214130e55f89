/* Our service and caller of the query Repeat; see repeat.h. */

#include "repeat.h"

#include "service.h"

enum { TIMEOUT_MS = 5000 };

static const char text[] = "0123456789012345678901234567890123456789012345678901234567890123"
                           "01234567890123456789012345678901";

const traffic_repeat repeat_query = {.text = {text, sizeof text - 1}};

/* ---- The service ---- */

static catga_status repeat(catga_context *context, traffic_repeat_view request)
{
    const repeat_service *service = catga_context_user(context);

    if (service->work != NULL)
        service->work(service->state);
    return traffic_repeat_reply(context,
                                &(traffic_repeated){.text = traffic_repeat_get_text(request)});
}

static void serve(void *state)
{
    static const traffic_repeat_service handlers = {.repeat = repeat};
    repeat_service *service = state;
    catga_bus *bus = NULL;
    const catga_options options = {
        .prefix = service->prefix, .instance = service->instance, .workers = service->workers};

    bench_need(catga_open(&bus, &options) == CATGA_OK, "catga_open of the service");
    bench_need(traffic_repeat_service_serve(bus, &handlers, service) == CATGA_OK, "serve");
    bench_need(catga_flush(bus, TIMEOUT_MS) == CATGA_OK, "flush of the service");
}

pid_t repeat_start(repeat_service *service)
{
    return service_start(serve, service);
}

/* ---- The caller ---- */

/* One of the calls in flight. After its answer it is sent again. */
struct repeat_call {
    repeat_caller *caller;
    uint64_t sent; /* 0 if calls are not timed */
};

void repeat_open(repeat_caller *caller, const char *prefix, size_t depth)
{
    const catga_options options = {.prefix = prefix, .in_flight = (unsigned)depth + 1};

    caller->depth = depth;
    caller->progress = (progress)PROGRESS_INIT;
    caller->calls = calloc(depth, sizeof *caller->calls);
    bench_need(caller->calls != NULL, "memory");
    for (size_t i = 0; i < depth; i++)
        caller->calls[i].caller = caller;
    bench_need(catga_open(&caller->bus, &options) == CATGA_OK, "catga_open");
}

void repeat_close(repeat_caller *caller)
{
    catga_close(caller->bus);
    free(caller->calls);
}

static void send_call(repeat_call *call);

static void on_reply(catga_status status, traffic_repeated_view view, const catga_error *error,
                     void *user)
{
    repeat_call *call = user;
    repeat_caller *caller = call->caller;

    (void)view;
    (void)error;
    bench_need(status == CATGA_OK, catga_status_text(status));
    if (caller->timings != NULL)
        timings_note(caller->timings, call->sent);
    if (progress_take(&caller->progress))
        send_call(call);
    progress_note_answer(&caller->progress);
}

static void send_call(repeat_call *call)
{
    if (call->caller->timings != NULL)
        call->sent = bench_now();
    catga_status status = traffic_repeat_send(call->caller->bus, &repeat_query, on_reply, call);
    bench_need(status == CATGA_OK, catga_status_text(status));
}

/* Makes calls until all are answered, and returns the time of the first. */
static uint64_t run(repeat_caller *caller, size_t calls)
{
    progress_begin(&caller->progress, calls);
    uint64_t start = bench_now();
    for (size_t i = 0; i < caller->depth && progress_take(&caller->progress); i++)
        send_call(&caller->calls[i]);
    progress_await(&caller->progress);
    return start;
}

double repeat_rate(repeat_caller *caller, size_t calls)
{
    uint64_t start = run(caller, calls);

    return 1e6 / bench_each(start, calls);
}

double repeat_steady_rate(repeat_caller *caller, size_t calls)
{
    uint64_t start = run(caller, calls);
    uint64_t all_sent = atomic_load(&caller->progress.all_sent);

    return 1e9 * (double)(calls - caller->depth) / (double)(all_sent - start);
}
