/*
 * gen.h: the types and calls for generated code: its constant tables, the calls that it wraps, and
 * the primitives that write and read FlatBuffers. Programs use catga.h instead.
 */
#ifndef CATGA_GEN_H
#define CATGA_GEN_H

#include <catga/catga.h>

#include <stdarg.h>

/* Generated code does not compile with a runtime of another number. Numbers count from version 1.0
 * on: until then, generate again with the catgac of the runtime's version. */
#define CATGA_ABI 1

/* The alignment of a member in bytes, in C11 and in C++. */
#ifdef __cplusplus
#define CATGA_ALIGNED(bytes) alignas(bytes)
#else
#define CATGA_ALIGNED(bytes) _Alignas(bytes)
#endif

/*
 * Begins the enum `name`, whose constants have the type `type` on the wire. Where the language
 * allows it, the enum has that type too: every value of a newer sender fits, and an assignment to a
 * member of a struct converts nothing.
 */
#if defined(__cplusplus) || defined(__clang__)
#define CATGA_ENUM(name, type) __extension__ enum name : type
#else
#define CATGA_ENUM(name, type) enum name
#endif

/*
 * Expands to the handler `function`, for a member of a service structure that has the type `type`.
 * A function of another type is an error with the text `wanted`; in C++ the initialiser reports it.
 */
#ifdef __cplusplus
#define CATGA_HANDLER(function, type, wanted) function
#else
#define CATGA_HANDLER(function, type, wanted)                                                      \
    _Generic(&(function), type                                                                     \
             : (function), default                                                                 \
             : (type)(0 * sizeof(struct {                                                          \
                          _Static_assert(_Generic(&(function), type : 1, default : 0), wanted);    \
                          int unused;                                                              \
                      })))
#endif

/* Defaults that have no decimal form. */
#define CATGA_NAN_f32      __builtin_nanf("")
#define CATGA_NAN_f64      __builtin_nan("")
#define CATGA_INFINITY_f32 __builtin_inff()
#define CATGA_INFINITY_f64 __builtin_inf()

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Tables: the constants of a schema ---- */

/* The type of a field or vector element on the wire. Scalars come first, in the order of
 * scalars.def. */
typedef enum catga_kind {
#define CATGA_SCALAR(name, type) CATGA_KIND_##name,
#include <catga/scalars.def>
#undef CATGA_SCALAR
    CATGA_KIND_struct,
    CATGA_KIND_string,
    CATGA_KIND_table,
    CATGA_KIND_union,
    CATGA_KIND_vector
} catga_kind;

/* The meaning of a value, which decides its form in JSON. */
typedef enum catga_format {
    CATGA_FORMAT_plain,
    CATGA_FORMAT_enum,
    CATGA_FORMAT_decimal,
    CATGA_FORMAT_timestamp,
    CATGA_FORMAT_duration,
    CATGA_FORMAT_uuid, /* of a struct: catga_uuid */
    CATGA_FORMAT_bytes /* of a vector of u8 */
} catga_format;

enum {
    CATGA_REQUIRED = 1,   /* absent is an error */
    CATGA_OPTIONAL = 2,   /* a scalar without a default, which may be absent */
    CATGA_DEPRECATED = 4, /* keeps its slot; neither written nor read */
    CATGA_TAGS = 8,     /* holds the tags of the union or the vector of unions in the next field */
    CATGA_OWN_NAME = 16 /* the name is from @json, and is the same in every form of JSON */
};

#define CATGA_UNBOUNDED UINT32_MAX

/* The limit of nested tables and vectors of tables, for readers and writers. */
#define CATGA_MAX_DEPTH 64

/* A scalar: `i` holds integers, and the bits of a u64; `f` holds floating point. */
typedef struct catga_value {
    int64_t i;
    double f;
} catga_value;

typedef struct catga_range {
    catga_value lowest;
    catga_value highest;
} catga_range;

