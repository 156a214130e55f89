/* model.h -- the meaning of the schemas: resolved, valid and constant.
 *
 * check() builds the model from the trees of all files, if there was no error. All later stages
 * read it as `const`. Invariants:
 *   - names are interned (end in NUL) and spelt as in the schema; mangle.h and view.h make C names;
 *   - references are pointers to declarations, also of other modules;
 *   - arrays are in the order of the schema, except module.structs and table.fields;
 *   - numbers are within their types, ranges and limits.
 */
#ifndef CATGAC_MODEL_H
#define CATGAC_MODEL_H

#include "base/source.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
typedef struct model_settings model_settings;
typedef struct model_stream model_stream;
typedef struct model_bucket model_bucket;
typedef struct model_objects model_objects;
typedef struct model_http model_http;
typedef struct model_service model_service;
typedef struct model_handler model_handler;
typedef struct model_publication model_publication;
typedef struct model_subscription model_subscription;
typedef struct model_called model_called;
typedef struct model_watch model_watch;
typedef struct model_use model_use;

/* ---- Members of every declaration ------------------------------------------------------------ */

/* The lines of a `///` comment, without the slashes and one space. Raw bytes of the source:
 * printers must escape them. */
typedef struct model_doc {
    const slice *lines;
    size_t line_count;
} model_doc;

/* Returns the lines of a comment, joined. */
slice model_doc_text(arena *memory, const model_doc *doc);

typedef struct model_origin {
    slice name;
    span place; /* of the name in its declaration */
    model_doc doc;
    const model_module *module;
    slice json;        /* name in JSON: of @json, else `name` */
    bool has_own_json; /* `json` is from @json, and is the same in every form of JSON */
} model_origin;

/* Returns the name of a field in JSON over HTTP: of @json, else `name` in lowerCamelCase. It ends
 * in NUL. */
slice model_http_name(arena *memory, const model_origin *field);

/* ---- Types ----------------------------------------------------------------------------------- */

typedef enum scalar_kind {
#define SCALAR(kind, word, class, bytes) SCALAR_##kind,
#include "model/scalars.def"
#undef SCALAR
    SCALAR_COUNT
} scalar_kind;

typedef enum scalar_class { CLASS_BOOL, CLASS_SIGNED, CLASS_UNSIGNED, CLASS_FLOAT } scalar_class;

typedef enum model_type_kind {
    TYPE_SCALAR,    /* a plain scalar */
    TYPE_DECIMAL,   /* i64, scaled by 10 to the power of `decimal_places` */
    TYPE_TIMESTAMP, /* i64, nanoseconds since 1970-01-01 UTC */
    TYPE_DURATION,  /* i64, nanoseconds */
    TYPE_UUID,      /* 16 bytes, inline */
    TYPE_ENUM,      /* stored as `scalar`, named by `enumeration` */
    TYPE_STRUCT,    /* inline, by `structure` */
    TYPE_TABLE,     /* by `table` */
    TYPE_UNION,     /* by `alternatives` */
    TYPE_TAG,       /* u8: the alternative of the union in the next field */
    TYPE_STRING,
    TYPE_BYTES,
    TYPE_VECTOR, /* of `element`, never a vector, an array or optional */
    TYPE_ARRAY   /* `array_length` elements, inline: in structs only */
} model_type_kind;

typedef struct model_type model_type;
struct model_type {
    model_type_kind kind;
    scalar_kind scalar;     /* of SCALAR, DECIMAL, TIMESTAMP, DURATION, ENUM, TAG */
    bool optional;          /* `T?`: only for kinds with a `scalar` */
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

/* Returns true for the kinds with a `scalar`. */
bool type_is_scalar(const model_type *type);

/* Appends a type as a schema writes it. */
void model_print_type(const model_type *type, buffer *out);

/* Return the size and alignment of a type, as stored in a table: inline for scalars, uuid,
 * structs and arrays, else an offset (4, 4). */
uint32_t type_inline_size(const model_type *type);
uint32_t type_inline_alignment(const model_type *type);

/* ---- Values ---------------------------------------------------------------------------------- */

typedef enum model_value_kind {
    VALUE_NONE,
    VALUE_BOOL,
    VALUE_SIGNED,   /* i8 to i64, decimal (scaled), timestamp, duration, and enums over signed */
    VALUE_UNSIGNED, /* u8 to u64, and enums over unsigned */
    VALUE_FLOAT,    /* f64, or f32 (rounded); only defaults may be infinite or NaN */
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
    model_value value; /* of the enum's scalar; for flags the bit (1, 2, 4, ...) */
};

struct model_enum {
    model_origin origin;
    bool is_flags;
    scalar_kind scalar;               /* an integer type */
    const model_enum_member *members; /* sorted by value */
    size_t member_count;
};

struct model_field {
    model_origin origin;
    model_type type;

