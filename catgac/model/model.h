/* model.h -- what a schema means: resolved, valid, constant facts.
 *
 * Made by check() from the Ast of all files of a compilation, only when no error was found; read
 * by view.c. Everything is `const` from here on. Invariants:
 *   - every name is interned (ends in NUL) and spelt as in the schema; what a name becomes in C is
 *     for mangle.h and view.h;
 *   - every reference is a pointer to the declaration, which may be in another module;
 *   - arrays are in the order of the schema, except module.structs and table.fields, see there;
 *   - numbers have been checked against their types, ranges and limits.
 */
#ifndef CATGAC_MODEL_H
#define CATGAC_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/source.h"
#include "base/text.h"

typedef struct model model;
typedef struct model_module model_module;
typedef struct model_constant model_constant;
typedef struct model_enum model_enum;
typedef struct model_enum_member model_enum_member;
typedef struct model_struct model_struct;
typedef struct model_table model_table;
typedef struct model_field model_field;
typedef struct model_union model_union;
typedef struct model_error_set model_error_set;
typedef struct model_error_code model_error_code;
typedef struct model_message model_message;
typedef struct model_stream model_stream;
typedef struct model_http model_http;
typedef struct model_service model_service;
typedef struct model_handler model_handler;
typedef struct model_publication model_publication;
typedef struct model_subscription model_subscription;
typedef struct model_called model_called;

/* ---- What every declaration has -------------------------------------------------------------- */

/* The lines of a `///` comment without the slashes and one space; pieces of the source, raw:
 * whoever prints them escapes them. */
typedef struct model_doc {
    const slice *lines;
    size_t line_count;
} model_doc;

typedef struct model_origin {
    slice name;
    span place; /* of the name where it is declared */
    model_doc doc;
    const model_module *module;
    slice json; /* the name in JSON: that of @json, else `name` */
} model_origin;

/* ---- Types ----------------------------------------------------------------------------------- */

typedef enum scalar_kind {
#define SCALAR(kind, word, class, bytes) SCALAR_##kind,
#include "model/scalars.def"
#undef SCALAR
    SCALAR_COUNT
} scalar_kind;

typedef enum scalar_class { CLASS_BOOL, CLASS_SIGNED, CLASS_UNSIGNED, CLASS_FLOAT } scalar_class;

typedef enum model_type_kind {
    TYPE_SCALAR,    /* `scalar` as it is */
    TYPE_DECIMAL,   /* i64, scaled by 10 to the power of `decimal_places` */
    TYPE_TIMESTAMP, /* i64, nanoseconds since 1970-01-01 UTC */
    TYPE_DURATION,  /* i64, nanoseconds */
    TYPE_UUID,      /* 16 bytes, inline */
    TYPE_ENUM,      /* `scalar` holds it, `enumeration` names it */
    TYPE_STRUCT,    /* inline, by `structure` */
    TYPE_TABLE,     /* by `table` */
    TYPE_UNION,     /* by `alternatives` */
    TYPE_TAG,       /* u8: which of `alternatives` the union in the next field is */
    TYPE_STRING,
    TYPE_BYTES,
    TYPE_VECTOR, /* of `element`, which is never a vector, an array or optional */
    TYPE_ARRAY   /* the same, `array_length` of them, inline: in structs only */
} model_type_kind;

typedef struct model_type model_type;
struct model_type {
    model_type_kind kind;
    scalar_kind scalar;     /* what holds it, for SCALAR, DECIMAL, TIMESTAMP, DURATION, ENUM, TAG */
    bool optional;          /* `T?`: only for those that have a `scalar` */
    uint8_t decimal_places; /* DECIMAL: 0 to 18 */
    uint32_t array_length;  /* ARRAY: at least 1 */
    const model_enum *enumeration;
    const model_struct *structure;
    const model_table *table;
    const model_union *alternatives;
    const model_type *element;
};

slice scalar_word(scalar_kind scalar);
scalar_class scalar_class_of(scalar_kind scalar);
uint32_t scalar_size(scalar_kind scalar);

/* True for the kinds that have a `scalar`. */
bool type_is_scalar(const model_type *type);

/* Appends a type as a schema writes it. */
void model_print_type(const model_type *type, buffer *out);

/* Size and alignment where the type is stored inline: scalars, uuid, structs, arrays; an offset
 * (4, 4) for the others. */
uint32_t type_inline_size(const model_type *type);
uint32_t type_inline_alignment(const model_type *type);

/* ---- Values ---------------------------------------------------------------------------------- */

