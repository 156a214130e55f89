/* comparison.h -- the common parts of this folder. `before` is always the older declaration, and
 * `after` the newer one. */
#ifndef CATGAC_COMPARISON_H
#define CATGAC_COMPARISON_H

#include "breaking/breaking.h"

typedef enum breaking_rule {
#define RULE(name, code, level, who, why) RULE_##name,
#include "base/rules.def"
#undef RULE
    RULE_COUNT
} breaking_rule;

/* The kinds of named declarations. */
typedef enum declared_kind {
    DECLARED_CONSTANT,
    DECLARED_ENUM,
    DECLARED_STRUCT,
    DECLARED_TABLE,
    DECLARED_UNION,
    DECLARED_ERRORS,
    DECLARED_MESSAGE,
    DECLARED_STREAM,
    DECLARED_BUCKET,
    DECLARED_OBJECTS,
    DECLARED_SERVICE
} declared_kind;

typedef struct declared {
    declared_kind kind;
    const model_origin *origin;
    union {
        const model_constant *constant;
        const model_enum *enumeration;
        const model_struct *structure;
        const model_table *table;
        const model_union *alternatives;
        const model_error_set *errors;
        const model_message *message;
        const model_stream *stream;
        const model_bucket *bucket;
        const model_objects *objects;
        const model_service *service;
    };
} declared;

typedef struct pair {
    struct pair *next;
    declared before, after;
} pair;

typedef struct comparison {
    arena *memory;
    diagnostics *diags;
    const breaking_choice *choice;
    const model *before;
    const model *after;
    text_table names;     /* declarations of `after`, by namespace and name */
    text_table published; /* messages of `after` that a service publishes */
    text_table pairs;     /* existing pairs */
    pair *first, *last;   /* pairs that wait for their comparison */
} comparison;

/* Reports a change at its new place, with a note at the old one. */
void report(comparison *c, breaking_rule rule, span place, span old_place, const char *format, ...)
    CATGAC_PRINTF(5, 6);

/* Returns the name of a declaration in the form of `names`: shop.orders.v1.Order. */
slice full_name(arena *memory, const model_origin *origin);

/* Returns the declaration of the same name and kind in the newer version, or NULL. */
const declared *find_after(const comparison *c, const declared *before);

/* Queues two declarations of one kind for comparison, once. */
void compare_later(comparison *c, declared before, declared after);

bool same_origin(const model_origin *before, const model_origin *after);

/* Reports another name in JSON, unless it is the new schema name, which the rule of renaming
 * reports. */
void compare_json(comparison *c, const model_origin *before, const model_origin *after);

void compare_enums(comparison *c, const model_enum *before, const model_enum *after);
void compare_unions(comparison *c, const model_union *before, const model_union *after);
void compare_structs(comparison *c, const model_struct *before, const model_struct *after);
void compare_tables(comparison *c, const model_table *before, const model_table *after);
void compare_errors(comparison *c, const model_error_set *before, const model_error_set *after);
void compare_messages(comparison *c, const model_message *before, const model_message *after);
void compare_streams(comparison *c, const model_stream *before, const model_stream *after);
void compare_buckets(comparison *c, const model_bucket *before, const model_bucket *after);
void compare_objects(comparison *c, const model_objects *before, const model_objects *after);

/* Adds the events that the services of a module publish to `published`. */
void keep_publications(comparison *c, const model_module *module);

void compare_services(comparison *c, const model_service *before, const model_service *after);

/* Returns true if the bytes of both types mean the same number, text or structure of parts. */
bool same_bytes(const model_type *before, const model_type *after);

/* Returns true if both types are spelt the same, ignoring `?`. */
bool same_spelling(const model_type *before, const model_type *after);

/* Returns true if both values are equal on the wire, where -0.0 is not 0.0, and NaN is NaN. */
bool same_value(const model_value *before, const model_value *after);

/* Compares the declarations that both types refer to. */
void compare_referred(comparison *c, const model_type *before, const model_type *after);

#endif
