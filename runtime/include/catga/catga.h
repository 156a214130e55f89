/*
 * catga.h: what a user of generated code calls. This header is the manual of the runtime.
 *
 * The order of calls of a service:
 *
 *     catga_bus *bus;
 *     catga_status status = catga_open(&bus, NULL);             connect; options from the environment
 *     status = shop_orders_order_service_serve(bus, &service, user);   generated: subscribe the handlers
 *     status = catga_run(bus);                                  until SIGTERM or SIGINT, then drain
 *     catga_close(bus);
 *
 * and of a client: catga_open, any number of generated ..._call, ..._send, ..._publish, catga_close.
 *
 * Threads. Every function that takes a catga_bus may be called from any thread, but for catga_close, which must be
 * the last: when it begins, no other thread may be in a function of that bus or call one later. Handlers run on threads of the runtime: one handler of one service runs one message at a time unless
 * options.workers asks for more; different handlers run side by side. Callbacks of ..._send run on the threads that
 * bring the answers, those of different calls perhaps at once: they may publish and send. What would wait for the handler or
 * callback that calls it, such as a ..._call in a callback, returns CATGA_WOULD_DEADLOCK at once.
 *
 * Ownership. What a function returns belongs to the bus and lives as long as it, unless the function says otherwise.
 * Views point into the message they were opened on and live as long as its bytes.
 *
 * Processes. A child of fork has the memory of a bus, and neither its threads nor its connection: it calls exec or _exit.
 * There, catga_close and catga_stop do nothing, and every other function of the bus returns CATGA_CLOSED. A child opens a
 * bus of its own on NATS only if its parent has never opened one on NATS before the fork (else catga_open returns
 * CATGA_CLOSED), and on a server of its own inside the process always. Descriptors of the runtime are close-on-exec, and
 * none is 0, 1 or 2: before it connects to NATS, the runtime opens /dev/null for each standard stream that is closed.
 *
 * Trust. Options and generated tables are trusted. Every byte that comes from the bus is not, and is verified before
 * a handler or a caller sees it.
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
#define CATGA_CHECKED __attribute__((warn_unused_result))
#define CATGA_COLD __attribute__((cold))
#define CATGA_APART __attribute__((noinline))
#define CATGA_SELDOM(condition) __builtin_expect((condition), 0)
#define CATGA_INLINE static inline __attribute__((always_inline))
#else
#define CATGA_PRINTF(text, first)
#define CATGA_CHECKED
#define CATGA_COLD
#define CATGA_APART
#define CATGA_SELDOM(condition) (condition)
#define CATGA_INLINE static inline
#endif

/* ---- Status ---------------------------------------------------------------------------------------------------- */

/* What happened; the sentences are in status.def. CATGA_OK is 0. */
typedef enum catga_status {
#define STATUS(name, code, sentence) CATGA_##name,
#include <catga/status.def>
#undef STATUS
    CATGA_STATUS_COUNT
} catga_status;

/* The name ("CATGA_TIMEOUT") and the sentence of a status; a constant, never NULL. */
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

/* ---- Values ---------------------------------------------------------------------------------------------------- */

/*
 * UTF-8 text with a length. It is not terminated, and may hold any character, NUL too.
 * data == NULL means absent; an empty string has data and length 0.
 */
typedef struct catga_string {
    const char *data;
    size_t length;
} catga_string;

/* Bytes with a length; data == NULL means absent. */
typedef struct catga_bytes {
    const uint8_t *data;
    size_t length;
} catga_bytes;

/* A catga_string of a literal, and of terminated text (NULL gives the absent string). Neither copies. */
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
 * Messages to send. The generated macro of a table names the fields to set; all others have the defaults of the schema:
 *
 *     shop_orders_create_order_call(bus, &SHOP_ORDERS_CREATE_ORDER(.product_id = CATGA_STR("PROD-001")), &reply);
 *
 *     shop_orders_create_order command = SHOP_ORDERS_CREATE_ORDER(.quantity = 3);
 *     command.product_id = catga_str(product);
 *
 * A struct made by hand, such as (shop_orders_create_order){.quantity = 3}, has zeros instead of the defaults. In C the
 * message of the macro, like any compound literal, lives until the end of its block. In C++ it is a temporary object: its
 * address is good for a call, fields are named in their order, and `shop_orders_create_order command{};` has the defaults
 * too. Outside of functions, C has SHOP_ORDERS_CREATE_ORDER_INIT, every field at its default.
 */