typedef enum model_value_kind {
    VALUE_NONE,
    VALUE_BOOL,
    VALUE_SIGNED,   /* i8 to i64, decimal (scaled), timestamp, duration, and enums over signed */
    VALUE_UNSIGNED, /* u8 to u64, and enums over unsigned */
    VALUE_FLOAT,    /* f32 (rounded to it) and f64; always finite */
    VALUE_TEXT      /* string constants: bytes after escapes, valid UTF-8, no NUL */
} model_value_kind;

typedef struct model_value {
    model_value_kind kind;
    union {
        bool as_bool;
        int64_t as_signed;
        uint64_t as_unsigned;
        double as_float;
        slice as_text;
    };
} model_value;

/* Appends a value as a schema writes it; text without escapes. */
void model_print_value(const model_type *type, const model_value *value, buffer *out);

/* Appends a duration as a schema writes it, in the largest unit that needs no fraction. */
void model_print_duration(uint64_t nanoseconds, buffer *out);

struct model_constant {
    model_origin origin;
    model_type type; /* a scalar, decimal, duration or string; never optional */
    model_value value;
};

/* ---- Data ------------------------------------------------------------------------------------ */

struct model_enum_member {
    model_origin origin;
    model_value value; /* as the enum's scalar; for flags, the bit itself (1, 2, 4, ...) */
};

struct model_enum {
    model_origin origin;
    bool is_flags;
    scalar_kind scalar;               /* an integer type */
    const model_enum_member *members; /* values ascend */
    size_t member_count;
};

struct model_field {
    model_origin origin;
    model_type type;

    uint32_t id;     /* in a table: the slot, dense from 0 */
    uint32_t offset; /* in a struct: where it lies, from the start */

    /* In a table, for every type that is_scalar and is not optional: the value written in the
     * schema or zero. VALUE_NONE for all other types. */
    model_value default_value;
    const model_enum_member *default_member; /* the same for an enum, by name; not for all flags */

    /* @range: VALUE_NONE where that side is open. Compared as the field's scalar. */
    model_value minimum;
    model_value maximum;

    bool has_max_length;
    uint32_t max_length; /* @max: bytes of a string or bytes, elements of a vector */

    bool required;
    bool is_key; /* @key: its value is a token of the subject */
    bool deprecated;
    slice deprecation; /* the text of @deprecated("..."), possibly empty */
};

struct model_struct {
    model_origin origin;
    const model_field *fields; /* in order of declaration, which is that of their offsets */
    size_t field_count;        /* at least 1 */
    uint32_t size;             /* with padding at the end */
    uint32_t alignment;        /* that of @align, else that of the largest field */
    bool is_realigned;         /* @align gives it more than its fields need */
};

struct model_table {
    model_origin origin;
    const model_field *fields; /* in order of ids: fields[i].id == i; the tag before its union */
    size_t field_count;
    char identifier[5]; /* FlatBuffers file identifier, when this table is the root of a payload */
    bool has_own_identifier; /* given by @identifier; else a hash of the name */
    const model_message *message; /* whose body this is, or NULL */
    uint64_t max_size;            /* of a payload with this root; 0 when some part is unlimited */
    bool is_result;               /* a command or query answers with it */
};

typedef struct model_union_member {
    model_origin origin;
    model_type type; /* a table, struct or string */
    uint8_t tag;     /* from 1; 0 is none */
} model_union_member;

struct model_union {
    model_origin origin;
    const model_union_member *members;
    size_t member_count;
};

/* ---- Messages -------------------------------------------------------------------------------- */

struct model_error_code {
    model_origin origin;
    uint32_t code; /* 1 to 65535, unique in its set, never one of the runtime's 400 to 599 */
};

struct model_error_set {
    model_origin origin;
    const model_error_code *codes;
    size_t code_count;
};

typedef enum model_message_kind {
    MESSAGE_COMMAND,
    MESSAGE_QUERY,
    MESSAGE_EVENT
} model_message_kind;

typedef enum model_qos { QOS_AT_MOST_ONCE, QOS_AT_LEAST_ONCE, QOS_EXACTLY_ONCE } model_qos;

/* Where a message says what; an annotation that it does not have is at source 0. */
typedef struct model_said {
    span timeout;
    span retry;
    span backoff;
    span qos;
    span dead_letter;
    span dedup;
    span idempotent;
    span stream;
    span trace;
    span http;
} model_said;

struct model_message {
    model_origin origin;
    model_message_kind kind;
    const model_table *body; /* the fields, a table of the same name */
    slice subject;           /* catga.commands.shop.orders.v1.CreateOrder; tokens of keys follow */
    model_said said;