typedef struct catga_field {
    const char *name;         /* in JSON */
    const void *type;         /* catga_table, ..._struct, ..._union or ..._enum, of the field or its
                                 elements; or NULL */
    const catga_range *range; /* of a scalar, or NULL */
    uint32_t max;      /* longest: bytes of a string, elements of a vector; or CATGA_UNBOUNDED */
    uint32_t member;   /* offset in the native struct */
    uint16_t slot;     /* offset of its entry in a vtable: 4 + 2 * id */
    uint16_t size;     /* inline in the table, in bytes */
    uint8_t alignment; /* of its inline part */
    uint8_t kind;      /* catga_kind */
    uint8_t element;   /* catga_kind of a vector's elements */
    uint8_t format;    /* catga_format of the field or its elements */
    uint8_t digits;    /* of a decimal */
    uint8_t flags;
    catga_value standard; /* the default of a scalar */
} catga_field;

typedef struct catga_table catga_table;
typedef struct catga_writer catga_writer;

/*
 * Writes the table of `type` that `input` describes, and the values behind it, at `at`. Sets the
 * offset at `slot`. Returns the end of the written bytes, or NULL after a refusal: see write.h.
 */
typedef uint8_t *catga_put_function(catga_writer *out, uint8_t *at, uint8_t *slot,
                                    const catga_table *type, const void *input);

/* Encodes a root of that type: see catga_encode. */
typedef catga_status catga_encode_function(const catga_table *type, const void *input,
                                           uint8_t *buffer, size_t capacity, size_t *length,
                                           catga_problem *problem);

typedef struct catga_verifier catga_verifier;
typedef struct catga_frame catga_frame;
typedef struct catga_shape catga_shape;

/*
 * Verifies the table of `type` at the position `at`, a multiple of 4. *known keeps the layout of
 * the previous table of a vector; it is all zeros before the first. Returns false with the reason
 * in verifier->problem.
 */
typedef bool catga_verify_function(catga_verifier *verifier, uint32_t at, const catga_table *type,
                                   catga_shape *known);

struct catga_table {
    const char *name;          /* "shop.orders.CreateOrder" */
    const catga_field *fields; /* in the order of their ids */
    const uint16_t *vtable; /* of a table with every field; 0 for deprecated ones; zeros up to 2 + 8
                               n entries */
    const uint16_t *layout; /* ids of the fields in the order of their offsets */
    catga_put_function *put;
    catga_encode_function *encode;
    catga_verify_function *verify;
    uint64_t all; /* bit i: the field with id i is present; of a full table of at most 64 fields */
    uint32_t native_size; /* of the native struct */
    uint16_t field_count;
    uint8_t alignment;   /* 4, 8 or 16 */
    uint8_t vtable_slot; /* index of the remembered vtable in a writer: see write.h */
    char identifier[4];  /* the buffer's file identifier when this table is its root */
};

/* A member of a struct. */
typedef struct catga_member {
    const char *name;
    const void *type; /* catga_struct or catga_enum, or NULL */
    uint16_t offset;  /* the same on the wire and in the native struct */
    uint8_t kind;
    uint8_t format;
    uint8_t digits;
    uint16_t count; /* elements of an array; 0 for other types */
    bool own_name;  /* the name is from @json, and is the same in every form of JSON */
} catga_member;

typedef struct catga_struct {
    const char *name;
    const catga_member *members;
    uint16_t member_count;
    uint16_t size; /* the same on the wire and in memory */
    uint16_t alignment;
    bool packed; /* no padding */
    bool direct; /* any bytes are valid values: no member is a bool */
} catga_struct;

extern const catga_struct catga_uuid_descriptor;

typedef struct catga_enumerator {
    const char *name;
    catga_value value; /* the bits of a u64, as in every catga_value */
} catga_enumerator;

typedef struct catga_enum {
    const char *name;
    const catga_enumerator *values; /* in the order of the schema */
    uint32_t count;
    bool flags; /* each value is a bit */
} catga_enum;

typedef struct catga_alternative {
    const char *name;
    const void *type; /* catga_table or catga_struct; NULL for a string */
    uint8_t kind;     /* CATGA_KIND_table, ..._struct or ..._string */
} catga_alternative;

typedef struct catga_union {
    const char *name;
    const catga_alternative *alternatives; /* by tag, less 1 */
    uint32_t count;
    uint32_t native_size; /* of the native struct */
} catga_union;

/* The first members of the native struct of every union. `object` is the table or struct, `text`
 * the string. Tag 0 has no value. */
typedef struct catga_native_union {
    uint8_t type;
    union {
        const void *object;
        catga_string text;
    } value;
} catga_native_union;

