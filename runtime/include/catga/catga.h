/*
 * catga.h: the functions that programs call beside generated code. This header is the manual of the
 * runtime.
 *
 * A service calls, in this order:
 *
 *     catga_bus *bus;
 *     catga_status status = catga_open(&bus, NULL);                  connects
 *     status = shop_orders_order_service_serve(bus, &service, user); subscribes the handlers
 *     status = catga_run(bus);                                       until SIGTERM or SIGINT
 *     catga_close(bus);
 *
 * A client calls catga_open, any number of generated ..._call, ..._send and ..._publish, and
 * catga_close.
 *
 * Threads. Any thread may call any function of a bus. catga_close is the last call: when it begins,
 * no other thread may be in a function of the bus, or call one later. Handlers run on threads of
 * the runtime. A handler runs one message at a time, or options.workers messages; different
 * handlers run in parallel. Callbacks of ..._send run on the threads that receive answers, possibly
 * in parallel. They may publish and send. A function that would wait for the handler or callback
 * that calls it, such as a ..._call in a callback, returns CATGA_WOULD_DEADLOCK at once.
 *
 * Ownership. Results belong to the bus and are valid as long as the bus, unless a function says
 * otherwise. Views point into the bytes of their message, and are valid as long as these.
 *
 * Processes. A child of fork has a copy of the bus, without its threads and its connection: it
 * should call exec or _exit. There, catga_close and catga_stop do nothing, and all other functions
 * of the bus return CATGA_CLOSED. A child can open a bus of its own on NATS only if its parent
 * never opened one on NATS before the fork (else catga_open returns CATGA_CLOSED), and on a local
 * server of its own always. Descriptors of the runtime are close-on-exec, and none is 0, 1 or 2:
 * before it connects to NATS, the runtime opens /dev/null for each closed standard stream.
 *
 * Trust. Options and generated tables are trusted. Messages are not: they are verified before a
 * handler or a caller sees them.
 */
#ifndef CATGA_CATGA_H
#define CATGA_CATGA_H

#include <catga/defaults.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CATGA_VERSION "0.1.0"

#if defined(__GNUC__)
#define CATGA_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define CATGA_CHECKED             __attribute__((warn_unused_result))
#define CATGA_COLD                __attribute__((cold))
#define CATGA_NOINLINE            __attribute__((noinline))
#define CATGA_UNLIKELY(condition) __builtin_expect((condition), 0)
#define CATGA_INLINE              static inline __attribute__((always_inline))
#else
#define CATGA_PRINTF(text, first)
#define CATGA_CHECKED
#define CATGA_COLD
#define CATGA_NOINLINE
#define CATGA_UNLIKELY(condition) (condition)
#define CATGA_INLINE              static inline
#endif

/* ---- Status ---------------------------------------------------------------------------------- */

/* The result of a function; status.def has the sentences. CATGA_OK is 0. */
typedef enum catga_status {
#define STATUS(name, code, sentence) CATGA_##name,
#include <catga/status.def>
#undef STATUS
    CATGA_STATUS_COUNT
} catga_status;

/* Return the name ("CATGA_TIMEOUT") and the sentence of a status: constants, never NULL. */
const char *catga_status_name(catga_status status);
const char *catga_status_text(catga_status status);

/*
 * Discards a status on purpose. Compilers warn when a program ignores the status of a call, a
 * stored event, a reply, an error function, or any other function that is marked CATGA_CHECKED.
 */
static inline void catga_ignore(catga_status status)
{
    (void)status;
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* UTF-8 text with a length, not terminated; it may contain any character, also NUL. data == NULL
 * means absent; an empty string has data and length 0. */
typedef struct catga_string {
    const char *data;
    size_t length;
} catga_string;

/* Bytes with a length; data == NULL means absent. */
typedef struct catga_bytes {
    const uint8_t *data;
    size_t length;
} catga_bytes;

/* Make a catga_string of a literal, and of terminated text (NULL gives the absent string),
 * without a copy. */
#ifdef __cplusplus
#define CATGA_STR(literal) (catga_string{"" literal, sizeof(literal) - 1})
#else
#define CATGA_STR(literal) ((catga_string){"" literal, sizeof(literal) - 1})
#endif
static inline catga_string catga_str(const char *text)
{
    catga_string string = {text, text == NULL ? 0 : strlen(text)};

    return string;
}

/* For printf: "%.*s", CATGA_PRINT(string). */
#define CATGA_PRINT(string) ((int)(string).length), ((string).data == NULL ? "" : (string).data)

static inline bool catga_string_equal(catga_string a, catga_string b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/*
 * Messages to send. The macro of a table sets the named fields; all others get the defaults of the
 * schema:
 *
 *     shop_orders_create_order_call(
 *         bus, &SHOP_ORDERS_CREATE_ORDER(.product_id = CATGA_STR("PROD-001")), &reply);
 *
 *     shop_orders_create_order command = SHOP_ORDERS_CREATE_ORDER(.quantity = 3);
 *     command.product_id = catga_str(product);
 *
 * A struct without the macro, such as (shop_orders_create_order){.quantity = 3}, has zeros instead
 * of the defaults. In C, the result of the macro is a compound literal, valid until the end of its
 * block. In C++ it is a temporary object, valid during the call; fields are named in their order,
 * and `shop_orders_create_order command{};` has the defaults, too. Outside of functions, use
 * SHOP_ORDERS_CREATE_ORDER_INIT in C: every field at its default.
 */

/* Makes a slice of a C array, for a vector field: .quantities = CATGA_SLICE(array). */
/* clang-format off */
#define CATGA_SLICE(array) {(array), sizeof(array) / sizeof((array)[0])}
/* clang-format on */

/* Makes a present optional scalar: .discount = CATGA_SOME(5). */
/* clang-format off */
#define CATGA_SOME(value) {true, (value)}
/* clang-format on */

/* Assigns them: CATGA_SET(order.discount, CATGA_SOME(5)); CATGA_SET(order.quantities,
 * CATGA_SLICE(array)). */
#ifdef __cplusplus
#define CATGA_SET(member, ...) ((void)((member) = decltype(member) __VA_ARGS__))
#else
#define CATGA_SET(member, ...) ((void)((member) = (__typeof__(member))__VA_ARGS__))
#endif

/*
 * For each scalar type: catga_u32_slice (elements to send), catga_u32_vector (elements received,
 * read with catga_u32_at from gen.h) and catga_optional_u32.
 */
#define CATGA_SCALAR(name, type)                                                                   \
    typedef struct catga_##name##_slice {                                                          \
        const type *data;                                                                          \
        size_t length;                                                                             \
    } catga_##name##_slice;                                                                        \
    typedef struct catga_##name##_vector {                                                         \
        const uint8_t *data; /* little-endian, at any address */                                   \
        size_t length;       /* elements */                                                        \
    } catga_##name##_vector;                                                                       \
    typedef struct catga_optional_##name {                                                         \
        bool present;                                                                              \
        type value;                                                                                \
    } catga_optional_##name;
