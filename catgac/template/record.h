/* record.h -- structs whose members templates read by name.
 *
 * A record type is a constant table with the name, kind and offset of each member. The template
 * parser resolves paths like `table.fields` with these tables: a misspelt name is found even in a
 * branch that no schema uses, and rendering reads at a known offset. Records form a tree, without
 * references upwards.
 */
#ifndef CATGAC_RECORD_H
#define CATGAC_RECORD_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum property_kind {
    PROPERTY_IDENTIFIER, /* slice: of checked names and numbers, safe in code */
    PROPERTY_TEXT,       /* slice: text of the schema, must be escaped */
    PROPERTY_NUMBER,     /* int64_t */
    PROPERTY_FLAG,       /* bool */
    PROPERTY_CHILD,      /* const void *: a record of `type`, NULL when absent */
    PROPERTY_LIST,       /* record_list: pointers to records of `type` */
    PROPERTY_TEXTS       /* text_list */
} property_kind;

typedef struct record_type record_type;

typedef struct property {
    slice name;
    property_kind kind;
    size_t offset;           /* in the struct */
    const record_type *type; /* of a record, or of a list's elements */
} property;

struct record_type {
    slice name;
    const property *properties;
    size_t property_count;
};

typedef struct record_list {
    const void *const *items;
    size_t count;
} record_list;

typedef struct text_list {
    const slice *items;
    size_t count;
} text_list;

/* Returns the property of that name, or NULL. */
const property *record_find(const record_type *type, slice name);

/* Returns the address of the property `of` in a record. */
static inline const void *record_member(const void *record, const property *of)
{
    return (const char *)record + of->offset;
}

/* Returns the name of a kind for messages: "an identifier", "a text". */
const char *property_kind_text(property_kind kind);

/* Appends a record and its children as indented text, for --dump=view. */
void record_dump(const record_type *type, const void *record, buffer *out);

#endif