/* A slice of a C array, for a vector field: .quantities = CATGA_SLICE(array). */
#define CATGA_SLICE(array) {(array), sizeof(array) / sizeof((array)[0])}

/* An optional scalar that is present: .discount = CATGA_SOME(5). */
#define CATGA_SOME(value) {true, (value)}

/* The same in assignments: CATGA_SET(order.discount, CATGA_SOME(5)); CATGA_SET(order.quantities, CATGA_SLICE(array)). */
#ifdef __cplusplus
#define CATGA_SET(member, ...) ((void)((member) = decltype(member) __VA_ARGS__))
#else
#define CATGA_SET(member, ...) ((void)((member) = (__typeof__(member))__VA_ARGS__))
#endif

/*
 * For each scalar type: catga_u32_slice (elements to send), catga_u32_vector (elements received, read with
 * catga_u32_at from gen.h) and catga_optional_u32.
 */
#define CATGA_SCALAR(name, type)                                                                                       \
    typedef struct catga_##name##_slice {                                                                              \
        const type *data;                                                                                              \
        size_t length;                                                                                                 \
    } catga_##name##_slice;                                                                                            \
    typedef struct catga_##name##_vector {                                                                             \
        const uint8_t *data; /* little-endian, at any address */                                                       \
        size_t length;       /* elements */                                                                            \
    } catga_##name##_vector;                                                                                           \
    typedef struct catga_optional_##name {                                                                             \
        bool present;                                                                                                  \
        type value;                                                                                                    \
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
/* Writes value as text with `digits` decimals ("5999.99") to text[CATGA_DECIMAL_TEXT]; returns text. */
char *catga_decimal_text(int64_t value, unsigned digits, char text[CATGA_DECIMAL_TEXT]);
/*
 * Reads text into *value with `digits` decimals: "5999.99", "-0.5", "6e3", as JSON has numbers. False: the text is no
 * number, has more decimals than that which are not 0, or does not fit; *value is then unspecified, here and below.
 */
CATGA_CHECKED bool catga_decimal_parse(catga_string text, unsigned digits, int64_t *value);

/* timestamp: nanoseconds since 1970-01-01T00:00:00Z; duration: nanoseconds. */
#define CATGA_TIMESTAMP_TEXT 32
int64_t catga_timestamp_now(void);
/* Writes RFC 3339 in UTC ("2025-10-10T10:00:00.123456789Z", no fraction when it is 0) to text; returns text. */
char *catga_timestamp_text(int64_t timestamp, char text[CATGA_TIMESTAMP_TEXT]);
/*
 * Reads RFC 3339 with any offset ("2025-10-10T12:00:00+02:00"). False: the text is no such time, has a second 60, or is
 * before 1677-09-21T00:12:43.145224192Z or after 2262-04-11T23:47:16.854775807Z.
 */
CATGA_CHECKED bool catga_timestamp_parse(catga_string text, int64_t *timestamp);
#define CATGA_DURATION_TEXT 24
/* Writes seconds ("1.5s") to text; returns text. */
char *catga_duration_text(int64_t duration, char text[CATGA_DURATION_TEXT]);
/* Reads seconds. False: the text is no number with an "s" behind it, or does not fit. */
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
/* Reads that text; letters may be capital. False: the text has another form. */
CATGA_CHECKED bool catga_uuid_parse(catga_string text, catga_uuid *uuid);
/* Returns a new random uuid (version 4). Nobody can guess it. */
catga_uuid catga_uuid_random(void);

/*
 * Memory for messages that are unpacked or parsed: the caller's, used from its start on. What is made in it lives as long as
 * the memory; setting `used` back to what it was frees all that came after. `data` is aligned as malloc does.
 */
typedef struct catga_arena {
    void *data;
    size_t capacity;
    size_t used;
} catga_arena;

/* What a JSON reader does with members that the schema does not have. */
typedef enum catga_unknown { CATGA_REFUSE_UNKNOWN, CATGA_SKIP_UNKNOWN } catga_unknown;

