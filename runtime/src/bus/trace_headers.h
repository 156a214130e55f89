/* The headers of a trace context: from a received message to messages on its behalf. */
#ifndef CATGA_TRACE_HEADERS_H
#define CATGA_TRACE_HEADERS_H

#include "base/trace_context.h"
#include "transport/transport.h"

#include <catga/trace.h>

#define CATGA_HEADER_TRACEPARENT "traceparent"
#define CATGA_HEADER_TRACESTATE  "tracestate"

/* Number of headers that catga_trace_headers_add adds at most. */
enum { CATGA_TRACE_HEADERS = 2 };

_Static_assert(sizeof((catga_trace_headers *)0)->traceparent == CATGA_TRACEPARENT_SIZE &&
                   sizeof((catga_trace_headers *)0)->tracestate == CATGA_TRACESTATE_MAX + 1,
               "the public structure has room for each value");

static inline void catga_trace_headers_clear(catga_trace_headers *headers)
{
    headers->traceparent[0] = '\0';
    headers->tracestate[0] = '\0';
}

/* Copies the context of a peer. Returns false, and an empty copy, if the traceparent is invalid. An
 * invalid tracestate is omitted. */
bool catga_trace_headers_copy(catga_trace_headers *copy, catga_string traceparent,
                              catga_string tracestate);

/* Copies the context of a received message: empty without a valid one. */
void catga_trace_headers_read(catga_trace_headers *copy,
                              const catga_transport_operations *operations,
                              const catga_incoming *from);

/* Adds the values that are not empty to `all`, the headers of `to`. */
void catga_trace_headers_add(const catga_trace_headers *headers, catga_outgoing *to,
                             catga_header *all);

#endif