/* Returns the name of a value, or NULL. */
const char *catga_enum_name(const catga_enum *type, int64_t value);

typedef struct catga_declared_error {
    uint32_t code;
    const char *name; /* "shop.orders.OrderError.ProductNotFound" */
} catga_declared_error;

typedef struct catga_error_set {
    const char *name;
    const catga_declared_error *errors;
    size_t count;
} catga_error_set;

/* Words of a declared stream; the first of each stands for an absent setting. */
typedef enum catga_storage {
    CATGA_STORAGE_UNDECLARED,
    CATGA_STORAGE_FILE,
    CATGA_STORAGE_MEMORY
} catga_storage;
typedef enum catga_retention {
    CATGA_RETENTION_UNDECLARED,
    CATGA_RETENTION_LIMITS,
    CATGA_RETENTION_WORK_QUEUE /* a settled message is removed */
} catga_retention;

/* The settings of a declared stream. A number of 0 is not declared. */
typedef struct catga_declared_stream {
    bool is_named; /* the schema names it at the server: an existing stream of that name may have
                      other settings than those that are declared */
    uint64_t max_age_ms;
    uint64_t max_bytes;
    uint64_t max_messages;
    uint32_t replicas;
    catga_storage storage;
    catga_retention retention;
} catga_declared_stream;

/* A stream that stores events: of a namespace, or declared. */
typedef struct catga_stream {
    const char *name;            /* "SHOP_ORDERS_V1" */
    const char *const *subjects; /* of its events */
    size_t subject_count;
    uint32_t window_ms; /* milliseconds in which an event with the same id is stored once */
    const catga_declared_stream *declared; /* NULL: no setting is declared */
} catga_stream;

/* The settings of a stored event, which is delivered at least once. */
typedef struct catga_delivery {
    const catga_stream *stream;
    uint32_t
        backoff_ms; /* milliseconds before the second attempt; doubled before each further one */
    uint32_t backoff_longest_ms; /* longest back-off in milliseconds */
    bool dead_letter;            /* stored as a dead letter after the last attempt */
    bool once; /* exactly once: a replica claims the id before it handles the event */
} catga_delivery;

/* The bucket for the claims of an idempotent command, and its first answers. */
typedef struct catga_claims {
    const char *bucket; /* "SHOP_ORDERS_V1_CreateOrder" */
    uint32_t keep_ms;   /* milliseconds until a claim and its answer expire */
} catga_claims;

/*
 * Writes ".7.abc", the keys of a verified message as the last tokens of its subject, with a NUL.
 * Returns the length, or 0 with *problem, which names the field and its value.
 */
typedef size_t catga_keys_function(const struct catga_message *message, const uint8_t *root,
                                   char *text, size_t capacity, catga_problem *problem);

/* The keys of a message: fields whose values are the last tokens of its subject. */
typedef struct catga_keys {
    const uint16_t *fields; /* ids in the table */
    size_t count;
    const char *subjects; /* of every value: "catga.events.shop.orders.v1.OrderPaid.*" */
    catga_keys_function *put;
} catga_keys;

typedef enum catga_message_kind { CATGA_COMMAND, CATGA_QUERY, CATGA_EVENT } catga_message_kind;

/*
 * The form of payloads for programs that do not know Catga. JSON has the names of the schema; raw
 * is the bytes of the only field of a table, a string or bytes.
 */
typedef struct catga_encoding {
    /* Reads a payload into the native struct of a table; its parts go to the arena or stay in the
     * payload. CATGA_BAD_MESSAGE with *problem; CATGA_TOO_LARGE if the arena does not suffice. */
    catga_status (*read)(const catga_table *table, const char *bytes, size_t length, void *native,
                         catga_arena *arena, catga_problem *problem);

    /* Writes a verified table, and perhaps a NUL. Returns the length, as snprintf does. */
    size_t (*write)(const catga_table *table, const uint8_t *root, char *bytes, size_t capacity);
} catga_encoding;

/* A program that uses neither does not link them. */
extern const catga_encoding catga_json_encoding;
extern const catga_encoding catga_raw_encoding;

