/* fbs.h -- a FlatBuffers schema as it is written: a list of declarations with places.
 *
 * Made by fbs_parse.c from one file, without its includes. resolve.c fills in what types refer to,
 * names.c what things are called in the .catga file; nothing else changes after parsing.
 */
#ifndef CATGAC_FBS_H
#define CATGAC_FBS_H

#include "base/source.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fbs_declaration fbs_declaration;
typedef struct fbs_file fbs_file;

/* The lines of a `///` comment, as they stand behind the slashes. */
typedef struct fbs_doc {
    const slice *lines;
    size_t line_count;
} fbs_doc;

/* A name, and what it is called in the .catga file. */
typedef struct fbs_name {
    slice text;
    span place;
    slice given;
    unsigned number;      /* behind the name that was given; 0: none */
    unsigned last_number; /* behind the names that others got instead of this one; 0: none did */
    unsigned refusals;    /* how often the compiler refused the name that was given */
    bool is_refused;      /* in the running trial */
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
    slice text; /* a number or a word as it is written, the value of a text */
    span place;
} fbs_value;

/* One of the list in parentheses behind a declaration or a field. */
typedef struct fbs_attribute {
    struct fbs_attribute *next;
    slice name;
    fbs_value value;
    span place;   /* of the name */
    slice source; /* all of it as it is written */
} fbs_attribute;

typedef struct fbs_type {
    slice name; /* int, string, Monster, MyGame.Monster; empty: there is none */
    span place;
    bool is_vector;
    fbs_value length;          /* of an array: [int:3] */
    fbs_declaration *declared; /* NULL for what is built in */
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
    slice root_namespace; /* where that stands */
    fbs_value identifier; /* file_identifier */
    slice main_namespace; /* which becomes that of the .catga file */
    slice namespace;      /* of the .catga file */
    slice path;           /* of the .catga file, below the output folder */
};

/* The attribute of this name, or NULL. */
const fbs_attribute *fbs_find_attribute(const fbs_attribute *list, const char *name);

#endif
