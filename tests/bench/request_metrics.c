/*
 * request_metrics: median microseconds of a single request, with metrics in the caller and in the
 * service. The other side is the same without metrics.
 */
#include "bench.h"
#include "side/observed.h"

#include <catga/metrics.h>

static void measure(catga_bus *bus)
{
    catga_metrics *metrics;

    bench_need(catga_metrics_open(&metrics, bus) == CATGA_OK, "catga_metrics_open");
}

int main(void)
{
    observed_request("request_metrics", "without metrics", measure);
    return 0;
}