    uint32_t id;     /* in a table: the slot, dense from 0 */
    uint32_t offset; /* in a struct: offset from its start */

    /* Of table fields with a scalar type that is not optional: the default of the schema, or
     * zero. VALUE_NONE for all other fields. */
    model_value default_value;
    const model_enum_member
        *default_member; /* the same as a member of the enum; NULL for some flags */

    /* @range: VALUE_NONE on an open side. Compared as the field's scalar. */
    model_value minimum;
    model_value maximum;

    bool has_max_length;
    uint32_t max_length; /* @max: bytes of a string or bytes, elements of a vector */

    bool required;
    bool is_key; /* @key: the value is a token of the subject */
    bool deprecated;
    slice deprecation; /* the text of @deprecated("..."), possibly empty */
};

struct model_struct {
    model_origin origin;
    const model_field *fields; /* in order of declaration and of offsets */
    size_t field_count;        /* at least 1 */
    uint32_t size;             /* with padding at the end */
    uint32_t alignment;        /* of @align, else of the largest field */
    bool is_realigned;         /* @align is larger than the fields need */
};

struct model_table {
    model_origin origin;
    const model_field *fields; /* in order of ids: fields[i].id == i; the tag before its union */
    size_t field_count;
    char identifier[5]; /* FlatBuffers file identifier, if the table is the root of a payload */
    bool has_own_identifier;      /* from @identifier; else a hash of the name */
    const model_message *message; /* the message with this body, or NULL */
    uint64_t max_size;            /* of a payload with this root; 0 if unlimited */
    bool is_result;               /* used as the answer of a command or query */
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
    uint32_t code;        /* 1 to 65535, unique in its set, never one of the runtime's 400 to 599 */
    uint32_t http_status; /* of @http, else 409 */
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

/* The form of payloads. */
typedef enum model_encoding {
    ENCODING_BINARY, /* FlatBuffers */
    ENCODING_JSON,   /* with the names of the schema */
    ENCODING_RAW     /* the bytes of the only field */
} model_encoding;

/* Spans of annotations of a message; source 0 for an absent annotation. */
typedef struct model_annotation_spans {
    span timeout;
    span retry;
    span backoff;
    span qos;
    span dead_letter;
    span dedup;
    span idempotent;
    span stream;
    span subject;
    span encoding;
    span http;
} model_annotation_spans;

struct model_message {
    model_origin origin;
    model_message_kind kind;
    const model_table *body; /* the table of its fields, of the same name */
    slice subject; /* catga.commands.shop.orders.v1.CreateOrder, without the tokens of keys; or
                      that of @subject */
    bool has_own_subject; /* @subject: no prefix of a bus stands before it */
    model_encoding encoding;
    bool is_pattern; /* @subject with wildcards, of an event that is only received */
    model_annotation_spans annotations;

    /* Fields with @key, in order: their values are the last tokens of the subject. */
    const model_field *const *keys;
    size_t key_count;
    const model_http *http; /* @http, or NULL */

    /* Of calls and stored events; 0 for other events. */
    uint64_t timeout_ns; /* until the answer, or until an event is stored: 5 s by default */
    uint32_t retries;    /* attempts after the first, at most 100; 0 by default, 3 for handlers of
                            stored events */
    uint64_t backoff_ns; /* pause before the first retry, doubled for each further retry */
    uint64_t backoff_longest_ns; /* longest pause; both 0 for a call without `backoff` */

    /* Of commands and queries only. */
    const model_table *result;       /* in any module */
    const model_error_set *errors;   /* NULL: none declared */
    const model_service *handled_by; /* NULL: no service of this compilation */
    slice bucket;                    /* of @idempotent: its claims */
    uint64_t idempotency_ns;         /* how long the answer is kept; 0: not @idempotent */