typedef struct catga_message {
    const char *subject; /* without keys; with the prefix "catga", which a bus may replace:
                            "catga.commands.shop.orders.v1.CreateOrder"; or that of @subject */
    const catga_table *table;
    const catga_table *result;     /* of a command or query, else NULL */
    const catga_error_set *errors; /* errors that its handler may return, or NULL */
    catga_message_kind kind;
    uint32_t timeout_ms; /* milliseconds from the first attempt to the answer; for commands, queries
                            and stored events */
    uint32_t retries;    /* attempts after the first; for a stored event, of a handler */
    uint32_t backoff_ms; /* of a command or query: milliseconds before the first retry, doubled
                            before each further one; 0: 50, at most 5000 */
    uint32_t backoff_longest_ms;
    const catga_delivery *delivery; /* of a stored event, else NULL */
    const catga_claims *claims;     /* of an idempotent command, else NULL */
    const catga_encoding *encoding; /* of payloads; NULL: FlatBuffers */
    const catga_keys *keys;         /* NULL: the subject has no keys */
} catga_message;

/* Returns the subject of a subscription to every message of a kind. */
static inline const char *catga_message_subjects(const catga_message *message)
{
    return message->keys == NULL ? message->subject : message->keys->subjects;
}

/* The delivery of messages to the replicas of a handler. */
typedef enum catga_sharing {
    CATGA_GROUP,    /* one replica of the service gets each message */
    CATGA_BROADCAST /* every replica gets each message */
} catga_sharing;

/* The settings of a subscription that differ from the usual ones. */
typedef struct catga_binding {
    const char *subject; /* selects keys; NULL: every message */
    const char *group;   /* the queue group or durable consumer of other programs, which it joins;
                            NULL: one named after the service and the handler */
} catga_binding;

typedef struct catga_handler {
    const char *name; /* of its member in the service structure */
    const catga_message *message;
    catga_sharing sharing;
    size_t member; /* offset of the function pointer in the service structure */
    /* Calls that function of `handlers`, the service structure. */
    catga_status (*run)(const void *handlers, catga_context *context, const uint8_t *table);
    const catga_binding *binding; /* NULL: every message, in a group of its own */
} catga_handler;

/* Returns the group of other programs that a handler joins, or NULL. */
static inline const char *catga_handler_group(const catga_handler *handler)
{
    return handler->binding == NULL ? NULL : handler->binding->group;
}

typedef struct catga_service_watches catga_service_watches;

typedef struct catga_service {
    const char *name; /* "OrderService": the queue group of its commands and queries */
    const catga_handler *handlers;
    size_t handler_count;
    size_t size;                          /* of the service structure */
    const catga_service_watches *watches; /* of buckets; NULL: none */
} catga_service;

typedef struct catga_watching catga_watching;

/* The watches of a service, and the functions of kv_values.h that begin and end them: a program
 * without watches does not link these. */
struct catga_service_watches {
    const struct catga_service_watch *watches;
    size_t count;

    /* Begins all watches. *watching is NULL, or of an earlier try, which goes on where it failed.
     * If it is not NULL then, it must be ended, also after a failure. `handlers`, the service
     * structure, is valid until its end. */
    catga_status (*begin)(catga_bus *bus, const catga_service *service, const void *handlers,
                          void *user, catga_watching **watching);

    /* Ends them, and waits wait_ms at most for their functions. False: one still runs; the watches
     * deliver nothing more, and `end` must be called again. */
    bool (*end)(catga_watching *watching, int wait_ms);
};

/* ---- Calls that generated functions wrap ---- */

/* An answer. `received` owns the memory of the table and of the error text; catga_received_free
 * frees it. */
typedef struct catga_reply {
    const uint8_t *table;
    catga_error error;
    void *received;
} catga_reply;

/* Any function. It is converted back to its own type before a call. */
typedef void (*catga_function)(void);

/* Converts `callback` back to its type, and calls it with the answer, which is valid until it
 * returns. */
typedef void catga_deliver_function(catga_function callback, catga_status status,
                                    const uint8_t *table, const catga_error *error, void *user);

/*
 * Sends an event. At most once: CATGA_OK when the transport has taken it; else
 * CATGA_INVALID_MESSAGE, CATGA_TOO_LARGE, CATGA_DISCONNECTED, CATGA_DRAINING or CATGA_CLOSED.
 * Stored: CATGA_OK when the server has acknowledged it. After CATGA_TIMEOUT or CATGA_CLOSED it may
 * be stored; after any other status it is not.
 */