/* Why a message was refused: the path of a field and the reason, "lines[3].product_id: longer than 64". */
#define CATGA_PROBLEM_TEXT 160
typedef struct catga_problem {
    char text[CATGA_PROBLEM_TEXT];
} catga_problem;

/* What a failed call was answered with. The strings live until the reply that holds them is freed. */
typedef struct catga_error {
    uint32_t code;     /* of a declared error as its schema has it, else the runtime's (400, 408, ...), 0 when none */
    catga_string name; /* "shop.orders.OrderError.ProductNotFound", empty unless declared */
    catga_string text; /* one line for a human; may be empty */
} catga_error;

/* ---- The bus --------------------------------------------------------------------------------------------------- */

typedef struct catga_bus catga_bus;         /* a connection, and all that is served or called through it */
typedef struct catga_context catga_context; /* one message on its way through a handler */
typedef struct catga_local catga_local;     /* a server inside this process */
typedef struct catga_claim_store catga_claim_store; /* where claims are kept; see below */

/*
 * A level includes those before it. ERROR: something is lost, given up, or cannot start. WARNING (the default): what the
 * runtime tries again, such as a connection that cannot be made. INFO: the server of the connection; each subject that is
 * served, and its queue group or consumer. DEBUG: each message that is sent or handled, with subject, id, size and outcome.
 */
typedef enum catga_log_level { CATGA_LOG_ERROR = 1, CATGA_LOG_WARNING, CATGA_LOG_INFO, CATGA_LOG_DEBUG } catga_log_level;

/* Receives the runtime's own log lines, from any thread. `text` has no line end and no control characters. */
typedef void catga_log_function(void *user, catga_log_level level, const char *text);

/*
 * All zero is all defaults. Text is copied by catga_open. An option that is set wins over its environment variable,
 * which wins over the default.
 */
typedef struct catga_options {
    const char *servers;      /* nats:// addresses, separated by commas; CATGA_SERVERS, NATS_URL, nats://127.0.0.1:4222 */
    const char *name;         /* of the connection, as the server's monitoring shows it; CATGA_NAME, the instance */
    const char *instance;     /* of this process, another for each replica; CATGA_INSTANCE, NODE_ID, HOSTNAME, the
                                 host's name: set it where replicas share a host */
    const char *prefix;       /* first token or tokens of every subject; CATGA_PREFIX, "catga" */
    catga_local *local;       /* use this server inside the process instead of NATS */
    int connect_wait_ms;      /* how long catga_open waits for a server, and ..._serve for a cluster that can store
                                 nothing yet; CATGA_CONNECT_WAIT_MS, 10000; -1: for ever */
    int drain_wait_ms;        /* how long running handlers may finish; CATGA_DRAIN_WAIT_MS, 10000 */
    int ping_interval_ms;     /* pause between two pings of the server; CATGA_PING_INTERVAL_MS, 500 */
    unsigned max_pings_out;   /* pings that may be unanswered: a server that is silent for (max_pings_out + 1) *
                                 ping_interval_ms has lost the connection; CATGA_MAX_PINGS_OUT, 2 */
    unsigned workers;         /* messages that a handler may work on at once, but for broadcasts; CATGA_WORKERS, 1 */
    unsigned in_flight;       /* calls that may wait for their answer at once; CATGA_IN_FLIGHT, 4096 */
    unsigned in_flight_bytes; /* bytes of payloads over 4096 bytes that ..._send and ..._publish_async may hold for
                                 further tries before more are refused; CATGA_IN_FLIGHT_BYTES, 67108864 */
    unsigned backlog;         /* requests that may wait for a worker before more are answered 429; CATGA_BACKLOG, 4096 */
    unsigned pending;         /* events that may wait for a worker before more are dropped; CATGA_PENDING, 65536 */
    unsigned pending_bytes;   /* bytes of messages that may wait for the workers of one handler, besides the three
                                 limits of messages; one message always may; CATGA_PENDING_BYTES, 67108864 */
    int ack_wait_ms;          /* a stored event whose replica is silent so long goes to another; CATGA_ACK_WAIT_MS, 5000 */
    unsigned unacknowledged;  /* stored events that a handler's replicas may hold at once; CATGA_UNACKNOWLEDGED, 256 */
    int lease_ms;             /* a replica that holds a claim and is silent so long loses it; CATGA_LEASE_MS, 2000 */
    unsigned claim_bucket_mib; /* MiB of a claim bucket that is created: the claims of one @idempotent command, or
                                 of the exactly_once events of one stream; CATGA_CLAIM_BUCKET_MIB, 1024 */
    const catga_claim_store *claims; /* where claims are kept; copied; NULL: where events are stored */
    unsigned replicas;        /* servers of a cluster that keep a stored event or a claim; CATGA_REPLICAS, 1 */
    catga_log_function *log;  /* NULL: standard error, level and up as CATGA_LOG says */
    void *log_user;
    catga_log_level log_level; /* CATGA_LOG = error, warning, info, debug; warning (0 means: not set) */
} catga_options;

