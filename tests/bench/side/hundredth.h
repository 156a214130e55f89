/*
 * hundredth.h: samples a hundredth of the traces of a bus.
 */
#ifndef SIDE_HUNDREDTH_H
#define SIDE_HUNDREDTH_H

#include "../bench.h"

#include <catga/trace.h>

static void drop_span(void *user, const catga_span *span)
{
    (void)user;
    bench_keep(span);
}

static inline void trace_a_hundredth(catga_bus *bus)
{
    const catga_trace_options options = {.sink = drop_span, .ratio = 0.01};

    bench_need(catga_trace_open(bus, &options) == CATGA_OK, "catga_trace_open");
}

#endif
