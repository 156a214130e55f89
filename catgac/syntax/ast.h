/* ast.h -- the syntax tree of a schema file: with spans, not resolved or checked.
 *
 * The grammar builds it with the functions below; check.c reads it. Names are interned. Lists are
 * linked in the order of the file.
 */
#ifndef CATGAC_AST_H
#define CATGAC_AST_H

#include "base/source.h"
#include "base/text.h"
#include "syntax/lex.h"

#include <stdbool.h>
#include <stddef.h>

/* The context in which a tree is built. */
typedef struct ast_maker {
    arena *memory;
    interner *names;
    diagnostics *diags;
    const lexer *input;
} ast_maker;

typedef struct ast_name {
    slice text;
    span place;
} ast_name;

/* A name with an optional namespace: shop.money.Currency. */
typedef struct ast_path {
    slice text;              /* the whole path, joined by dots */
    size_t qualifier_length; /* bytes before the last dot; 0 without a dot */
    bool is_cut;             /* longer than allowed, and reported */
    span place;
    doc_comment *doc; /* comment before its first word, if it can be documented */
} ast_path;

enum { AST_PATH_LIMIT = 255 };

/* ---- Expressions ----------------------------------------------------------------------------- */

enum { AST_DEPTH_LIMIT = 64 }; /* nesting limit of expressions and of types */

typedef enum ast_expression_kind {
    EXPRESSION_BROKEN, /* broken, and reported */
    EXPRESSION_INTEGER,
    EXPRESSION_NUMBER,
    EXPRESSION_DURATION,
    EXPRESSION_STRING,
    EXPRESSION_NAME,
    EXPRESSION_UNARY,
    EXPRESSION_BINARY
} ast_expression_kind;

typedef struct ast_expression ast_expression;
struct ast_expression {
    ast_expression_kind kind;
    span place;
    size_t depth;
    slice text;                 /* INTEGER, NUMBER, DURATION: as written; STRING: its value */
    ast_path name;              /* of NAME */
    int sign;                   /* UNARY, BINARY: a token kind */
    const ast_expression *left; /* NULL for UNARY */
    const ast_expression *right;
};

/* ---- Types ----------------------------------------------------------------------------------- */

typedef enum ast_type_kind {
    AST_TYPE_BROKEN,
    AST_TYPE_NAME,   /* name, decimal(2), name? */
    AST_TYPE_VECTOR, /* [element] */
    AST_TYPE_ARRAY   /* [element:argument] */
} ast_type_kind;

typedef struct ast_type ast_type;
struct ast_type {
    ast_type_kind kind;
    span place;
    size_t depth;
    bool optional;
    ast_path name;
    const ast_expression *argument; /* of decimal(N), or the length of an array, or NULL */
    const ast_type *element;
};

/* ---- Annotations ----------------------------------------------------------------------------- */

typedef struct ast_argument ast_argument;
struct ast_argument {
    ast_argument *next;
    span place;
    ast_name key; /* of `key: value`, or empty */
    bool is_range;
    const ast_expression *value; /* or the lower end of a range; NULL if open */
    const ast_expression *high;  /* the upper end of a range; NULL if open */
    const ast_expression *extra; /* a string after a name, as in @http(POST "/orders") */
};

typedef struct ast_arguments {
    ast_argument *first, *last;
    size_t count;
} ast_arguments;

typedef struct ast_annotation ast_annotation;
struct ast_annotation {
    ast_annotation *next;
    ast_name name; /* without the @ */
    span place;
    ast_arguments arguments;
    doc_comment *doc; /* comment before the @ */
};

typedef struct ast_annotations {
    ast_annotation *first, *last;
} ast_annotations;

/* ---- Members --------------------------------------------------------------------------------- */

typedef enum ast_member_kind {
    MEMBER_FIELD,       /* name: type = value annotations; of struct, table, message */
    MEMBER_VALUE,       /* name = value; of enum, flags, errors */
    MEMBER_ALTERNATIVE, /* path, or name: type; of union */
    MEMBER_HANDLE,      /* handle path; and the other lines of a service */
    MEMBER_PUBLISH,
    MEMBER_CALLS,
    MEMBER_ON,    /* on path(key: value) group|group("name")|broadcast as name; on path.* ... */
    MEMBER_FETCH, /* fetch path(key: value) group("name") as name */
    MEMBER_WATCH, /* watch path(value) as name */
    MEMBER_READS, /* reads path */
    MEMBER_WRITES,
    MEMBER_SETTING /* name: value; of stream, bucket, objects */
} ast_member_kind;

