/*
 * idempotent_call: median microseconds of a single call to a service in another process, for an
 * idempotent and a plain command. The difference is the cost of the claim: one record written
 * before the handler runs, and one afterwards.
 */

#include "bench.h"
#include "side/service.h"
#include "stored.catga.h"

enum { TIMES = 100, TIMEOUT_MS = 5000 };

static const stored_pay pay = {.id = {"ORD-0001", 8}};
static const stored_pay_once pay_once = {.id = {"ORD-0001", 8}};
static const stored_receipt receipt = {.id = {"REC-0001", 8}};

static catga_status handle_pay(catga_context *context, stored_pay_view request)
{
    (void)request;
    return stored_pay_reply(context, &receipt);
}

static catga_status handle_pay_once(catga_context *context, stored_pay_once_view request)
{
    (void)request;
    return stored_pay_once_reply(context, &receipt);
}

static void serve(void *state)
{
    static const stored_till service = {.pay = handle_pay, .pay_once = handle_pay_once};
    catga_bus *bus = NULL;

    bench_need(catga_open(&bus, NULL) == CATGA_OK, "catga_open of the service");
    bench_need(stored_till_serve(bus, &service, state) == CATGA_OK, "serve");
    bench_need(catga_flush(bus, TIMEOUT_MS) == CATGA_OK, "flush of the service");
}

static double ours(void *state)
{
    double micros[TIMES];

    for (size_t i = 0; i < TIMES; i++) {
        stored_receipt_reply reply;
        uint64_t start = bench_now();
        catga_status status = stored_pay_once_call(state, &pay_once, &reply);
        micros[i] = bench_each(start, 1000);
        bench_need(status == CATGA_OK, catga_status_text(status));
        stored_receipt_reply_free(&reply);
    }
    return bench_median(micros, TIMES);
}

static double other(void *state)
{
    double micros[TIMES];

    for (size_t i = 0; i < TIMES; i++) {
        stored_receipt_reply reply;
        uint64_t start = bench_now();
        catga_status status = stored_pay_call(state, &pay, &reply);
        micros[i] = bench_each(start, 1000);
        bench_need(status == CATGA_OK, catga_status_text(status));
        stored_receipt_reply_free(&reply);
    }
    return bench_median(micros, TIMES);
}

int main(void)
{
    catga_bus *bus = NULL;
    pid_t service = service_start(serve, NULL);

    bench_need(catga_open(&bus, NULL) == CATGA_OK, "catga_open");
    bench_compare(&(bench_pair){
        .name = "idempotent_call",
        .unit = "us",
        .who = "a plain call",
        .ours = ours,
        .other = other,
        .state = bus,
    });
    catga_close(bus);
    service_stop(service);
    return 0;
}