catga_status catga_publish(catga_bus *bus, const catga_message *message, const void *input);

/*
 * Sends a command or query and waits for the answer: at most the timeout of the message, or the
 * remaining time of the handler that `bus` belongs to. Always sets *reply; free it with
 * catga_received_free(reply->received).
 */
catga_status catga_call(catga_bus *bus, const catga_message *message, const void *input,
                        catga_reply *reply);

/*
 * Does the same for an idempotent command, with an id of the caller. A later call with the same id
 * gets the first answer. CATGA_INVALID_ARGUMENT: the id is invalid.
 */
catga_status catga_call_with_id(catga_bus *bus, const catga_message *message, catga_string id,
                                const void *input, catga_reply *reply);

/*
 * Sends a command or query without waiting. After CATGA_OK, a thread of the runtime calls `deliver`
 * exactly once, with CATGA_CLOSED by catga_close at the latest. After any other status, nobody
 * calls it.
 */
catga_status catga_send(catga_bus *bus, const catga_message *message, const void *input,
                        catga_deliver_function *deliver, catga_function callback, void *user);

/* Settings of one call, for gateways. All zero is none. */
typedef struct catga_call_settings {
    catga_string id;       /* of an idempotent command: see catga_call_with_id */
    uint32_t timeout_ms;   /* milliseconds; used if shorter than the message's; 0: not set */
    const uint64_t *after; /* of a stored event: see catga_publish_after; NULL: not set */
} catga_call_settings;

/* Returns why a call may not carry that header, or NULL: see catga_with_headers. For gateways. */
const char *catga_header_problem(const char *name, const char *value);

/*
 * Does the same as catga_send, for the FlatBuffers of a message that the caller has encoded or
 * verified, whatever the encoding of the message.
 * CATGA_INVALID_ARGUMENT: the id is invalid, or the message is not an idempotent command. Sets
 * *problem, if the reason is known.
 */
catga_status catga_send_bytes(catga_bus *bus, const catga_message *message, catga_bytes payload,
                              const catga_call_settings *settings, catga_deliver_function *deliver,
                              catga_function callback, void *user, catga_problem *problem);

/* Publishes a stored event as catga_publish does. *stored is its place; after a failure its
 * sequence is 0. */
CATGA_CHECKED catga_status catga_publish_stored(catga_bus *bus, const catga_message *message,
                                                const void *input, catga_stored *stored);

/*
 * Sends a stored event without waiting. After CATGA_OK, a thread of the runtime calls `callback`
 * exactly once with the status that catga_publish would return. After any other status, nobody
 * calls it. CATGA_OVERLOADED: `in_flight` calls and events are under way.
 */
catga_status catga_publish_async(catga_bus *bus, const catga_message *message, const void *input,
                                 catga_published *callback, void *user);

/* Does the same, and gives the place of the event to `callback`. */
catga_status catga_publish_stored_async(catga_bus *bus, const catga_message *message,
                                        const void *input, catga_published_at *callback,
                                        void *user);

/* Returns the event that a handler of a family gets. `table` is verified. */
catga_event catga_event_of(const catga_context *context, const uint8_t *table);

/* The catga_keys_function of every message. */
size_t catga_keys_put(const catga_message *message, const uint8_t *root, char *text,
                      size_t capacity, catga_problem *problem);

/*
 * Stores an event with keys as catga_publish does, only if the last event of its keys has the
 * number `sequence` in the stream; 0: if there is none. CATGA_OK: *stored is the number of the new
 * event. CATGA_CONFLICT: there is a newer event, and nothing was stored.
 */
catga_status catga_publish_after(catga_bus *bus, const catga_message *message, uint64_t sequence,
                                 const void *input, uint64_t *stored);

/* Converts `visitor` back to its type, and calls it with an event. */
typedef void catga_visit_event(catga_function visitor, const catga_read_event *event,
                               const uint8_t *table, void *user);