/* group, group("name") or broadcast. */
typedef struct ast_delivery {
    bool is_broadcast;
    const ast_expression *group; /* or NULL */
} ast_delivery;

typedef struct ast_member ast_member;
struct ast_member {
    ast_member *next;
    ast_member_kind kind;
    ast_name name;
    ast_path path;
    const ast_type *type;
    const ast_expression *value; /* or NULL */
    ast_annotations annotations;
    bool is_broadcast;
    bool is_family;              /* every event of the namespace `path` */
    const ast_expression *group; /* name of the group of other programs, or NULL */
    ast_arguments selection;     /* values of keys */
    span place;
    doc_comment *doc;
};

typedef struct ast_members {
    ast_member *first, *last;
    size_t count;
} ast_members;

/* ---- Declarations ---------------------------------------------------------------------------- */

typedef enum ast_kind {
    AST_BROKEN, /* has a name if one was read, so that its uses are not reported */
    AST_NAMESPACE,
    AST_VERSION,
    AST_IMPORT,
    AST_CONST,
    AST_ENUM,
    AST_FLAGS,
    AST_STRUCT,
    AST_TABLE,
    AST_UNION,
    AST_ERRORS,
    AST_COMMAND,
    AST_QUERY,
    AST_EVENT,
    AST_STREAM,
    AST_BUCKET,
    AST_OBJECTS,
    AST_SERVICE
} ast_kind;

typedef struct ast_declaration ast_declaration;
struct ast_declaration {
    ast_declaration *next;
    ast_kind kind;
    ast_name name;
    ast_annotations annotations;
    doc_comment *doc;
    span place; /* of the keyword */

    ast_path path;               /* of a namespace */
    const ast_expression *value; /* of a const, a version, an import (a string) */
    const ast_type *type;        /* of a const, enum, flags; of the values of a bucket */
    ast_members members;
    bool has_result;
    ast_path result; /* -> result */
    bool has_throws;
    ast_path throws; /* throws errors */
};

typedef struct ast_file ast_file;
struct ast_file {
    const source *file;
    ast_declaration *first, *last;
    size_t declaration_count;
    bool is_input;   /* named on the command line */
    bool has_errors; /* syntax errors: its declarations may be incomplete */

    /* In the order of the import declarations; NULL for a file that was not loaded. */
    const ast_file **imports;
    size_t import_count;
};

/* All files of a compilation; a file follows the files that it imports. */
typedef struct ast {
    ast_file **files;
    size_t file_count;
} ast;

/* ---- Making it ------------------------------------------------------------------------------- */

span span_join(span first, span last);

ast_name ast_make_name(const ast_maker *maker, token word);
ast_path ast_make_path(const ast_maker *maker, token word);
ast_path ast_extend_path(const ast_maker *maker, ast_path qualifier, token word);

const ast_expression *ast_make_literal(const ast_maker *maker, token literal);
const ast_expression *ast_make_reference(const ast_maker *maker, ast_path name);
const ast_expression *ast_make_unary(const ast_maker *maker, token sign,
                                     const ast_expression *operand);
const ast_expression *ast_make_binary(const ast_maker *maker, token sign,
                                      const ast_expression *left, const ast_expression *right);

ast_type *ast_make_named_type(const ast_maker *maker, ast_path name);
ast_type *ast_make_vector_type(const ast_maker *maker, const ast_type *element,
                               const ast_expression *length);

ast_argument *ast_make_argument(const ast_maker *maker, const ast_expression *value);
ast_argument *ast_make_range(const ast_maker *maker, token dots, const ast_expression *low,
                             const ast_expression *high);
ast_annotation *ast_make_annotation(const ast_maker *maker, token at, token name);

ast_member *ast_make_member(const ast_maker *maker, ast_member_kind kind, token first);
ast_member *ast_make_alternative(const ast_maker *maker, ast_path path);
ast_declaration *ast_make_declaration(const ast_maker *maker, ast_kind kind, token keyword);

/* Sets the annotations of `declaration`, and the comment before them. */
void ast_annotate(ast_declaration *declaration, ast_annotations annotations);

void ast_append_argument(ast_arguments *list, ast_argument *added);
void ast_append_annotation(ast_annotations *list, ast_annotation *added);
void ast_append_member(ast_members *list, ast_member *added);
void ast_append_declaration(ast_file *file, ast_declaration *added);

/* ---- Printing it, for --dump=ast ------------------------------------------------------------- */

void ast_dump(const ast *tree, buffer *out);

#endif