/*
 * Connects and returns the bus in *bus; `options` may be NULL. With no server there it keeps trying for
 * connect_wait_ms. Once connected, a lost connection is sought again for ever, with jitter.
 * Fails with CATGA_INVALID_ARGUMENT (an option or environment variable; the log line names it and what is accepted),
 * CATGA_DISCONNECTED, CATGA_NOT_PERMITTED, CATGA_CLOSED (in a forked child, see above), CATGA_NO_MEMORY; *bus is then NULL.
 */
CATGA_CHECKED catga_status catga_open(catga_bus **bus, const catga_options *options);

/*
 * Serves until SIGTERM, SIGINT or catga_stop, then drains. It blocks the two signals in the calling thread, for as long
 * as it runs, and waits for them; the runtime's own threads have them blocked. A program that makes threads of its own
 * before catga_run blocks them there, or a signal may end the process instead. A second signal while draining ends the
 * wait at once. Returns what catga_drain does, or CATGA_CLOSED when the connection was lost for good. Not in a handler or
 * callback: CATGA_WOULD_DEADLOCK.
 */
CATGA_CHECKED catga_status catga_run(catga_bus *bus);

/* Makes catga_run return as SIGTERM does. May be called from a handler and from a signal handler. */
void catga_stop(catga_bus *bus);

/*
 * Stops taking messages, lets running and waiting handlers finish, flushes what they published. Calls fail with
 * CATGA_DRAINING from then on, but those made by handlers that finish. Returns CATGA_OK; CATGA_TIMEOUT when handlers
 * still ran after drain_wait_ms; CATGA_DISCONNECTED when all has finished, but what was published may not have arrived;
 * CATGA_WOULD_DEADLOCK in a handler or callback of this bus, which it would wait for.
 */
catga_status catga_drain(catga_bus *bus);

/* Waits until what was published has reached the server, at most timeout_ms. CATGA_OK, CATGA_TIMEOUT, CATGA_DISCONNECTED. */
catga_status catga_flush(catga_bus *bus, int timeout_ms);

/*
 * Drains what is not drained, ends the connection, ends the calls that are under way, and frees the bus, in this order.
 * Replies are freed before. Callbacks of ..._send that are still waited for get CATGA_CLOSED, and may call every function
 * of the bus: what sends or waits returns CATGA_CLOSED there. When a handler does not end, the bus is left as it is rather
 * than freed under it. In a handler or callback of the bus it logs an error and does nothing: call catga_stop there, and
 * close where catga_run has returned. NULL is allowed.
 */
void catga_close(catga_bus *bus);

/* The name of this process among the replicas of its service. */
const char *catga_instance(const catga_bus *bus);

/* True while there is a connection. */
bool catga_connected(const catga_bus *bus);

/* What the bus has counted since it was opened. */
typedef struct catga_counters {
#define COUNTER(name, sentence) uint64_t name;
#include <catga/counters.def>
#undef COUNTER
} catga_counters;
catga_counters catga_count(const catga_bus *bus);

/* ---- Inside a handler ------------------------------------------------------------------------------------------ */

/*
 * A handler returns CATGA_OK when it has done its work (and, for a command or query, has called the generated ..._reply),
 * what a generated error function returned, or any other status, which is reported to the caller as CATGA_HANDLER_FAILED.
 * The context and the message live until the handler returns.
 */

/* The pointer given to ..._serve. */
void *catga_context_user(const catga_context *context);

/*
 * The bus for calls and events that the handler makes on behalf of its message: they share what is left of its
 * deadline. It lives as long as the context.
 */
catga_bus *catga_context_bus(catga_context *context);