#include <catga/scalars.def>
#undef CATGA_SCALAR

typedef struct catga_string_slice {
    const catga_string *data;
    size_t length;
} catga_string_slice;

typedef struct catga_string_vector {
    const uint8_t *data;
    size_t length;
} catga_string_vector;

/* decimal(N): an integer of 10^-N units; 5999.99 of a decimal(2) is 599999. */
#define CATGA_DECIMAL_TEXT 24
/* Writes `value` with `digits` decimals ("5999.99") to text[CATGA_DECIMAL_TEXT]; returns text. */
char *catga_decimal_text(int64_t value, unsigned digits, char text[CATGA_DECIMAL_TEXT]);
/* Reads a number in the syntax of JSON into *value with `digits` decimals: "5999.99", "-0.5",
 * "6e3". Returns false if the text is not a number, has more decimals that are not 0, or does
 * not fit; *value is then unspecified, here and below. */
CATGA_CHECKED bool catga_decimal_parse(catga_string text, unsigned digits, int64_t *value);

/* timestamp: nanoseconds since 1970-01-01T00:00:00Z; duration: nanoseconds. */
#define CATGA_TIMESTAMP_TEXT 32
int64_t catga_timestamp_now(void);
/* Writes RFC 3339 in UTC ("2025-10-10T10:00:00.123456789Z", no fraction when it is 0) to text;
 * returns text. */
char *catga_timestamp_text(int64_t timestamp, char text[CATGA_TIMESTAMP_TEXT]);
/* Reads RFC 3339 with any offset ("2025-10-10T12:00:00+02:00"). Returns false if the text is not
 * such a time, has a second 60, or is outside 1677-09-21T00:12:43.145224192Z to
 * 2262-04-11T23:47:16.854775807Z. */
CATGA_CHECKED bool catga_timestamp_parse(catga_string text, int64_t *timestamp);
#define CATGA_DURATION_TEXT 24
/* Writes seconds ("1.5s") to text; returns text. */
char *catga_duration_text(int64_t duration, char text[CATGA_DURATION_TEXT]);
/* Reads seconds. Returns false if the text is not a number followed by "s", or does not fit. */
CATGA_CHECKED bool catga_duration_parse(catga_string text, int64_t *duration);

/* uuid: 16 bytes in the order of its text (RFC 9562). */
typedef struct catga_uuid {
    uint8_t bytes[16];
} catga_uuid;
typedef struct catga_uuid_slice {
    const catga_uuid *data;
    size_t length;
} catga_uuid_slice;
typedef struct catga_uuid_vector {
    const uint8_t *data;
    size_t length;
} catga_uuid_vector;
#define CATGA_UUID_TEXT 37
/* Writes "6ba7b810-9dad-11d1-80b4-00c04fd430c8" to text; returns text. */
char *catga_uuid_text(catga_uuid uuid, char text[CATGA_UUID_TEXT]);
/* Reads that text, with letters of either case. Returns false for another form. */
CATGA_CHECKED bool catga_uuid_parse(catga_string text, catga_uuid *uuid);
/* Returns a new random uuid (version 4) from a secure random source. */
catga_uuid catga_uuid_random(void);

/* Memory of the caller for unpacked and parsed messages, used from its start. Objects in it are
 * valid as long as the memory. Setting `used` back to an earlier value frees all later objects.
 * `data` must be aligned as malloc does. */
typedef struct catga_arena {
    void *data;
    size_t capacity;
    size_t used;
} catga_arena;

/* How a JSON reader handles members that are not in the schema. */
typedef enum catga_unknown { CATGA_REFUSE_UNKNOWN, CATGA_SKIP_UNKNOWN } catga_unknown;

/* The reason of a refusal, with the path of the field: "lines[3].product_id: longer than 64". */
#define CATGA_PROBLEM_TEXT 160
typedef struct catga_problem {
    char text[CATGA_PROBLEM_TEXT];
} catga_problem;

/* The error of a failed call. The strings are valid until the reply is freed. */
typedef struct catga_error {
    uint32_t code;     /* declared, or of the runtime (400, 408, ...); 0 without an error */
    catga_string name; /* "shop.orders.OrderError.ProductNotFound"; empty unless declared */
    catga_string text; /* one line for people; may be empty */
} catga_error;

/* ---- The bus --------------------------------------------------------------------------------- */

typedef struct catga_bus catga_bus;         /* a connection with its services and calls */
typedef struct catga_context catga_context; /* a message in a handler */
typedef struct catga_local catga_local;     /* a server inside this process */
typedef struct catga_transport_kind catga_transport_kind; /* a way to a server */
typedef struct catga_claim_store catga_claim_store;       /* a store of claims; see below */

/* A level includes the levels before it. ERROR: lost messages, and failures to start. WARNING
 * (the default): failures that the runtime retries, such as a failed connection. INFO: the
 * connected server; each served subject with its queue group or consumer. DEBUG: each sent or
 * handled message with subject, id, size and outcome. */
