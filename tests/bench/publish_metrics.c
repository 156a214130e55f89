/*
 * publish_metrics: the events of `publish`, from a bus with metrics. The other side is a bus
 * without them, in the same process.
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
    observed_publish("publish_metrics", "without metrics", measure);
    return 0;
}
