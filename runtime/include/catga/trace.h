/*
 * trace.h: spans of the messages of a bus, as OpenTelemetry defines them. An optional part of
 * libcatga: a program that does not use it does not link it; its messages then pass the trace
 * context on unchanged.
 *
 *     status = catga_trace_open(bus, &(catga_trace_options){.sink = keep, .ratio = 1});
 *
 * A span begins and ends with each call, event and handling of a message. Programs can add spans of
 * their own. libcatga_otlp (otlp.h) is a sink that exports spans to a collector.
 *
 * Threads. Any thread may call any function here. In a child of fork, spans are not traced.
 */
#ifndef CATGA_TRACE_H
#define CATGA_TRACE_H

#include <catga/catga.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers are those of OTLP. */
typedef enum catga_span_kind {
    CATGA_SPAN_INTERNAL = 1,
    CATGA_SPAN_SERVER = 2,   /* handles a command, a query or an HTTP request */
    CATGA_SPAN_CLIENT = 3,   /* waits for the answer of one */
    CATGA_SPAN_PRODUCER = 4, /* publishes an event */
    CATGA_SPAN_CONSUMER = 5  /* handles an event */
} catga_span_kind;

/* A fact about a span. The names are those of OpenTelemetry's semantic conventions. */
typedef struct catga_span_attribute {
    const char *name;
    catga_string text; /* absent: the value is `number` */
    int64_t number;
} catga_span_attribute;

/* A span that has ended. All texts are valid only while the sink runs. */
typedef struct catga_span {
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t parent_id[8];   /* zeros: the trace begins with this span */
    uint8_t flags;          /* of W3C Trace Context; bit 0: sampled */
    bool has_remote_parent; /* the parent is a span of another process, as far as is known */
    bool links_parent;      /* the parent is also a link: it published the event of this span */
    const char *tracestate; /* of W3C Trace Context; "" without one */
    catga_span_kind kind;
    const char *operation; /* the name of a span is operation, a space and target */
    const char *target;    /* a subject or a route; "" for a name without one */
    int64_t start_ns;      /* nanoseconds since 1970 */
    int64_t end_ns;
    bool failed;
    const char *status_text; /* why it failed; else "" */
    const catga_span_attribute *attributes;
    size_t attribute_count;
} catga_span;

/* Gets each sampled span, in the thread of its message. It must not block. */
typedef void catga_span_sink(void *user, const catga_span *span);

typedef struct catga_trace_options {
    catga_span_sink *sink;
    void *user;
    double ratio;        /* part of the traces to sample, from 0 to 1 */
    bool ignores_parent; /* sample by `ratio` only, whatever the sender of a message decided */
} catga_trace_options;

/*
 * Traces the messages of a bus from now on, until it is closed. CATGA_INVALID_ARGUMENT: no sink, a
 * ratio outside of 0 to 1, or the bus is traced already. CATGA_CLOSED, CATGA_NO_MEMORY.
 */
CATGA_CHECKED catga_status catga_trace_open(catga_bus *bus, const catga_trace_options *options);

/* ---- Spans of programs ---- */

/*
 * A program can add spans of its own, each from catga_span_begin to catga_span_end:
 *
 *     catga_active_span span;
 *     catga_span_begin(&span, bus, &(catga_span_start){.operation = "import"});
 *     status = shop_orders_create_order_call(catga_span_bus(&span), &order, &reply);
 *     catga_span_end(&span, &(catga_span_outcome){.failed = status != CATGA_OK});
 *
 * On a bus that is not traced, these functions only pass the context of the parent on, and do not
 * link the traces. One thread at a time may use a span. Its bus follows the rules of the bus that
 * it was begun with: in a handler, the span ends before the handler returns.
 */

/* How a span begins. */
typedef struct catga_span_start {
    catga_span_kind kind;     /* 0: CATGA_SPAN_INTERNAL */
    const char *operation;    /* valid until the span has ended, as `target` */
    const char *target;       /* NULL: none */
    catga_string traceparent; /* the parent, if valid; else it is the span of the bus, if any */
    catga_string tracestate;
} catga_span_start;

/* How a span ends. All zero: it has succeeded, without attributes. */
typedef struct catga_span_outcome {
    bool failed;
    const char *status_text; /* why it failed; may be NULL */
    const catga_span_attribute *attributes;
    size_t attribute_count;
} catga_span_outcome;

/* The headers of a trace context. */
typedef struct catga_trace_headers {
    char traceparent[56]; /* "": no context */
    char tracestate[513];
} catga_trace_headers;

/* The state of a span, which belongs to the library. */
typedef struct catga_span_state {
    catga_trace_headers headers; /* of the span; of its parent if the bus is not traced */
    uint8_t parent_id[8];
    bool has_parent;
    bool has_remote_parent;
    bool is_traced;
    bool is_sampled;
    int64_t start_ns; /* of a sampled span: nanoseconds since 1970 */
    int64_t began_ns; /* of a sampled span: the same moment on the monotonic clock */
} catga_span_state;

/* A span under way. Its members belong to the library. It must not be copied. */
typedef struct catga_active_span {
    catga_bus bus;
    catga_span_state state;
    catga_span_start start;
} catga_active_span;

/*
 * Begins a span. Its parent is `start->traceparent`, or else the span of the bus: of the handler,
 * for catga_context_bus; of another span, for catga_span_bus; otherwise the span begins a trace.
 */
void catga_span_begin(catga_active_span *span, catga_bus *bus, const catga_span_start *start);

/* Returns a bus whose calls, events and spans are children of the span, until that ends. */
catga_bus *catga_span_bus(catga_active_span *span);

/* Return the context of the span, to pass it on in other protocols; "" without one. Valid as long
 * as the span. */
const char *catga_span_traceparent(const catga_active_span *span);
const char *catga_span_tracestate(const catga_active_span *span);

/* Returns whether the sink will get the span. Otherwise it needs no attributes. */
bool catga_span_is_sampled(const catga_active_span *span);

/* Ends a span, once. NULL: it has succeeded, without attributes. */
void catga_span_end(catga_active_span *span, const catga_span_outcome *outcome);

#ifdef __cplusplus
}
#endif

#endif