typedef enum catga_log_level {
    CATGA_LOG_ERROR = 1,
    CATGA_LOG_WARNING,
    CATGA_LOG_INFO,
    CATGA_LOG_DEBUG
} catga_log_level;

/* The form of log lines on standard error. TEXT: time, "catga", level and text. JSON: one object
 * for each line, for collectors of logs. Its members: `time` (RFC 3339, UTC, microseconds),
 * `level`, `instance`, `text`; for a line about a message that is handled also `service`,
 * `message_id`, `correlation_id` and `trace_id`. Members without a value are absent. A line has at
 * most 4096 bytes and is written at once; its text is cut. */
typedef enum catga_log_format { CATGA_LOG_TEXT = 1, CATGA_LOG_JSON } catga_log_format;

/* Receives log lines of the runtime as text, whatever the format, on any thread. `text` has no line
 * end and no control characters. */
typedef void catga_log_function(void *user, catga_log_level level, const char *text);

/* A header of a message. Names are case-sensitive. */
typedef struct catga_header {
    const char *name;
    const char *value;
} catga_header;

/* The middleware and the handler that a middleware has around it; see "Middleware". */
typedef struct catga_next catga_next;

/* A function around the handlers of a bus; see "Middleware". */
typedef struct catga_middleware {
    catga_status (*run)(catga_context *context, catga_next *next, void *user);
    void *user;
} catga_middleware;

/* Limit of the middleware of a bus. */
#define CATGA_MIDDLEWARE_MAX 16

/* The options of a bus; all zero is all defaults. catga_open copies texts. An option overrides
 * its environment variable, which overrides the default. Each comment ends with the variables
 * and the default. */
typedef struct catga_options {
    /* nats:// addresses, separated by commas; CATGA_SERVERS, NATS_URL, nats://127.0.0.1:4222 */
    const char *servers;
    /* name of the connection in the server's monitoring; CATGA_NAME, the instance */
    const char *name;
    /* name of this process, different for each replica; CATGA_INSTANCE, NODE_ID, HOSTNAME, the name
     * of the host: set it if replicas share a host */
    const char *instance;
    /* first tokens of every subject; CATGA_PREFIX, "catga" */
    const char *prefix;
    /* server inside the process, instead of NATS */
    catga_local *local;
    /* transport of an optional library, such as that of <catga/redis.h>, which has its own
     * variables and default of `servers`; NULL: NATS */
    const catga_transport_kind *transport;
    /* how long catga_open waits for a server, and ..._serve for a cluster that cannot store yet;
     * -1: without a limit; CATGA_CONNECT_WAIT_MS, 10000 */
    int connect_wait_ms;
    /* how long draining waits for running handlers; CATGA_DRAIN_WAIT_MS, 10000 */
    int drain_wait_ms;
    /* pause between two pings of the server; CATGA_PING_INTERVAL_MS, 500 */
    int ping_interval_ms;
    /* limit of unanswered pings: the connection counts as lost when the server sends nothing for
     * (max_pings_out + 1) * ping_interval_ms, or no answer to a ping for ten times as long;
     * CATGA_MAX_PINGS_OUT, 2 */
    unsigned max_pings_out;
    /* messages that a handler works on at once, except broadcasts; CATGA_WORKERS, 1 */
    unsigned workers;
    /* limit of calls that wait for their answer; CATGA_IN_FLIGHT, 4096 */
    unsigned in_flight;
    /* limit of bytes that ..._send and ..._publish_async keep for retries, of payloads over 4096
     * bytes; CATGA_IN_FLIGHT_BYTES, 67108864 */
    unsigned in_flight_bytes;
    /* limit of requests that wait for a worker; more are answered 429; CATGA_BACKLOG, 4096 */
    unsigned backlog;
    /* limit of events that wait for a worker; more are dropped; CATGA_PENDING, 65536 */
    unsigned pending;
    /* limit of bytes that wait for the workers of one handler, beside the limits of messages; one
     * message is always admitted; CATGA_PENDING_BYTES, 67108864 */
    unsigned pending_bytes;
    /* a stored event is redelivered after so long without an in-progress ack of its replica;
     * CATGA_ACK_WAIT_MS, 5000 */
    int ack_wait_ms;
    /* limit of stored events that all replicas of a handler hold; CATGA_UNACKNOWLEDGED, 256 */
    unsigned unacknowledged;
    /* a replica loses its claims after so long without an answer; CATGA_LEASE_MS, 2000 */
    int lease_ms;
    /* MiB of a claim bucket that the runtime creates: for the claims of one @idempotent command, or
     * of the exactly_once events of one stream; CATGA_CLAIM_BUCKET_MIB, 1024 */
    unsigned claim_bucket_mib;
    /* store of claims, copied; NULL: the NATS server */
    const catga_claim_store *claims;
    /* servers of a cluster that keep a stored event or a claim; CATGA_REPLICAS, 1 */
    unsigned replicas;
    /* middleware around every handler, the outermost first, copied */
    const catga_middleware *middleware;
    size_t middleware_count;
    /* receives log lines; NULL: standard error */
    catga_log_function *log;
    void *log_user;
    /* lowest level of log lines; 0: not set; CATGA_LOG = error, warning, info, debug; warning */
    catga_log_level log_level;
    /* form of lines on standard error; 0: not set; CATGA_LOG_FORMAT = text, json; text */
    catga_log_format log_format;
} catga_options;

/* Connects, and returns the bus in *bus; `options` may be NULL. Retries for connect_wait_ms.
 * After the first connection, the runtime reconnects without a limit, with jitter. Returns
 * CATGA_INVALID_ARGUMENT (an option or environment variable; the log names it and the accepted
 * values), CATGA_DISCONNECTED, CATGA_NOT_PERMITTED, CATGA_CLOSED (in a forked child, see above)
 * or CATGA_NO_MEMORY; *bus is then NULL. */
CATGA_CHECKED catga_status catga_open(catga_bus **bus, const catga_options *options);

