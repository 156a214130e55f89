/* Begins and ends spans: ids, sampling and time. Any thread. */
#ifndef CATGA_TRACE_SPAN_H
#define CATGA_TRACE_SPAN_H

#include "observe/trace.h"

/* Returns the limit of catga_trace for a part of the traces, from 0 to 1. */
uint64_t catga_trace_limit(double ratio);

/* Begins a span. Its headers are those of its parent, or empty: then it begins a trace. They are
 * its own from then on. */
void catga_trace_begin(catga_trace *trace, catga_span_state *span);

/*
 * Decides whether a trace is sampled that needs no context otherwise. Costs a tenth of an id. A
 * trace that is sampled begins with catga_trace_begin_drawn: its id says so, and is as likely as
 * any id that says so.
 */
bool catga_trace_draws(const catga_trace *trace);
void catga_trace_begin_drawn(catga_trace *trace, catga_span_state *span);

/* Has a span begin earlier: at `began_ns` on the monotonic clock, unless that is 0, unknown. */
void catga_trace_backdate(catga_span_state *span, int64_t began_ns);

/* Ends a sampled span: completes `facts` and gives them to the sink. */
void catga_trace_end(const catga_trace *trace, const catga_span_state *span, catga_span *facts);

#endif