    /* Fields of the body with @key, whose values are further tokens of the subject, in order. */
    const model_field *const *keys;
    size_t key_count;
    bool is_traced;         /* @trace */
    const model_http *http; /* @http, or NULL */

    /* Of calls, and of events that are stored; 0 for other events. */
    uint64_t timeout_ns;         /* until the answer, or until an event is stored: 5 s unless declared */
    uint32_t retries;            /* tries after the first one, at most 100: 0 unless declared, 3 of a
                                  * stored event, whose handlers are tried again */
    uint64_t backoff_ns;         /* the pause before the first retry, doubled before each further one */
    uint64_t backoff_longest_ns; /* but no longer than this; both 0 for a call that declares none */

    /* Of commands and queries only. */
    const model_table *result;       /* in any module */
    const model_error_set *errors;   /* or NULL: it declares none */
    const model_service *handled_by; /* or NULL: no service of this compilation */
    slice bucket;                    /* where it is claimed, of one that is @idempotent */
    uint64_t idempotency_ns;         /* how long the first answer is kept; 0: not @idempotent */

    /* Of events only. One that is at least once is stored. */
    model_qos qos;
    bool dead_letter;           /* kept as a dead letter when its handler never succeeds */
    uint64_t dedup_window_ns;   /* how long its id is remembered; 0 of what is not stored */
    const model_stream *stream; /* where it is stored, or NULL */
};

const char *model_qos_text(model_qos qos); /* "at least once" */

/* True for an event that is kept until its handlers succeeded. */
bool model_is_stored(const model_message *message);

/* All pauses between the tries of a message together. */
uint64_t model_backoff_total(const model_message *message);

/* Where the events of a module are stored. What nobody declares is 0, and the runtime's to decide. */
struct model_stream {
    slice name; /* SHOP_ORDERS_V1 */
    span place; /* of the first event that is stored there */
    const model_message *const *messages;
    size_t message_count;
    uint64_t dedup_window_ns; /* the longest of its events */
    uint64_t max_age_ns;
    uint64_t max_bytes;
    uint32_t replicas; /* 1, 3 or 5 */
    bool in_memory;
};

/* @http(POST "/orders/{id}") */
struct model_http {
    slice method;
    slice path;
    const model_field *const *fields; /* those in braces, in order */
    size_t field_count;
};

/* ---- Services -------------------------------------------------------------------------------- */

struct model_handler {
    const model_message *message; /* a command or query */
    slice name;                   /* of the function: the message's, as a member in C */
    span place;
    model_doc doc;
};

struct model_publication {
    const model_message *message; /* an event */
    span place;
    model_doc doc;
};

typedef enum model_delivery {
    DELIVERY_GROUP,    /* one replica of the service gets it */
    DELIVERY_BROADCAST /* every replica gets it */
} model_delivery;

struct model_subscription {
    const model_message *message; /* an event */
    model_delivery delivery;
    slice name; /* of the function: what follows `as`, as a member in C */
    span place;
    model_doc doc;
};

/* `calls`: a command or query whose answer the service's handlers wait for. */
struct model_called {
    const model_message *message;
    span place;
    model_doc doc;
};

struct model_service {
    model_origin origin;
    const model_handler *handlers;
    size_t handler_count;
    const model_publication *publications;
    size_t publication_count;
    const model_subscription *subscriptions;
    size_t subscription_count;
    const model_called *called;
    size_t called_count;
};

/* ---- Files ----------------------------------------------------------------------------------- */

struct model_module {
    const source *file;
    slice path;       /* below the longest matching root, else the base name: shop/orders.catga */
    slice namespace;  /* shop.orders */
    uint32_t version; /* major, from 1 */
    span namespace_place;
    span version_place;
    model_doc doc;    /* of the namespace */
    bool is_given;    /* named on the command line, not only imported */

    const model_module *const *imports; /* direct ones, in order */
    size_t import_count;

    const model_constant *constants;
    size_t constant_count;
    const model_enum *enums;
    size_t enum_count;
    const model_struct *structs; /* ordered: a struct comes after those that it contains */
    size_t struct_count;
    const model_table *tables; /* declared ones and the bodies of messages */
    size_t table_count;
    const model_union *unions;
    size_t union_count;
    const model_error_set *error_sets;
    size_t error_set_count;
    const model_message *messages;
    size_t message_count;
    const model_service *services;
    size_t service_count;
    const model_stream *stream; /* or NULL: it has no event that is stored */
};

struct model {
    const model_module *const *modules; /* a module comes after those that it imports */
    size_t module_count;
};

/* Appends the whole model as text, for --dump=model. */
void model_dump(const model *facts, buffer *out);

#endif
