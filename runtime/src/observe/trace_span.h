/* Begins and ends spans: ids, sampling and time. Any thread. */
#ifndef CATGA_TRACE_SPAN_H
#define CATGA_TRACE_SPAN_H

#include "observe/trace.h"

/* Returns the limit of catga_trace for a part of the traces, from 0 to 1. */
uint64_t catga_trace_limit(double ratio);

/* Begins a span. Its headers are those of its parent, or empty; then they are its own. A span
 * without a parent that is not sampled keeps empty headers if its context `is_needed` by nobody. */
void catga_trace_begin(catga_trace *trace, catga_span_state *span, bool is_needed);

/* Has a span begin earlier: at `began_ns` on the monotonic clock, unless that is 0, unknown. */
void catga_trace_backdate(catga_span_state *span, int64_t began_ns);

/* Ends a sampled span: completes `facts` and gives them to the sink. */
void catga_trace_end(const catga_trace *trace, const catga_span_state *span, catga_span *facts);

#endif
