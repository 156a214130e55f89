/* The span of a request of a route: from its head to its response. */
#ifndef CATGA_HTTP_REQUEST_SPAN_H
#define CATGA_HTTP_REQUEST_SPAN_H

#include "path.h"
#include "server.h"

#include <catga/routes.h>
#include <catga/trace.h>

/* One thread at a time owns it. It must not be copied. */
typedef struct http_request_span {
    catga_active_span span;
    const char *scheme;
    const catga_route *route;
    const http_exchange *exchange; /* NULL: the span has not begun, or has ended */
} http_request_span;

/*
 * Begins the span, a child of the context in the headers traceparent and tracestate if that is
 * valid. The exchange must be valid until the span has ended.
 */
void http_request_span_begin(http_request_span *span, catga_bus *bus, const char *scheme,
                             const http_exchange *exchange, const catga_route *route);

/* Ends a span that has begun. `status` is that of the response; 0: the client left without one. */
void http_request_span_end(http_request_span *span, unsigned status);

#endif