/* Waits for SIGTERM, SIGINT or catga_stop, then drains. Blocks the two signals in the calling
 * thread while it runs; the runtime's threads have them blocked. A program with own threads must
 * block them there before catga_run, or a signal may end the process. A second signal while
 * draining ends the wait at once. Returns the result of catga_drain, or CATGA_CLOSED if the
 * connection was lost for good, or CATGA_WOULD_DEADLOCK in a handler or callback. */
CATGA_CHECKED catga_status catga_run(catga_bus *bus);

/* Waits for SIGTERM, SIGINT or catga_stop, as catga_run does, and does not drain: the program
 * first ends its other work, and then calls catga_drain. Blocks the two signals in the calling
 * thread, and leaves them blocked: a second signal stays pending, so it cannot end the process
 * before it has drained. To let a second signal end the wait for handlers, call catga_stop and
 * catga_run in place of catga_drain. Returns CATGA_OK; CATGA_CLOSED if the connection was lost for
 * good; CATGA_WOULD_DEADLOCK in a handler or callback; CATGA_NO_MEMORY. */
CATGA_CHECKED catga_status catga_wait(catga_bus *bus);

/* Makes catga_run drain and return, and catga_wait return, like SIGTERM. Handlers and signal
 * handlers may call it. */
void catga_stop(catga_bus *bus);

/* Stops taking messages, lets running and waiting handlers finish, and flushes sent messages.
 * From then on calls return CATGA_DRAINING, except calls of handlers that finish. Returns
 * CATGA_OK; CATGA_TIMEOUT if handlers still ran after drain_wait_ms; CATGA_DISCONNECTED if all
 * handlers have finished, but sent messages may not have arrived; CATGA_WOULD_DEADLOCK in a
 * handler or callback of this bus. */
catga_status catga_drain(catga_bus *bus);

/* Waits at most timeout_ms until all sent messages have reached the server. Returns CATGA_OK,
 * CATGA_TIMEOUT or CATGA_DISCONNECTED. */
catga_status catga_flush(catga_bus *bus, int timeout_ms);

/* Has the messages that this thread sends, until catga_gather_end, leave together: with
 * catga_gather_send, or within a millisecond or so. This saves system calls of all processes, for
 * a loop that sends many messages, as that of a gateway. A function that waits for an answer sends
 * at once. Meanwhile, messages of other buses leave within a millisecond or so too. Pairs of _begin
 * and _end nest. The thread ends its gathering before it ends, and before the bus is closed. */
void catga_gather_begin(catga_bus *bus);
void catga_gather_send(catga_bus *bus);

/* Sends what is gathered. The outermost _end ends the gathering of this thread. */
void catga_gather_end(catga_bus *bus);

/* Drains the bus if necessary, closes the connection, ends the calls under way, and frees the
 * bus, in this order. Replies must be freed before. Pending callbacks of ..._send get
 * CATGA_CLOSED, and may call every function of the bus: functions that send or wait return
 * CATGA_CLOSED there. If a handler does not return, the bus is not freed. In a handler or
 * callback of the bus, logs an error and does nothing: call catga_stop there, and close after
 * catga_run. NULL is allowed. */
void catga_close(catga_bus *bus);

/* Returns the name of this process among the replicas of its service. */
const char *catga_instance(const catga_bus *bus);

/* Returns true while the bus is connected. */
bool catga_connected(const catga_bus *bus);

/* Returns whether the bus can do its work now, for health checks: CATGA_OK; CATGA_DISCONNECTED;
 * CATGA_DRAINING or CATGA_CLOSED; or CATGA_REFUSED while a stream, bucket or consumer in use is
 * missing or unusable, which the log explains. */
catga_status catga_ready(const catga_bus *bus);

/* Returns the counters of the bus since it was opened. */
typedef struct catga_counters {
#define COUNTER(name, sentence) uint64_t name;
#include <catga/counters.def>
#undef COUNTER
} catga_counters;
catga_counters catga_count(const catga_bus *bus);

/* Writes a line to the log of the bus, if its level is logged. In a handler or middleware, a line
 * of JSON has the ids of the message. Do not end `format` with a line end. */
void catga_log_line(const catga_bus *bus, catga_log_level level, const char *format, ...)
    CATGA_PRINTF(3, 4);

/* ---- Headers of calls ------------------------------------------------------------------------ */

/* A bus. Programs use pointers to it, and values of catga_with_headers; the members belong to the
 * library. */
struct catga_bus {
    struct catga_bus_state *state;
    struct catga_context *context;
    const struct catga_span_state *span; /* trace.h */
    const catga_header *headers;
    size_t header_count;
};

#define CATGA_HEADERS_MAX      8    /* limit of the headers of a call */
#define CATGA_HEADER_VALUE_CAP 4096 /* longest value of one, in bytes */

/*
 * Returns a bus whose commands and queries carry headers, for middleware of the service:
 *
 *     const catga_header login[] = {{"Authorization", token}};
 *     catga_bus with = catga_with_headers(bus, login, 1);
 *     status = shop_orders_create_order_call(&with, &command, &reply);
 *
 * `headers` are needed as long as the result is used; a ..._send copies them. The result replaces
 * the headers of `bus`, and is used instead of it. A name is 1 to 64 of A-Z a-z 0-9 _ -, given
 * once. Reserved, in any case, are Nats-..., Catga-..., traceparent, tracestate, Status and
 * Description. A value is 1 to 4096 bytes without control characters, and without blanks at its
 * ends. Otherwise, and beyond CATGA_HEADERS_MAX headers, calls return CATGA_INVALID_ARGUMENT, and
 * error.text names the header. Events carry no headers: publishing returns CATGA_INVALID_ARGUMENT.
 */
static inline catga_bus catga_with_headers(const catga_bus *bus, const catga_header *headers,
                                           size_t count)
{
    catga_bus with = {bus->state, bus->context, bus->span, headers, count};

    return with;
}

/* ---- Inside a handler ------------------------------------------------------------------------ */

/* A handler returns CATGA_OK after success (for a command or query, after the generated
 * ..._reply), the result of a generated error function, or another status, which the caller gets
 * as CATGA_HANDLER_FAILED. The context and the message are valid until the handler returns. */

