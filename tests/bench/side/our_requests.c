#include "our_requests.h"

#include "../bench.h"
#include "ours.h"

enum { FLUSH_MS = 5000 };

static const bench_get_order query = {.id = {"ORD-0001", 8}};

size_t our_requests_encode(uint8_t bytes[OUR_REQUEST_CAPACITY])
{
    size_t length = 0;

    catga_status status =
        bench_get_order_encode(&query, bytes, OUR_REQUEST_CAPACITY, &length, NULL);

    bench_need(status == CATGA_OK, "encode");
    return length;
}

static catga_status get_order(catga_context *context, bench_get_order_view request)
{
    (void)request;
    bench_order_line lines[SAMPLE_LINES];
    bench_order order = ours_order(&sample, lines);
    return bench_get_order_reply(context, &order);
}

void our_requests_serve(catga_bus *bus)
{
    static const bench_order_service service = {.get_order = get_order};

    bench_need(bench_order_service_serve(bus, &service, NULL) == CATGA_OK, "serve");
    bench_need(catga_flush(bus, FLUSH_MS) == CATGA_OK, "flush of the service");
}

double our_requests_median(catga_bus *bus)
{
    double micros[OUR_REQUESTS];

    for (size_t i = 0; i < OUR_REQUESTS; i++) {
        bench_order_reply reply;
        uint64_t start = bench_now();
        catga_status status = bench_get_order_call(bus, &query, &reply);
        micros[i] = bench_each(start, 1000);
        bench_need(status == CATGA_OK, catga_status_text(status));
        bench_order_reply_free(&reply);
    }
    return bench_median(micros, OUR_REQUESTS);
}
