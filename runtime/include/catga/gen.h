/*
 * gen.h: what only generated code uses: the tables it consists of, the calls it wraps, and the
 * primitives with which it writes and reads FlatBuffers. Nothing here is meant to be called by
 * hand; catga.h is for that.
 */
#ifndef CATGA_GEN_H
#define CATGA_GEN_H

#include <catga/catga.h>

#include <stdarg.h>

/* Generated code refuses to compile against a runtime of another number. */
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

/* Defaults that no digits spell. */
#define CATGA_NAN_f32      __builtin_nanf("")
#define CATGA_NAN_f64      __builtin_nan("")
#define CATGA_INFINITY_f32 __builtin_inff()
#define CATGA_INFINITY_f64 __builtin_inf()

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Tables: what a schema says, as constants
 * ------------------------------------------------------------------ */

/* What a field, or an element of a vector, is on the wire. The scalars come first, in the order of
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

/* What a scalar means; it decides its text in JSON. */
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
    CATGA_OPTIONAL = 2,   /* a scalar that may be absent; no default */
    CATGA_DEPRECATED = 4, /* keeps its slot; neither written nor read */
    CATGA_TAGS = 8 /* says which alternatives the union in the next field is, or its elements are */
};

#define CATGA_UNBOUNDED UINT32_MAX

/* Tables, vectors of tables, ... inside each other: what a reader accepts, so a writer must not
 * pass it. */
#define CATGA_MAX_DEPTH 64

/* A scalar: i holds integers (of a u64 the bits), f floating point. */
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
 * Writes the table of `type` that `input` describes, and what it refers to, at `at`; its offset
 * goes to `slot`. Returns where the next part goes, or NULL: see write.h.
 */
typedef uint8_t *catga_put_function(catga_writer *out, uint8_t *at, uint8_t *slot,
                                    const catga_table *type, const void *input);

/* What catga_encode does with a root of that type. */
typedef catga_status catga_encode_function(const catga_table *type, const void *input,
                                           uint8_t *buffer, size_t capacity, size_t *length,
                                           catga_problem *problem);

typedef struct catga_verifier catga_verifier;
typedef struct catga_frame catga_frame;
typedef struct catga_shape catga_shape;

/*
 * Whether the table of `type` that has come, at a multiple of 4 inside, is valid; *known has what
 * was found of the one before it in a vector, and is all zeros before the first. False: see
 * verifier->problem.
 */
typedef bool catga_verify_function(catga_verifier *verifier, uint32_t at, const catga_table *type,
                                   catga_shape *known);

struct catga_table {
    const char *name;          /* "shop.orders.CreateOrder" */
    const catga_field *fields; /* in the order of their ids */
    const uint16_t *vtable; /* of a table with every field; of a deprecated one 0; with zeros to 2 +
                               8 n entries */
    const uint16_t *layout; /* indexes of the fields in the order in which they lie in that table */
    catga_put_function *put;
    catga_encode_function *encode;
    catga_verify_function *verify;
    uint64_t all; /* bit i: the field with id i is there; of a full table of at most 64 fields */
    uint32_t native_size; /* of the native struct */
    uint16_t field_count;
    uint8_t alignment;   /* 4, 8 or 16 */
    uint8_t vtable_slot; /* among the vtables that a writer remembers: see write.h */
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
    uint16_t count; /* of an array's elements; 0 when it is not an array */
} catga_member;

typedef struct catga_struct {
    const char *name;
    const catga_member *members;
    uint16_t member_count;
    uint16_t size; /* the same on the wire and in memory */
    uint16_t alignment;
    bool packed; /* no padding */
    bool direct; /* no member needs a look when it is read: no bool */
} catga_struct;

extern const catga_struct catga_uuid_descriptor;