/* Returns the pointer given to ..._serve. */
void *catga_context_user(const catga_context *context);

/* Returns the bus for calls and events on behalf of the message: they share its remaining
 * deadline. Valid as long as the context. */
catga_bus *catga_context_bus(catga_context *context);

/* Returns the id that all attempts of one command share; empty for a query and for an event that
 * may be lost. */
catga_string catga_context_message_id(const catga_context *context);

/* Returns the correlation id: the id of the first message of a chain. Messages sent through
 * catga_context_bus carry it on. Empty if the first message had no id. */
catga_string catga_context_correlation_id(const catga_context *context);

/* Returns the trace context of the message, a traceparent of W3C Trace Context; empty without a
 * valid one. On a traced bus (trace.h) it is that of the handler's span. Messages sent through
 * catga_context_bus carry it on, or are children of the span. */
catga_string catga_context_traceparent(const catga_context *context);

/* Returns the subject of the message. */
catga_string catga_context_subject(const catga_context *context);

/* Returns the name of the message in its schema: "shop.orders.CreateOrder". */
catga_string catga_context_message_name(const catga_context *context);

/* Returns the name of the service whose handler gets the message: "OrderService". */
catga_string catga_context_service(const catga_context *context);

/* Returns a header of the message, such as one of catga_with_headers; absent without it. Another
 * program may have set it: trust nothing in it without a check. Valid as long as the context. */
catga_string catga_context_header(const catga_context *context, const char *name);

/* Returns the bytes of the message, which are valid; the generated ..._open reads them. A message
 * with @encoding(json) or raw is converted to these bytes. */
catga_bytes catga_context_payload(const catga_context *context);

/* Returns the milliseconds until the caller gives up; 0 if it has, INT64_MAX for an event. */
int64_t catga_context_remaining_ms(const catga_context *context);

/* For handlers of stored events, as their result: the event is redelivered after `delay_ms`, or
 * for a negative delay after the schema's pause. The run counts as an attempt. (Any status other
 * than CATGA_OK does the same with the schema's pause.) */
CATGA_CHECKED catga_status catga_retry_after(catga_context *context, int64_t delay_ms);

/* For handlers of stored events, as their result: no attempt can succeed. The event becomes a
 * dead letter at once, with the reason. */
CATGA_CHECKED catga_status catga_reject(catga_context *context, const char *format, ...)
    CATGA_PRINTF(2, 3);

/*
 * For middleware and handlers, as their result, before any effect: refuses the message. After
 * catga_run_next, a denial of a middleware fails the message instead (CATGA_HANDLER_FAILED).
 * `status` is
 *
 *     CATGA_NOT_PERMITTED   the caller may not do this; calls end with this status
 *     CATGA_OVERLOADED      the caller sends too much; it retries within its deadline
 *
 * The caller of a command or query gets the status, its code (403, 429) and the text. A refused
 * @idempotent command stores no answer: the next call with its id and the same bytes runs. An event
 * has no caller: CATGA_NOT_PERMITTED is catga_reject, CATGA_OVERLOADED is catga_retry_after with
 * the schema's pause. Any other status is a failure of the handler.
 */
CATGA_CHECKED catga_status catga_deny(catga_context *context, catga_status status,
                                      const char *format, ...) CATGA_PRINTF(3, 4);

/* Returns the number of this attempt, from 1; 1 for messages that are not stored. An attempt is
 * a run that started, in any replica. A run that died with its process counts, except in the
 * first delivery of an event that is not claimed. */
uint32_t catga_context_attempt(const catga_context *context);

/* ---- Middleware ------------------------------------------------------------------------------ */

/*
 * A middleware is a function around every handler of a bus: of commands, queries and events. It
 * runs in the thread of the handler, after the message is verified and claimed. It uses the context
 * like a handler: properties of the message, catga_context_bus, answers. Its result means the same
 * as the handler's, which it replaces:
 *
 *     static catga_status measure(catga_context *context, catga_next *next, void *user)
 *     {
 *         int64_t began = catga_timestamp_now();
 *         catga_status status = catga_run_next(next);
 *         add(user, catga_context_message_name(context), catga_timestamp_now() - began);
 *         return status;
 *     }
 *
 * A middleware calls catga_run_next once; or it answers by a generated ..._reply or error function;
 * or it returns catga_deny, catga_reject, catga_retry_after or another failure. CATGA_OK without
 * an answer and without catga_run_next is a failure (CATGA_HANDLER_FAILED), also for an event. A
 * second catga_run_next runs nothing, logs an error, and returns CATGA_INVALID_ARGUMENT.
 *
 * A repeated @idempotent command gets its first answer, and an exactly_once event that was handled
 * is acknowledged, without middleware and handler.
 */

/* Runs the next middleware, or after the last one the handler. Returns its result. */
CATGA_CHECKED catga_status catga_run_next(catga_next *next);

/* ---- Families of events ---------------------------------------------------------------------- */

/* An event of a family: of `on shop.orders.* group as audit`. The handler compares `message` with a
 * generated descriptor, and reads `table` with the view of that event:
 *
 *     if (event->message == &shop_orders_order_paid_message_descriptor) {
 *         shop_orders_order_paid_view paid = {event->table};
 *         ...
 *     }
 *
 * catga_context_subject, catga_context_payload and the other functions of contexts work as in every
 * handler. */
typedef struct catga_event {
    const struct catga_message *message; /* see gen.h */
    const char *name;                    /* "shop.orders.OrderPaid" */
    const uint8_t *table;                /* verified, valid until the handler returns */
} catga_event;

/* Writes the event as JSON on one line; returns its length, as snprintf does. */
size_t catga_event_print(const catga_event *event, char *text, size_t capacity);

