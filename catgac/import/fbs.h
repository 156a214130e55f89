/* fbs.h -- the syntax tree of a FlatBuffers schema: a list of declarations with spans. */
#ifndef CATGAC_FBS_H
#define CATGAC_FBS_H

#include "base/source.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fbs_declaration fbs_declaration;
typedef struct fbs_file fbs_file;

/* The lines of a `///` comment, without the slashes. */
typedef struct fbs_doc {
    const slice *lines;
    size_t line_count;
} fbs_doc;

/* A name, and its name in the .catga file. */
typedef struct fbs_name {
    slice text;
    span place;
    slice given;
    unsigned number;      /* suffix of the name; 0: none */
    unsigned last_number; /* last suffix of other names that were equal; 0: none */
    unsigned refusals;    /* how often the compiler rejected the name */
    bool is_refused;      /* in the current trial */
    struct fbs_name *next_refused;
} fbs_name;

typedef enum fbs_value_kind {
    FBS_VALUE_NONE,
    FBS_VALUE_NUMBER, /* an integer or a float, with its sign */
    FBS_VALUE_WORD,   /* Red, Color.Red, true, null, nan */
    FBS_VALUE_TEXT,
    FBS_VALUE_OTHER /* [], {} or the call of a function */
} fbs_value_kind;

typedef struct fbs_value {
    fbs_value_kind kind;
    slice text; /* the source of a number or word, the value of a text */
    span place;
} fbs_value;

/* An attribute, in parentheses after a declaration or a field. */
typedef struct fbs_attribute {
    struct fbs_attribute *next;
    slice name;
    fbs_value value;
    span place;   /* of the name */
    slice source; /* the source of the attribute */
} fbs_attribute;

typedef struct fbs_type {
    slice name; /* int, string, Monster, MyGame.Monster; empty: there is none */
    span place;
    bool is_vector;
    fbs_value length;          /* of an array: [int:3] */
    fbs_declaration *declared; /* NULL for a built-in type */
} fbs_type;

/* A field, a member of an enum, or an alternative of a union, which may have no name of its own. */
typedef struct fbs_member {
    struct fbs_member *next;
    fbs_name name;
    fbs_doc doc;
    fbs_type type;
    fbs_value value; /* the default of a field, the value of a member */
    fbs_attribute *attributes;
    uint64_t
        number; /* of a member of an enum: its value, or its bit; signed ones as two's complement */
} fbs_member;

typedef enum fbs_kind { FBS_TABLE, FBS_STRUCT, FBS_ENUM, FBS_UNION } fbs_kind;

struct fbs_declaration {
    fbs_declaration *next;
    fbs_kind kind;
    fbs_name name;
    slice namespace; /* MyGame.Example; empty for the global one */
    fbs_file *file;
    fbs_doc doc;
    fbs_attribute *attributes;
    fbs_type base; /* of an enum or union */
    fbs_member *members;
    text_table by_name;   /* members: filled in by resolve.c */
    text_table by_number; /* of an enum: the bytes of `number` */
    slice identifier;     /* of a buffer with this root; empty: none */
};

typedef struct fbs_include {
    struct fbs_include *next;
    slice path;
    span place;
    fbs_file *file; /* NULL when it could not be read */
} fbs_include;

/* Declarations without a counterpart, kept as comments: rpc_service, file_extension. */
typedef struct fbs_remark {
    struct fbs_remark *next;
    slice text;
} fbs_remark;

struct fbs_file {
    const source *file;
    fbs_include *includes;
    fbs_declaration *declarations;
    fbs_remark *remarks;
    slice last_namespace;
    fbs_type root;        /* root_type */
    slice root_namespace; /* the namespace at root_type */
    fbs_value identifier; /* file_identifier */
    slice main_namespace; /* the namespace that becomes that of the .catga file */
    slice namespace;      /* of the .catga file */
    slice path;           /* of the .catga file, below the output folder */
};

/* Returns the attribute of this name, or NULL. */
const fbs_attribute *fbs_find_attribute(const fbs_attribute *list, const char *name);

#endif