/* The id that all tries of one command share; empty for a query and for an event that may be lost. */
catga_string catga_context_message_id(const catga_context *context);

/*
 * The id of the message that started it all: what a handler sends through catga_context_bus carries it on. For the first
 * message it is its own id; empty when there is none.
 */
catga_string catga_context_correlation_id(const catga_context *context);

/* The subject that the message came on. */
catga_string catga_context_subject(const catga_context *context);

/* Milliseconds until the caller gives up; 0 when it has, INT64_MAX for an event. */
int64_t catga_context_remaining_ms(const catga_context *context);

/*
 * For the handler of an event that is stored, to return: the event is handled again, after `delay_ms`, or with a negative
 * delay after the pause that its schema says. It counts as an attempt. (Any status that is not CATGA_OK does the same, with
 * the schema's pause; this says it aloud.)
 */
CATGA_CHECKED catga_status catga_retry_after(catga_context *context, int64_t delay_ms);

/*
 * For the handler of an event that is stored, to return: no attempt will ever succeed. The event becomes a dead letter
 * at once, with the reason.
 */
CATGA_CHECKED catga_status catga_reject(catga_context *context, const char *format, ...) CATGA_PRINTF(2, 3);

/*
 * Returns which attempt this is, from 1; 1 for what is not stored. An attempt is a run that started, in any replica. One that
 * died with its process counts, unless it was the first delivery of an event that is not claimed.
 */
uint32_t catga_context_attempt(const catga_context *context);

/* ---- Stored events --------------------------------------------------------------------------------------------- */

/*
 * Stored events (@qos(at_least_once), exactly_once) and @idempotent commands need JetStream, which a stock nats-server has
 * off: start it with -js, or put jetstream {} into its configuration. Else serving and publishing return CATGA_NO_JETSTREAM.
 */

/*
 * How an event that was published without waiting ended. CATGA_OK: it is stored. CATGA_TIMEOUT, CATGA_CLOSED: whether it is,
 * is not known. Anything else: it is not stored. It may publish and send; what waits returns CATGA_WOULD_DEADLOCK.
 */
typedef void catga_published(catga_status status, const catga_error *error, void *user);

/* ---- Claims: what is handled once ------------------------------------------------------------------------------ */

/*
 * A message with @idempotent or @qos(exactly_once) is claimed by its id before its handler runs, so that of all replicas
 * one runs it, and marked as done afterwards, with the answer of a command. A try that comes later gets that answer; an
 * event that comes again is acknowledged. A command whose id was used with other bytes is not run: its caller gets
 * CATGA_ID_REUSED. A handler that failed gives the claim up, and the next try runs. A replica that
 * dies with a claim, or is cut off for longer than lease_ms, loses it.
 *
 * One window is left: when a replica dies after its handler's effect and before the mark, the handler runs again. It is
 * closed by a handler that commits the id of the claim in the same transaction as its effect, with a claim store of one's
 * own that looks there.
 */
typedef struct catga_claim {
    catga_string bucket; /* what it belongs to: "SHOP_ORDERS_V1_CreateOrder"; of an event "SHOP_ORDERS_V1_DONE" */
    catga_string key;    /* its id there; of an event with the handler before it: "NotificationService__notify.4fTq..." */
    uint32_t attempt;    /* how often it has been taken, with this time; for a store's own use */
    catga_bytes answer;  /* of a command that is done: what it was answered with */
    catga_error error;   /* the same, when that was a declared error; else its code is 0 */
    catga_string request; /* of a command: a hash of its bytes, 32 hexadecimal digits; of an event empty */
    void *of_store;      /* the store's own, from claim to done or release */
} catga_claim;

typedef enum catga_claim_result {
    CATGA_CLAIM_TAKEN,  /* the message is the caller's alone: its handler runs */
    CATGA_CLAIM_DONE,   /* it has been handled */
    CATGA_CLAIM_HELD,   /* another is handling it: it comes again */
    CATGA_CLAIM_UNKNOWN, /* the store cannot say: it comes again */
    CATGA_CLAIM_REUSED  /* of a command: the key is of another `request` */
} catga_claim_result;

/*
 * A claim store of one's own: the functions are called by the threads of handlers, several at once. All replicas of a
 * service use the same.
 */