/*
 * For handlers of events, of a family or not: publishes the event on another bus, perhaps of
 * another transport, for bridges between servers:
 *
 *     static catga_status my_forward(catga_context *context, const catga_event *event)
 *     {
 *         return catga_event_forward(catga_context_user(context), context);
 *     }
 *
 * The other subscribers get the same bytes, keys, correlation id and trace context, under the
 * prefix of `to`; headers of other programs are not copied. The event is published by its own QoS:
 * a stored event waits, at most the @timeout of the event, until the other stream has stored it.
 * That has the same message id in each delivery. So an event that is delivered again, because the
 * bridge died between storing and acknowledging it, is stored once within the window of @dedup. An
 * event whose publisher gave it no id, or one longer than 64 bytes, has an id made of its number
 * and time in its stream; a replay of its dead letter has a random id.
 *
 * `to` belongs to the caller: close it after the bus of the handler is drained. Several handlers
 * may forward to one bus at once. Returns what ..._publish returns; CATGA_INVALID_ARGUMENT if `to`
 * is the bus of the handler, or if the message is a command, a query, or an event that is only
 * received because its subject has wildcards. Two bridges in opposite directions return each event
 * to its origin: a stored event is a duplicate there, but Redis stores it there once more, unless
 * its publisher gave it an id. An event that may be lost would circulate for ever.
 */
CATGA_CHECKED catga_status catga_event_forward(catga_bus *to, const catga_context *context);

/* ---- Stored events --------------------------------------------------------------------------- */

/* Stored events (@qos(at_least_once), exactly_once) and @idempotent commands need JetStream,
 * which nats-server disables by default: start it with -js, or add jetstream {} to its
 * configuration. Otherwise serving and publishing return CATGA_NO_JETSTREAM. */

/* The place of a stored event, which ..._publish_stored returns. */
#define CATGA_STREAM_NAME_SIZE 256
typedef struct catga_stored {
    char stream[CATGA_STREAM_NAME_SIZE]; /* name at the server, with the prefix of the bus */
    uint64_t sequence;                   /* of the event in the stream */
    bool duplicate; /* an earlier attempt, or another publisher of its id, has stored the event */
} catga_stored;

/* Gets the outcome of ..._publish_async. CATGA_OK: the event is stored. CATGA_TIMEOUT,
 * CATGA_CLOSED: unknown. Other status: not stored. The callback may publish and send; functions
 * that wait return CATGA_WOULD_DEADLOCK. */
typedef void catga_published(catga_status status, const catga_error *error, void *user);

/* Does the same for ..._publish_stored_async, with the place of the event. After another status
 * than CATGA_OK its sequence is 0. `stored` is valid until the callback returns. */
typedef void catga_published_at(catga_status status, const catga_stored *stored,
                                const catga_error *error, void *user);

/* ---- Streams --------------------------------------------------------------------------------- */

/* The state of a stream. */
typedef struct catga_stream_state {
    uint64_t messages;
    uint64_t bytes;          /* of the messages, headers included */
    uint64_t first_sequence; /* of the first message; without messages one more than the last */
    uint64_t last_sequence;  /* of the last message that the stream ever stored */
    int64_t first_ns;   /* times of these messages in nanoseconds since 1970, by the server's */
    int64_t last_ns;    /* clock; 0: there is none */
    uint64_t consumers; /* one for each handler, or for each broadcast handler of a replica */
    int64_t max_message_bytes; /* largest message that it accepts; 0: no limit of its own */
} catga_stream_state;

/*
 * Describes a stream: SHOP_ORDERS_ORDER_SHIPPED_STREAM of a generated header, "SHOP_ORDERS_V1", or
 * its dead letters, "SHOP_ORDERS_V1_DEAD". The prefix of the bus is added. Waits for the server.
 * Returns CATGA_NOT_FOUND without such a stream; CATGA_NO_JETSTREAM, CATGA_NOT_PERMITTED,
 * CATGA_DISCONNECTED, CATGA_TIMEOUT, CATGA_UNSUPPORTED or CATGA_INVALID_ARGUMENT.
 */
CATGA_CHECKED catga_status catga_stream_get_state(catga_bus *bus, const char *stream,
                                                  catga_stream_state *state);

/*
 * Deletes a stream with all its messages and consumers; not its dead letters, which are another
 * stream. Handlers of this bus receive nothing from it any more. The next event that this bus
 * publishes creates the stream again. Stop the services that use the stream first: another process
 * that uses the stream recreates it within seconds. A stream of dead letters is created again when
 * a service is served; until then its events wait in the process. Waits for the server. Returns the
 * same statuses as above.
 */
CATGA_CHECKED catga_status catga_stream_delete(catga_bus *bus, const char *stream);

/* ---- Reading stored events ------------------------------------------------------------------- */

/* A program may read the stored events of a stream in order, beside the handlers of services:
 * consumers, and what they still have to handle, are not affected. Generated functions read the
 * events of one kind:
 *
 *     static void show(const catga_read_event *read, shop_orders_order_paid_view paid, void *user);
 *
 *     catga_event_reader *reader;
 *     status = shop_orders_order_paid_read(bus, &(catga_reading){.keys = "7"}, show, NULL,
 * &reader);
 *     ...
 *     catga_event_reader_stop(reader);
 *
 * ..._read calls the function for the stored events, and then for each new one, until the reader is
 * stopped; ..._read_to_end returns after the events that are stored now. */

/* The first event of a reader. */
typedef enum catga_read_from {
    CATGA_FROM_FIRST,        /* the oldest */
    CATGA_FROM_LAST_OF_KEYS, /* the last event of each combination of keys, then new ones */
    CATGA_FROM_NEW,          /* the first that is stored from now on */
    CATGA_FROM_SEQUENCE,     /* the first whose number is `sequence` or higher; beyond the end of
                                the stream: new events */
    CATGA_FROM_TIME          /* the first that was stored at `time_ns` or later; the same */
} catga_read_from;