/*
 * Begins to read the stored events of a message: see catga_reading, NULL for all zero. One thread
 * of the runtime at a time calls the functions, which may do what callbacks may do. While one runs,
 * the server holds further events back. A reader survives lost connections and restarts of the
 * server, and resumes after the last event. *reader belongs to the caller. Creates the stream if it
 * is absent. Waits for a few answers of the server. CATGA_INVALID_ARGUMENT: `reading`;
 * CATGA_DRIFTED, CATGA_NO_JETSTREAM, CATGA_NOT_PERMITTED, CATGA_DISCONNECTED, CATGA_TIMEOUT,
 * CATGA_NO_MEMORY, CATGA_WOULD_DEADLOCK (in a callback), CATGA_DRAINING, CATGA_CLOSED;
 * CATGA_REFUSED: the stream is a work queue, or the server reports another error;
 * CATGA_NO_RESPONDERS: the stream was deleted, and is not recreated yet; CATGA_UNSUPPORTED: a
 * transport that cannot read, such as Redis.
 */
catga_status catga_read_events(catga_bus *bus, const catga_message *message,
                               const catga_reading *reading, catga_visit_event *visit,
                               catga_function visitor, void *user, catga_event_reader **reader);

/*
 * Does the same for the events that are stored now, and returns after the last of them. The same
 * statuses; CATGA_TIMEOUT: no event came for ten seconds.
 */
catga_status catga_read_events_to_end(catga_bus *bus, const catga_message *message,
                                      const catga_reading *reading, catga_visit_event *visit,
                                      catga_function visitor, void *user);

/* Frees the memory of an answer. Call it before catga_close. NULL is allowed. */
void catga_received_free(void *received);

/*
 * Answers the request in `context` with `result`, once, from a handler of `message`.
 * CATGA_INVALID_MESSAGE; CATGA_TOO_LARGE: the handler may answer again with less, else the caller
 * gets this status; CATGA_INVALID_ARGUMENT: a second answer; CATGA_HANDLER_FAILED: another message;
 * or a status of the transport.
 */
catga_status catga_answer(catga_context *context, const catga_message *message, const void *result);

/*
 * Answers with a declared error. The handler returns the result. CATGA_HANDLER_FAILED if the
 * message does not declare that set.
 */
catga_status catga_fail(catga_context *context, const catga_error_set *set, size_t index,
                        const char *format, va_list arguments) CATGA_PRINTF(4, 0);

/* Subscribes every handler, and copies `handlers`, the service structure. After a failure nothing
 * is subscribed. */
catga_status catga_serve(catga_bus *bus, const catga_service *service, const void *handlers,
                         void *user);

/*
 * Stops a service of the bus, each time it is served: takes no more of its messages, lets running
 * and waiting handlers finish, unsubscribes, and flushes. CATGA_OK: it may be served again.
 * CATGA_NOT_FOUND: the bus does not serve it. CATGA_TIMEOUT: handlers still ran after
 * drain_wait_ms; the service takes no messages, and another call waits again. CATGA_DISCONNECTED:
 * it is stopped, but sent messages may not have arrived. CATGA_WOULD_DEADLOCK: in a handler or
 * callback of this bus. CATGA_DRAINING: the bus drains, and ends all services. CATGA_CLOSED.
 */
catga_status catga_service_stop(catga_bus *bus, const catga_service *service);

/* ---- Whole buffers ---- */

/*
 * Encodes a buffer whose root is `input`. CATGA_OK with *length; CATGA_INVALID_MESSAGE with
 * *problem, which may be NULL; or CATGA_TOO_LARGE if `capacity` does not suffice.
 */
static inline catga_status catga_encode(const catga_table *table, const void *input,
                                        uint8_t *buffer, size_t capacity, size_t *length,
                                        catga_problem *problem)
{
    return table->encode(table, input, buffer, capacity, length, problem);
}

/* Returns the largest number of bytes that catga_encode can need for `input`. */
size_t catga_size_bound(const catga_table *table, const void *input);

/*
 * Verifies that `bytes`, at any address, are a buffer whose root is a valid `table`, and returns
 * that root. Otherwise CATGA_BAD_MESSAGE with *problem, which may be NULL. The time is linear in
 * `length` for any bytes.
 */
catga_status catga_verify(const catga_table *table, const void *bytes, size_t length,
                          const uint8_t **root, catga_problem *problem);