struct catga_claim_store {
    /*
     * Takes the claim of that key, for one caller at a time and until it is given up, or says why not. When it is done,
     * `answer` and `error` are what was answered, and live until the same thread calls the store again.
     */
    catga_claim_result (*claim)(void *user, catga_claim *claim);

    /*
     * The message of a claim that was taken is not to be handled again: its handler has succeeded, and `answer` and `error`
     * are what it says. False when another has taken the claim meanwhile: then nothing is
     * answered or acknowledged.
     */
    bool (*done)(void *user, catga_claim *claim);

    /* The handler has failed, or the event was given up, which is recorded elsewhere: another may take the claim. */
    void (*release)(void *user, catga_claim *claim);

    void *user;
};

/* The claim under which the message of this context is handled, or NULL: it has none. */
const catga_claim *catga_context_claim(const catga_context *context);

/*
 * The bytes of the server's max_payload that an event with @dead_letter leaves to the headers of its dead letter: one that
 * leaves less is not stored, and publishing it returns CATGA_TOO_LARGE.
 */
#define CATGA_DEAD_LETTER_ROOM 2048

/* ---- Dead letters ---------------------------------------------------------------------------------------------- */

/*
 * An event that a handler gave up, as it is kept: until it is removed, or for seven days. Its bytes are what the publisher
 * sent. Whoever has the schema reads them with the generated ..._open, and shows them as JSON with ..._print; those of an
 * event that was no valid message are refused there too.
 */
typedef struct catga_dead_letter {
    uint64_t number;       /* among the dead letters of its stream, from 1 */
    catga_string handler;  /* that gave it up: "NotificationService__refresh", of a broadcast "...__refresh__node-1" */
    catga_string cause;    /* one line */
    uint32_t attempts;     /* that were made */
    catga_string subject;  /* of the event: "catga.events.shop.orders.v1.OrderShipped" */
    uint64_t sequence;     /* of the event in its stream */
    catga_string message_id;
    catga_string correlation_id;
    catga_bytes data;      /* of the event; none of one that was too large to be copied */
    uint64_t omitted;      /* of such an event: its bytes, which are at `sequence` in its stream; else 0 */
} catga_dead_letter;

/* Looks at a dead letter, which lives until this returns. False: that was enough. */
typedef bool catga_dead_letter_function(const catga_dead_letter *letter, void *user);

/*
 * Shows the dead letters of a stream (SHOP_ORDERS_ORDER_SHIPPED_STREAM of a generated header, "SHOP_ORDERS_V1") from `first`
 * on, the oldest first. CATGA_OK, also when there is none or `visit` had enough; CATGA_NO_RESPONDERS when there is no such stream; CATGA_NO_JETSTREAM,
 * CATGA_NOT_PERMITTED (the log names the subject), CATGA_DISCONNECTED, CATGA_TIMEOUT, CATGA_INVALID_ARGUMENT.
 */
CATGA_CHECKED catga_status catga_dead_letters(catga_bus *bus, const char *stream, uint64_t first,
                                              catga_dead_letter_function *visit, void *user);

/*
 * Gives a dead letter to the handler that gave it up, in whichever replica, and waits for at most timeout_ms. Nobody else
 * gets the event again. CATGA_OK: the handler succeeded, and the dead letter is gone. CATGA_ALREADY_DONE: the event, which
 * is handled once, had been handled before, and the dead letter is gone. Anything else: the dead letter is still there;
 * *problem (which may be NULL) has the handler's reason. CATGA_HANDLER_FAILED, CATGA_BAD_MESSAGE, CATGA_TIMEOUT (whether it
 * ran is unknown), CATGA_NO_RESPONDERS (no replica is there), CATGA_NOT_FOUND, CATGA_DISCONNECTED; CATGA_IN_PROGRESS
 * (another replay of an event that is handled once is under way). An event that is handled at least once may be handled
 * twice when two ask at once. Not from the handler itself.
 */
CATGA_CHECKED catga_status catga_dead_letter_replay(catga_bus *bus, const char *stream, uint64_t number, int timeout_ms,
                                                    catga_problem *problem);

/* Removes a dead letter for good. CATGA_NOT_FOUND and others as above. */
CATGA_CHECKED catga_status catga_dead_letter_remove(catga_bus *bus, const char *stream, uint64_t number);

/* ---- A server inside this process ------------------------------------------------------------------------------ */