/* The events to read. All zero: every event of the kind, from the first. */
typedef struct catga_reading {
    catga_read_from from;
    uint64_t sequence; /* of CATGA_FROM_SEQUENCE; from 1 */
    int64_t time_ns;   /* of CATGA_FROM_TIME: nanoseconds since 1970, by the server's clock */

    /* Of an event with keys: the text of each key as in its subject, or "*" for every value, with
     * dots between them: "7", "*.north". Without blanks and '>' '"' '\\' '<' '&'. NULL: all
     * events. */
    const char *keys;

    /* Called once with `user`, after the events that were stored when reading began. If there are
     * none, it is called at once, perhaps in the calling thread. NULL: not called. */
    void (*caught_up)(void *user);
} catga_reading;

/* An event of a reader; valid until its function returns. */
typedef struct catga_read_event {
    catga_status status;  /* CATGA_OK; CATGA_BAD_MESSAGE: it does not verify, and the view is empty;
                             CATGA_NO_MEMORY, the same of one in JSON. Reading goes on. */
    const char *problem;  /* why; empty with CATGA_OK */
    uint64_t sequence;    /* its number in the stream; other events lie between two */
    int64_t stored_ns;    /* when it was stored: nanoseconds since 1970, by the server's clock */
    catga_string subject; /* whose last tokens are the keys */
    uint64_t pending;     /* events that follow and are stored */
} catga_read_event;

typedef struct catga_event_reader catga_event_reader;

/* Stops a reader, and frees it: its functions do not run any more. Call it before catga_close; in a
 * function of the reader it logs an error and does nothing. NULL: no effect. */
void catga_event_reader_stop(catga_event_reader *reader);

/* ---- Claims ---------------------------------------------------------------------------------- */

/* A replica claims a message with @idempotent or @qos(exactly_once) by its id before the handler
 * runs, so that one replica runs it. Afterwards it records success, with the answer of a command.
 * Later attempts get that answer; a redelivered event is acknowledged. A command whose id was used
 * with other bytes does not run: its caller gets CATGA_ID_REUSED. A failed handler releases the
 * claim, and the next attempt runs. A replica that dies with a claim, or is partitioned for longer
 * than lease_ms, loses it.
 *
 * One window remains: if a replica dies after its handler's effect and before success is recorded,
 * the handler runs again. To close it, commit the id of the claim in the same transaction as the
 * effect, and use a claim store of your own that reads it.
 */
typedef struct catga_claim {
    catga_string bucket;  /* "SHOP_ORDERS_V1_CreateOrder"; of an event "SHOP_ORDERS_V1_DONE" */
    catga_string key;     /* the message id; of an event preceded by its handler:
                             "NotificationService__notify.4fTq..." */
    uint32_t attempt;     /* how often it was taken, including this time; for the store */
    catga_bytes answer;   /* of a handled command: its answer */
    catga_error error;    /* of a handled command: its declared error, or code 0 */
    catga_string request; /* hash of a command's bytes, 32 hexadecimal digits; empty for events */
    int64_t kept_ms;      /* how long the outcome must be kept, at least: of @idempotent(for: ...),
                             or as long as the stream keeps its events */
    catga_bus *bus;       /* of the handling: spans of the store are its children (trace.h) */
    void *of_store;       /* for the store, from claim to done or release */
} catga_claim;

typedef enum catga_claim_result {
    CATGA_CLAIM_TAKEN,   /* the caller has the claim: its handler runs */
    CATGA_CLAIM_DONE,    /* the message was handled */
    CATGA_CLAIM_HELD,    /* another replica handles it: retry later */
    CATGA_CLAIM_UNKNOWN, /* unknown: retry later */
    CATGA_CLAIM_REUSED   /* of a command: the key was used with another `request` */
} catga_claim_result;

/* A claim store of the program. Threads of handlers call the functions, several at once. All
 * replicas of a service must use the same store. */
struct catga_claim_store {
    /* Takes the claim of a key, for one caller until its release, or returns why not. For a
     * handled message, sets `answer` and `error`, valid until the same thread calls the store
     * again. */
    catga_claim_result (*claim)(void *user, catga_claim *claim);

    /* Records that the handler succeeded, with `answer` and `error`. Returns false if another
     * replica has taken the claim meanwhile: then nothing is answered or acknowledged. */
    bool (*done)(void *user, catga_claim *claim);

    /* Releases the claim after the handler failed or the event was given up (recorded
     * elsewhere). */
    void (*release)(void *user, catga_claim *claim);

    void *user;
};

/* Returns the claim of the message, or NULL if it has none. */
const catga_claim *catga_context_claim(const catga_context *context);

/* Bytes of the server's max_payload that an event with @dead_letter must leave for the headers
 * of its dead letter. Publishing a larger event returns CATGA_TOO_LARGE. */
#define CATGA_DEAD_LETTER_ROOM 2560

/* ---- Dead letters ---------------------------------------------------------------------------- */

/* A dead letter: an event that was given up, kept until it is removed, at most seven days.
 * `data` has the bytes of the publisher. Read them with the generated ..._open, and print them
 * as JSON with ..._print; invalid events are refused there too. Those of @encoding(json) are text,
 * which the generated ..._parse reads. */
typedef struct catga_dead_letter {
    uint64_t number;      /* number among the dead letters of its stream, from 1 */
    catga_string handler; /* "NotificationService__refresh"; a broadcast: "...__refresh__node-1" */
    catga_string cause;   /* one line */
    uint32_t attempts;    /* attempts made */
    catga_string subject; /* subject of the event: "catga.events.shop.orders.v1.OrderShipped" */
    uint64_t sequence;    /* sequence of the event in its stream */
    catga_string message_id;
    catga_string correlation_id;
    catga_bytes data; /* bytes of the event; empty if it was too large to copy */
    uint64_t omitted; /* size of such an event, which is at `sequence` in its stream; else 0 */
} catga_dead_letter;

/* Visits a dead letter, valid until the function returns. Return false to stop. */
typedef bool catga_dead_letter_function(const catga_dead_letter *letter, void *user);