/* Does the same for a buffer with any file identifier, or with none, as other programs write it. */
catga_status catga_verify_any(const catga_table *table, const void *bytes, size_t length,
                              const uint8_t **root, catga_problem *problem);

/*
 * Copies a verified table into its native struct; strings, vectors and tables go to the arena.
 * CATGA_TOO_LARGE if the arena does not suffice; arena->used is always the required size.
 */
catga_status catga_unpack(const catga_table *table, const uint8_t *root, void *native,
                          catga_arena *arena);

/*
 * Empties an arena, and makes it larger: four times or up to `most`, and at least `used`, the room
 * that was needed. The first time, all else is zero. The caller frees arena->data, which is NULL
 * after CATGA_TOO_LARGE (`most` bytes do not suffice) and CATGA_NO_MEMORY. For gateways.
 */
catga_status catga_arena_grow(catga_arena *arena, size_t most);

/* ---- JSON ---- */

/* The names of members in JSON. Enumerators and alternatives have the same names in both forms. */
typedef enum catga_json_names {
    CATGA_SCHEMA_NAMES, /* the name of @json, else of the schema: product_id */
    CATGA_CAMEL_NAMES   /* lowerCamelCase of the schema's name: productId; a name of @json as it is.
                           Readers accept the schema's name too. */
} catga_json_names;

/*
 * Reads JSON into the native struct of a table; strings, vectors and tables go to the arena.
 * CATGA_BAD_MESSAGE with *problem, which may be NULL; CATGA_TOO_LARGE if the arena does not
 * suffice. The problem has the names of the schema.
 */
catga_status catga_json_read_as(const catga_table *table, catga_json_names names, const char *text,
                                size_t length, catga_unknown unknown, void *native,
                                catga_arena *arena, catga_problem *problem);

/* Does the same for the names of the schema. */
static inline catga_status catga_json_read(const catga_table *table, const char *text,
                                           size_t length, catga_unknown unknown, void *native,
                                           catga_arena *arena, catga_problem *problem)
{
    return catga_json_read_as(table, CATGA_SCHEMA_NAMES, text, length, unknown, native, arena,
                              problem);
}

/*
 * Writes a verified table as JSON on one line, with a NUL. Returns the length of the whole text, as
 * snprintf does.
 */
size_t catga_json_write_as(const catga_table *table, catga_json_names names, const uint8_t *root,
                           char *text, size_t capacity);

/* Does the same with the names of the schema. */
static inline size_t catga_json_write(const catga_table *table, const uint8_t *root, char *text,
                                      size_t capacity)
{
    return catga_json_write_as(table, CATGA_SCHEMA_NAMES, root, text, capacity);
}

/* Writes a name in lowerCamelCase, or as it is if it is from @json, with a NUL. Returns the length
 * of the whole name, as snprintf does. */
size_t catga_json_name(const char *name, bool is_own, char *text, size_t capacity);

/* Returns the field with a name that readers accept, or NULL. */
const catga_field *catga_find_named_field(const catga_table *table, catga_json_names names,
                                          catga_string name);

/*
 * Writes the path of a problem as a JSON pointer (RFC 6901), with a NUL: "/lines/3/productId" for
 * "lines[3].product_id: longer than 64". Returns the length of the whole pointer, as snprintf does.
 * The pointer ends before the first name that the type does not have: a shortened path yields "",
 * the whole text. `problem` is the text of a catga_problem about a value of `table`.
 */
size_t catga_json_pointer(const catga_table *table, catga_json_names names, const char *problem,
                          char *pointer, size_t capacity);

/* ---- Texts of a path or a query string ---- */

/*
 * Sets a field of a native struct from texts: one for a scalar, an enum, a string, bytes or a uuid;
 * one for each element of a vector of these. A text has the form of the value in JSON, without
 * quotes. Strings, vectors and uuids go to the arena. Without a text, and for a deprecated field,
 * nothing is set. CATGA_BAD_MESSAGE with *problem, which may be NULL; CATGA_TOO_LARGE if the arena
 * does not suffice.
 */
catga_status catga_text_read(const catga_field *field, const catga_string *values, size_t count,
                             void *native, catga_arena *arena, catga_problem *problem);

#ifdef __cplusplus
}
#endif

#include <catga/read.h>
#include <catga/verify.h>
#include <catga/write.h>

#endif
