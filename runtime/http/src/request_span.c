/* Begins and ends spans of requests; see request_span.h. */
#include "request_span.h"

#include <stdio.h>

enum { LONGEST_TRACEPARENT = 256, LONGEST_TRACESTATE = 4096 };

/* A traceparent in several lines is invalid; those of tracestate are joined. */
static void read_headers(const http_exchange *exchange, char traceparent[LONGEST_TRACEPARENT],
                         char tracestate[LONGEST_TRACESTATE])
{
    if (http_exchange_list(exchange, "traceparent", traceparent, LONGEST_TRACEPARENT) != 1)
        traceparent[0] = '\0';
    http_exchange_list(exchange, "tracestate", tracestate, LONGEST_TRACESTATE);
}

void http_request_span_begin(http_request_span *span, catga_bus *bus, const char *scheme,
                             const http_exchange *exchange, const catga_route *route)
{
    char traceparent[LONGEST_TRACEPARENT];
    char tracestate[LONGEST_TRACESTATE];

    read_headers(exchange, traceparent, tracestate);
    span->scheme = scheme;
    span->exchange = exchange;
    span->route = route;
    catga_span_begin(&span->span, bus,
                     &(catga_span_start){.kind = CATGA_SPAN_SERVER,
                                         .operation = http_exchange_method(exchange),
                                         .target = route->path,
                                         .traceparent = catga_str(traceparent),
                                         .tracestate = catga_str(tracestate)});
}

/* Returns the path of a target, without its query. */
static catga_string path_of(const char *target)
{
    const char *path = http_path_begin(target);
    size_t length = strcspn(path, "?");

    return length == 0 ? CATGA_STR("/") : (catga_string){path, length};
}

/* Status 0: the client or the gateway closed the connection. By OpenTelemetry's semantic
 * conventions for HTTP. */
static void report(http_request_span *span, unsigned status)
{
    bool failed = status == 0 || status >= 500;
    char error[12];
    catga_span_attribute attributes[6] = {
        {"http.request.method", catga_str(http_exchange_method(span->exchange)), 0},
        {"http.route", catga_str(span->route->path), 0},
        {"url.path", path_of(http_exchange_target(span->exchange)), 0},
        {"url.scheme", catga_str(span->scheme), 0},
    };
    size_t count = 4;

    const char *closed = "the connection was closed before the request was complete";

    snprintf(error, sizeof error, "%u", status);
    if (status != 0)
        attributes[count++] =
            (catga_span_attribute){"http.response.status_code", {NULL, 0}, (int64_t)status};
    if (failed)
        attributes[count++] = (catga_span_attribute){
            "error.type", catga_str(status == 0 ? "connection_closed" : error), 0};
    catga_span_end(&span->span, &(catga_span_outcome){.failed = failed,
                                                      .status_text = status == 0 ? closed : NULL,
                                                      .attributes = attributes,
                                                      .attribute_count = count});
}

void http_request_span_end(http_request_span *span, unsigned status)
{
    if (span->exchange == NULL)
        return;
    if (catga_span_is_sampled(&span->span))
        report(span, status);
    span->exchange = NULL;
}