/*
 * Lists the dead letters of a stream (SHOP_ORDERS_ORDER_SHIPPED_STREAM of a generated header,
 * "SHOP_ORDERS_V1") from number `first` on, the oldest first. Returns CATGA_OK, also without dead
 * letters or if `visit` stopped; CATGA_NO_RESPONDERS without such a stream; CATGA_NO_JETSTREAM,
 * CATGA_NOT_PERMITTED (the log names the subject), CATGA_DISCONNECTED, CATGA_TIMEOUT,
 * CATGA_BAD_MESSAGE (the server's answer is damaged) or CATGA_INVALID_ARGUMENT.
 */
CATGA_CHECKED catga_status catga_dead_letters(catga_bus *bus, const char *stream, uint64_t first,
                                              catga_dead_letter_function *visit, void *user);

/* Replays a dead letter: its handler, in any replica, gets the event again, and no other handler
 * does. Waits at most timeout_ms. CATGA_OK: the handler succeeded, and the dead letter was
 * removed. CATGA_ALREADY_DONE: an exactly_once event had been handled before, and the dead
 * letter was removed. Otherwise the dead letter stays, and *problem (may be NULL) has the
 * handler's reason: CATGA_HANDLER_FAILED, CATGA_BAD_MESSAGE, CATGA_TIMEOUT (unknown whether the
 * handler ran), CATGA_NO_RESPONDERS (no replica is running), CATGA_NOT_FOUND,
 * CATGA_DISCONNECTED, CATGA_IN_PROGRESS (another replay of an exactly_once event is under way).
 * Two simultaneous replays of an at_least_once event may both run. Must not be called by the
 * handler itself. */
CATGA_CHECKED catga_status catga_dead_letter_replay(catga_bus *bus, const char *stream,
                                                    uint64_t number, int timeout_ms,
                                                    catga_problem *problem);

/* Removes a dead letter. Returns CATGA_NOT_FOUND, and others as above. */
CATGA_CHECKED catga_status catga_dead_letter_remove(catga_bus *bus, const char *stream,
                                                    uint64_t number);

/* ---- A server inside this process ------------------------------------------------------------ */

/* A server inside the process, for unit tests and for programs that contain all their services.
 * Buses opened with the same options.local exchange messages without a network. Calls run the
 * handler in the calling thread; a thread of the server delivers events and replies to ..._send,
 * in order. Encoding, verification, deadlines and errors are those of NATS. Stored events are
 * kept as long as the server exists. */
CATGA_CHECKED catga_status catga_local_open(catga_local **local);

/* Disconnects (connected = false) or reconnects all buses, as if the server stopped and
 * restarted. */
void catga_local_set_connected(catga_local *local, bool connected);

/* Advances the clock of redeliveries, so that tests need not wait for pauses. */
void catga_local_advance(catga_local *local, int64_t milliseconds);

/* Waits, for tests, until the server is idle: no message is queued or in a handler, and every
 * stored event of a subscribed handler is settled. Events that pause before their next attempt
 * do not count: advance the clock, and wait again. Returns CATGA_OK; CATGA_TIMEOUT if the server
 * is not idle within timeout_ms; CATGA_WOULD_DEADLOCK in a handler or callback; CATGA_CLOSED in
 * a forked child. A ..._send or ..._publish_async between two attempts is not seen: wait for its
 * callback. */
CATGA_CHECKED catga_status catga_local_wait_idle(catga_local *local, int timeout_ms);

/* Sets the largest message that the server accepts, with headers, in bytes; initially 1048576. */
void catga_local_set_max_payload(catga_local *local, size_t bytes);

/* Limits a stream ("SHOP_ORDERS_V1_DEAD") or the stream of a bucket
 * ("KV_SHOP_ORDERS_V1_ATTEMPTS"): the number of messages, and their bytes with headers; 0: no
 * limit. A full stream refuses new messages; the bucket of attempts drops its oldest records.
 * Returns CATGA_NO_RESPONDERS if there is no such stream. */
catga_status catga_local_set_limits(catga_local *local, const char *stream, size_t messages,
                                    size_t bytes);

/* Refuses (allowed = false), or allows again, sending and subscribing to a subject:
 * "catga.events.>". A last token ">" matches all remaining tokens. The subjects of stored
 * messages, records and settlements are those of NATS: "$JS.API.STREAM.INFO.SHOP_ORDERS_V1",
 * "$KV.>", "$JS.ACK.>". Returns CATGA_NO_MEMORY beyond 32 refused subjects. */
catga_status catga_local_set_allowed(catga_local *local, const char *subject, bool allowed);

/* Faults of the server, for tests. Each applies to one message, the `nth` from now; 1 is the
 * next. */
typedef enum catga_local_fault {
    CATGA_LOCAL_LOSE_PUBLISH,     /* a stored event is lost: no answer */
    CATGA_LOCAL_LOSE_PUBLISH_ACK, /* a stored event is stored, and the answer is lost */
    CATGA_LOCAL_REFUSE_PUBLISH,   /* a stored event is refused for lack of room */
    CATGA_LOCAL_LOSE_ACK,         /* the settlement of a stored event is lost */
    CATGA_LOCAL_DUPLICATE,        /* a stored event is delivered twice */
    CATGA_LOCAL_DELAY,          /* a stored event is delivered a second later, by the clock above */
    CATGA_LOCAL_REORDER,        /* a stored event is delivered after the following one */
    CATGA_LOCAL_LOSE_EVENT,     /* an event that may be lost is lost */
    CATGA_LOCAL_LOSE_REQUEST,   /* a command or query is lost: no answer */
    CATGA_LOCAL_LOSE_REPLY,     /* a command or query is handled, and the answer is lost */
    CATGA_LOCAL_LOSE_WRITE,     /* a write of a claim is lost: no answer */
    CATGA_LOCAL_LOSE_WRITE_ACK, /* a claim is written, and the answer is lost */
    CATGA_LOCAL_FAULTS
} catga_local_fault;
void catga_local_inject(catga_local *local, catga_local_fault fault, unsigned nth);

/* Frees the server, after all its buses have been closed. NULL is allowed. */
void catga_local_close(catga_local *local);

#ifdef __cplusplus
}
#endif

#endif