    /* Of events only. At-least-once events are stored. */
    model_qos qos;
    bool dead_letter;           /* given-up events become dead letters */
    uint64_t dedup_window_ns;   /* how long message ids are remembered; 0 if not stored */
    const model_stream *stream; /* stream of a stored event, or NULL */
};

slice model_encoding_word(model_encoding encoding); /* "json" */

const char *model_qos_text(model_qos qos); /* "at least once" */

/* Appends the subject with its keys: catga.events.shop.orders.v1.OrderPaid.{shop_id} */
void model_print_subject(const model_message *message, buffer *out);

/* Returns true for an at-least-once event. */
bool model_is_stored(const model_message *message);

/* Returns the sum of all pauses between the attempts. */
uint64_t model_backoff_total(const model_message *message);

/* ---- Streams, buckets and object stores ------------------------------------------------------ */

typedef enum setting_kind {
#define SETTING(name, word, form, places, least, most, rule) SETTING_##name,
#include "model/settings.def"
#undef SETTING
    SETTING_COUNT
} setting_kind;

/* The block of a declared stream, bucket or object store. */
struct model_settings {
    slice name;                     /* at the server: of `name`, else SHOP_ORDERS_V1_Payments */
    span places[SETTING_COUNT];     /* source 0 for an absent setting */
    uint64_t values[SETTING_COUNT]; /* in the unit of settings.def; 0 for an absent setting */
};

/* Returns the word of a setting in a schema. */
slice model_setting_word(setting_kind kind);

/* Appends a declared setting as a schema writes its value. */
void model_print_setting(const model_settings *settings, setting_kind kind, buffer *out);

struct model_bucket {
    model_origin origin;
    model_settings settings;
    model_type value; /* a table, string or bytes */
};

struct model_objects {
    model_origin origin;
    model_settings settings;
};

/* A declared stream, or the stream of a namespace: of the stored events that name no other. */
struct model_stream {
    model_origin origin; /* of a declared stream; else without a name */
    bool is_declared;
    model_settings settings; /* the stream of a namespace has only a name: SHOP_ORDERS_V1 */
    span place;              /* of the declaration, or of the first stored event */
    const model_message **messages;
    size_t message_count;
    uint64_t dedup_window_ns; /* longest of its events */
};

/* Returns true if each message has one consumer, and is removed after its handler has succeeded. */
bool model_is_work_queue(const model_stream *stream);

/* @http(POST "/orders/{id}", status: 201) */
struct model_http {
    slice method;
    slice path;
    const model_field *const *fields; /* the fields in braces, in order */
    size_t field_count;
    uint32_t status; /* of a success: 200 to 299, 200 by default */
};

/* ---- Services -------------------------------------------------------------------------------- */

struct model_handler {
    const model_message *message; /* a command or query */
    slice name;                   /* of the function: the message's name as a C member */
    span place;
    model_doc doc;
};

struct model_publication {
    const model_message *message; /* an event */
    span place;
    model_doc doc;
};

typedef enum model_delivery {
    DELIVERY_GROUP,    /* delivered to one replica of the service */
    DELIVERY_BROADCAST /* delivered to every replica */
} model_delivery;

struct model_subscription {
    const model_message *message; /* an event */
    model_delivery delivery;
    slice function;    /* the name after `as`, as a C member */
    slice name;        /* on the server: `function`, or of a family "audit__OrderPaid" */
    bool is_family;    /* one of the subscriptions to every event of a namespace */
    bool is_fetch;     /* the program fetches the events */
    bool is_selective; /* has values of keys */
    slice subject;     /* with "*" for each key without a value */
    slice group;       /* of other programs; empty: named after the service and the handler */
    span place;
    model_doc doc;
};

/* `calls`: a command or query that the service's handlers call and wait for. */
struct model_called {
    const model_message *message;
    span place;
    model_doc doc;
};

/* `watch`: a handler gets each entry of a bucket. */
struct model_watch {
    const model_bucket *bucket;
    slice pattern;  /* of keys; empty: every key */
    slice function; /* the name after `as`, as a C member */
    span place;
    model_doc doc;
};

/* `reads` and `writes`: of a bucket, or of an object store. */
struct model_use {
    bool writes;
    const model_bucket *bucket;   /* or NULL */
    const model_objects *objects; /* or NULL */
    span place;
    model_doc doc;
};

/* Returns the bucket or object store of a use. */
const model_origin *model_used_origin(const model_use *use);

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
    const model_watch *watches;
    size_t watch_count;
    const model_use *uses;
    size_t use_count;
};

/* ---- Files ----------------------------------------------------------------------------------- */

struct model_module {
    const source *file;
    slice path; /* relative to the longest matching root, or the base name: shop/orders.catga */
    slice namespace;  /* shop.orders */
    uint32_t version; /* major version, from 1 */
    span namespace_place;
    span version_place;
    model_doc doc; /* of the namespace */
    bool is_input; /* named on the command line, not only imported */

    const model_module *const *imports; /* direct imports, in order */
    size_t import_count;

    const model_constant *constants;
    size_t constant_count;
    const model_enum *enums;
    size_t enum_count;
    const model_struct *structs; /* a struct follows the structs that it contains */
    size_t struct_count;
    const model_table *tables; /* declared tables and the bodies of messages */
    size_t table_count;
    const model_union *unions;
    size_t union_count;
    const model_error_set *error_sets;
    size_t error_set_count;
    const model_message *messages;
    size_t message_count;
    const model_service *services;
    size_t service_count;
    const model_stream *streams; /* declared ones, and that of the namespace if it has events */
    size_t stream_count;
    const model_bucket *buckets;
    size_t bucket_count;
    const model_objects *object_stores;
    size_t object_store_count;
};

struct model {
    const model_module *const *modules; /* a module follows the modules that it imports */
    size_t module_count;
};

/* Appends the whole model as text, for --dump=model. */
void model_dump(const model *facts, buffer *out);

#endif