/*
 * Buses opened with the same options.local speak to each other, with no server and no network: unit tests, and
 * programs that hold all their services. Calls run the handler in the calling thread; events and replies to ..._send
 * are delivered by a thread of the hub, in order. Encoding, verification, deadlines and errors are those of NATS; so is
 * what is said of stored events: they are kept for as long as the server is.
 */
CATGA_CHECKED catga_status catga_local_open(catga_local **local);

/* Stops (connected = false) or restarts the server, as its users see it: they are disconnected and reconnected. */
void catga_local_set_connected(catga_local *local, bool connected);

/* Turns the clock on by which stored events are handed out again: a test need not wait for a pause to pass. */
void catga_local_advance(catga_local *local, int64_t milliseconds);

/*
 * Waits, for tests, until the server is idle: no message is queued or in a handler, and every stored
 * event of a subscribed handler is settled. An event that waits for the pause before its next
 * attempt does not count: turn the clock on, and wait again. CATGA_OK; CATGA_TIMEOUT when the server
 * is not idle within timeout_ms; CATGA_WOULD_DEADLOCK in a handler or callback; CATGA_CLOSED in a
 * forked child. A ..._send or ..._publish_async whose try failed, and is to be repeated by its bus,
 * is not seen: wait for its callback.
 */
CATGA_CHECKED catga_status catga_local_wait_idle(catga_local *local, int timeout_ms);

/* The largest message that the server takes from now on, headers included, in bytes; 1048576 at first. */
void catga_local_set_max_payload(catga_local *local, size_t bytes);

/*
 * Limits a stream ("SHOP_ORDERS_V1_DEAD") or the stream of a bucket ("KV_SHOP_ORDERS_V1_ATTEMPTS") from now on: the
 * messages that it keeps, and their bytes, headers included; 0: no limit. A full stream refuses what is new, the bucket of
 * attempts drops its oldest records. Returns CATGA_NO_RESPONDERS when there is no such stream.
 */
catga_status catga_local_set_limits(catga_local *local, const char *stream, size_t messages, size_t bytes);

/*
 * Refuses (allowed = false), or allows again, what buses send to a subject, or subscribe to: "catga.events.>". A last
 * token ">" stands for all that follows. The subjects of stored messages, records and settlements are those of NATS:
 * "$JS.API.STREAM.INFO.SHOP_ORDERS_V1", "$KV.>", "$JS.ACK.>". Returns CATGA_NO_MEMORY beyond 32 refused subjects.
 */
catga_status catga_local_set_allowed(catga_local *local, const char *subject, bool allowed);

/* What the server does wrong, for tests: each applies to one message, the `nth` from now on, 1 being the next. */
typedef enum catga_local_fault {
    CATGA_LOCAL_LOSE_PUBLISH,     /* a stored event does not arrive: nobody answers */
    CATGA_LOCAL_LOSE_PUBLISH_ACK, /* it is stored, and the answer is lost */
    CATGA_LOCAL_REFUSE_PUBLISH,   /* it is refused for want of room: "not now" */
    CATGA_LOCAL_LOSE_ACK,         /* what a handler's end says about a stored event is lost */
    CATGA_LOCAL_DUPLICATE,        /* a stored event is handed out twice */
    CATGA_LOCAL_DELAY,            /* a stored event is handed out a second later, by the clock that can be turned on */
    CATGA_LOCAL_REORDER,          /* a stored event is handed out after the one that follows it */
    CATGA_LOCAL_LOSE_EVENT,       /* an event that may be lost is lost */
    CATGA_LOCAL_LOSE_REQUEST,     /* a command or query does not arrive: nobody answers */
    CATGA_LOCAL_LOSE_REPLY,       /* it is handled, and the answer is lost */
    CATGA_LOCAL_LOSE_WRITE,       /* a claim or its mark does not arrive: nobody answers */
    CATGA_LOCAL_LOSE_WRITE_ACK,   /* it is written, and the answer is lost */
    CATGA_LOCAL_FAULTS
} catga_local_fault;
void catga_local_inject(catga_local *local, catga_local_fault fault, unsigned nth);

/* After all its buses have been closed. NULL is allowed. */
void catga_local_close(catga_local *local);

#ifdef __cplusplus
}
#endif

#endif
