/* comparison.h -- what the files of this folder share. `before` and `after` are always the older
 * and the newer of two things. */
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
    text_table names;     /* of `after`: from namespace and name to a declared */
    text_table published; /* messages of `after` that some service sends */
    text_table pairs;     /* those that were made */
    pair *first, *last;   /* those that wait to be compared */
} comparison;

/* Reports a change at its new place, with a note at the old one. */
void report(comparison *c, breaking_rule rule, span place, span old_place, const char *format, ...)
    CATGAC_PRINTF(5, 6);

/* The name of a declaration as texts of `names` spell it: shop.orders.v1.Order. */
slice full_name(arena *memory, const model_origin *origin);

/* Returns the declaration of the same name and kind in the newer version, or NULL. */
const declared *find_after(const comparison *c, const declared *before);

/* Has two things of one kind compared, once. */
void compare_later(comparison *c, declared before, declared after);

bool same_origin(const model_origin *before, const model_origin *after);

/* Reports another name in JSON, unless that is the new name, which the rule of renaming reports. */
void compare_json(comparison *c, const model_origin *before, const model_origin *after);

void compare_enums(comparison *c, const model_enum *before, const model_enum *after);
void compare_unions(comparison *c, const model_union *before, const model_union *after);
void compare_structs(comparison *c, const model_struct *before, const model_struct *after);
void compare_tables(comparison *c, const model_table *before, const model_table *after);
void compare_errors(comparison *c, const model_error_set *before, const model_error_set *after);
void compare_messages(comparison *c, const model_message *before, const model_message *after);
void compare_streams(comparison *c, const model_stream *before, const model_stream *after);
/* Keeps in `published` what the services of a module send. */
void keep_publications(comparison *c, const model_module *module);

void compare_services(comparison *c, const model_service *before, const model_service *after);

/* Whether the bytes of both types mean the same number, text or structure of parts. */
bool same_bytes(const model_type *before, const model_type *after);

/* Whether both types are spelt the same, whatever is optional. */
bool same_spelling(const model_type *before, const model_type *after);

/* Whether both values are equal on the wire, where -0.0 is not 0.0, and NaN is NaN. */
bool same_value(const model_value *before, const model_value *after);

/* Has what both types refer to compared. */
void compare_referred(comparison *c, const model_type *before, const model_type *after);

#endif