typedef struct catga_enumerator {
    const char *name;
    catga_value value; /* of a u64 the bits, as in every catga_value */
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

/* How the native struct of every union begins: `object` is the table or struct, `text` the string;
 * tag 0 is nothing. */
typedef struct catga_native_union {
    uint8_t type;
    union {
        const void *object;
        catga_string text;
    } value;
} catga_native_union;

/* The name of a value, or NULL. */
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

/* Where the events of a namespace are stored. */
typedef struct catga_stream {
    const char *name;            /* "SHOP_ORDERS_V1" */
    const char *const *subjects; /* of its events */
    size_t subject_count;
    uint32_t
        window_ms; /* for so long the id of an event is remembered, and the event stored once */
} catga_stream;

/* What an event needs that is stored, and delivered at least once. */
typedef struct catga_delivery {
    const catga_stream *stream;
    uint32_t
        backoff_ms; /* before the second attempt of a handler; doubled before each further one */
    uint32_t backoff_longest_ms; /* but no longer than this */
    bool dead_letter;            /* kept as a dead letter when it is given up */
    bool once;                   /* claimed by its id before it is handled */
} catga_delivery;

/* Where a command is claimed that is handled once, and its answers are kept. */
typedef struct catga_claims {
    const char *bucket; /* "SHOP_ORDERS_V1_CreateOrder" */
    uint32_t keep_ms;   /* for so long */
} catga_claims;

typedef enum catga_message_kind { CATGA_COMMAND, CATGA_QUERY, CATGA_EVENT } catga_message_kind;

typedef struct catga_message {
    const char *subject; /* with the prefix "catga", which a bus may replace:
                            "catga.commands.shop.orders.v1.CreateOrder" */
    const catga_table *table;
    const catga_table *result;     /* of a command or query, else NULL */
    const catga_error_set *errors; /* that its handler may answer with, or NULL */
    catga_message_kind kind;
    uint32_t timeout_ms; /* of a command, query or stored event: from the first try to the answer */
    uint32_t retries;    /* further tries; of a stored event: further attempts of a handler */
    const catga_delivery *delivery; /* of an event that is stored, else NULL */
    const catga_claims *claims;     /* of a command that is idempotent, else NULL */
} catga_message;

/* How a handler gets its messages. */
typedef enum catga_sharing {
    CATGA_GROUP,    /* one replica of the service gets each message */
    CATGA_BROADCAST /* every replica does */
} catga_sharing;

typedef struct catga_handler {
    const char *name; /* of its member in the service structure */
    const catga_message *message;
    catga_sharing sharing;
    size_t member; /* offset of the function pointer in the service structure */
    /* Calls that function of `handlers`, the service structure. */
    catga_status (*run)(const void *handlers, catga_context *context, const uint8_t *table);
} catga_handler;

typedef struct catga_service {
    const char *name; /* "OrderService": the queue group of its commands and queries */
    const catga_handler *handlers;
    size_t handler_count;
    size_t size; /* of the service structure */
} catga_service;

/* ---- The calls that generated functions wrap
 * ------------------------------------------------------------------- */

/* An answer; `received` holds the memory of the table and of the error's text, and is given to
 * catga_received_free. */
typedef struct catga_reply {
    const uint8_t *table;
    catga_error error;
    void *received;
} catga_reply;

/* Any function; it is called only after it has been converted back to its own type. */
typedef void (*catga_function)(void);

/* Converts `callback` back and calls it with the answer, which lives until it returns. */
typedef void catga_deliver_function(catga_function callback, catga_status status,
                                    const uint8_t *table, const catga_error *error, void *user);

/*
 * Sends an event. One that may be lost: CATGA_OK when it was handed to the transport;
 * CATGA_INVALID_MESSAGE, CATGA_TOO_LARGE, CATGA_DISCONNECTED, CATGA_DRAINING, CATGA_CLOSED when
 * not. One that is stored: CATGA_OK when the server has acknowledged it; CATGA_TIMEOUT,
 * CATGA_CLOSED when that is not known; anything else when it is not stored.
 */
catga_status catga_publish(catga_bus *bus, const catga_message *message, const void *input);

/*
 * Sends a command or query and waits for the answer: at most the message's timeout, or what is left
 * of the deadline of the handler on whose behalf `bus` acts. *reply is always set, and freed with
 * catga_received_free(reply->received).
 */
catga_status catga_call(catga_bus *bus, const catga_message *message, const void *input,
                        catga_reply *reply);

/*
 * The same of a command that is idempotent, under an id of the caller's: whoever calls under it
 * again gets the first answer. CATGA_INVALID_ARGUMENT: that is no id.
 */
catga_status catga_call_with_id(catga_bus *bus, const catga_message *message, catga_string id,
                                const void *input, catga_reply *reply);

/*
 * The same without waiting. CATGA_OK: `deliver` will be called exactly once, from a thread of the
 * runtime, with CATGA_CLOSED by catga_close at the latest. Otherwise it will not be called.
 */
catga_status catga_send(catga_bus *bus, const catga_message *message, const void *input,
                        catga_deliver_function *deliver, catga_function callback, void *user);

/*
 * Sends an event that is stored, without waiting. CATGA_OK: `callback` will be called exactly once,
 * from a thread of the runtime, with what catga_publish would have returned. Otherwise it will not
 * be called. CATGA_OVERLOADED: `in_flight` calls and events are under way.
 */
catga_status catga_publish_async(catga_bus *bus, const catga_message *message, const void *input,
                                 catga_published *callback, void *user);

/* Before catga_close. NULL is allowed. */
void catga_received_free(void *received);

/*
 * Answers the request in `context` with `result`; for a handler of `message`, once.
 * CATGA_INVALID_MESSAGE, CATGA_TOO_LARGE (the handler may answer with less; if it does not, its
 * caller gets that status), CATGA_INVALID_ARGUMENT (a second answer), CATGA_HANDLER_FAILED (another
 * message), what the transport says.
 */
catga_status catga_answer(catga_context *context, const catga_message *message, const void *result);

/*
 * Answers with a declared error; what it returns is for the handler to return. CATGA_HANDLER_FAILED
 * when the message does not declare that set.
 */
catga_status catga_fail(catga_context *context, const catga_error_set *set, size_t index,
                        const char *format, va_list arguments) CATGA_PRINTF(4, 0);

/* Subscribes every handler; `handlers`, the service structure, is copied. On failure nothing is
 * subscribed. */
catga_status catga_serve(catga_bus *bus, const catga_service *service, const void *handlers,
                         void *user);

/* ---- Whole buffers
 * --------------------------------------------------------------------------------------------- */

/*
 * Writes a buffer whose root is `input`. CATGA_OK and *length, CATGA_INVALID_MESSAGE with *problem
 * (may be NULL), or CATGA_TOO_LARGE when `capacity` does not suffice.
 */
static inline catga_status catga_encode(const catga_table *table, const void *input,
                                        uint8_t *buffer, size_t capacity, size_t *length,
                                        catga_problem *problem)
{
    return table->encode(table, input, buffer, capacity, length, problem);
}

/* The most bytes that catga_encode can need for `input`. */
size_t catga_size_bound(const catga_table *table, const void *input);

/*
 * Proves that `bytes`, at any address, are a buffer whose root is a valid `table`, and returns that
 * root. CATGA_BAD_MESSAGE with *problem (may be NULL) otherwise. It takes time linear in `length`,
 * whatever the bytes are.
 */
catga_status catga_verify(const catga_table *table, const void *bytes, size_t length,
                          const uint8_t **root, catga_problem *problem);

/* Does the same for a buffer with any file identifier, or with none, as other programs write it. */
catga_status catga_verify_any(const catga_table *table, const void *bytes, size_t length,
                              const uint8_t **root, catga_problem *problem);

/*
 * Copies a verified table into its native struct, with all it refers to in the arena.
 * CATGA_TOO_LARGE when the arena does not suffice; arena->used is what it takes in any case.
 */
catga_status catga_unpack(const catga_table *table, const uint8_t *root, void *native,
                          catga_arena *arena);

/*
 * Reads JSON into the native struct of a table, with all it refers to in the arena.
 * CATGA_BAD_MESSAGE with *problem (may be NULL), CATGA_TOO_LARGE when the arena does not suffice.
 */
catga_status catga_json_read(const catga_table *table, const char *text, size_t length,
                             catga_unknown unknown, void *native, catga_arena *arena,
                             catga_problem *problem);

/*
 * Writes a verified table as JSON on one line, terminated; returns the length of the whole text, as
 * snprintf does.
 */
size_t catga_json_write(const catga_table *table, const uint8_t *root, char *text, size_t capacity);

#ifdef __cplusplus
}
#endif

#include <catga/read.h>
#include <catga/verify.h>
#include <catga/write.h>

#endif
