/* checker.h -- shared by the files check*.c only, each of which holds the rules of one subject.
 *
 * check.c             the order of the rules, what every file begins with, what is declared
 * check_common.c      helpers of all rules
 * check_names.c       which declaration a name means
 * check_values.c      constant expressions and their types
 * check_annotations.c where annotations may stand, and their arguments
 * check_json.c        names in JSON
 * check_types.c       what a written type means, and enums
 * check_records.c     structs and their layout, tables and their fields
 * check_unions.c      unions
 * check_bounds.c      how large a message can become
 * check_messages.c    error sets, commands, queries, events
 * check_delivery.c    how surely and how often a message is sent, stored and handled
 * check_http.c        keys of subjects, and paths of HTTP
 * check_streams.c     where events are stored, and who hears them there
 * check_calls.c       services that wait for each other
 * check_services.c    services, and who handles what
 * check_c_names.c     names that are the same in C
 */
#ifndef CATGAC_CHECKER_H
#define CATGAC_CHECKER_H

#include <stdbool.h>
#include <stddef.h>

#include "syntax/ast.h"
#include "base/diag.h"
#include "model/model.h"
#include "base/text.h"

typedef enum symbol_state {
    SYMBOL_UNTOUCHED,
    SYMBOL_IN_PROGRESS, /* met again in this state, it depends on itself */
    SYMBOL_DONE
} symbol_state;

/* A declaration that has a name. `facts` are filled in as the rules go. */
typedef struct symbol {
    const ast_declaration *declaration;
    struct scope *scope;
    symbol_state state;
    bool invalid; /* reported: who uses it stays silent */
    union {
        model_constant *constant;
        model_enum *enumeration;
        model_struct *structure; /* NULL until its layout is known */
        model_table *table;      /* of a message: its body */
        model_union *alternatives;
        model_error_set *error_set;
        model_service *service;
    };
    model_message *message;
} symbol;

/* A file: what it declares, and what its imports declare. */
typedef struct scope {
    const ast_file *file;
    model_module *module;
    symbol *symbols; /* in order of declaration */
    size_t symbol_count;
    text_table by_name;
    struct scope **imports; /* NULL for one that could not be loaded */
    model_struct *structs;  /* of the module; filled in the order in which layouts are known */
    model_stream *stream;   /* of the module, or NULL */
    struct stream_said *stream_said; /* see check_streams.c */
    bool is_incomplete;     /* an import or a part of the file was lost: names may be missing */
} scope;

typedef struct checker {
    arena *memory;
    interner *names;
    diagnostics *diags;
    scope *scopes; /* in the order of ast.files */
    size_t scope_count;
    text_table builtins;
    text_table enum_members; /* by enum and name: see check_enum_member_named() */
    bool only_facts;         /* nothing is generated, so nothing is refused because of that */
    bool has_lost_lines;     /* of a service: who handles what is not known */
    size_t depth;            /* of declarations that are checked because others need them */
    text_table scratch;      /* for one duplicate search at a time */
} checker;

/* ---- check_common.c -------------------------------------------------------------------------- */

model_doc check_doc(const doc_comment *doc);
model_origin check_origin(const scope *in, ast_name name, const doc_comment *doc);

/* Declarations are checked when others need them, in recursion. Returns false, and reports it,
 * when that would go too deep; else whoever calls it counts c->depth down again. */
bool check_go_deeper(checker *c, span place);

/* Reports a construct that is parsed, and that nothing is generated for yet; true when facts are enough. */
bool check_unsupported(const checker *c, span place, const char *what);

/* How a message calls a declaration: "a table", "an event". */
const char *check_kind_text(ast_kind kind);

/* Finds the same name, or the same name in C, among the members of one declaration: reports a
 * duplicate, and returns false. `mangled` is the key. */
bool check_unique_member(checker *c, slice mangled, ast_name member, const char *what);

/* ---- check_names.c --------------------------------------------------------------------------- */

/* Reports names that C cannot have; for declarations, also those that are words for a type or a
 * value. A field may be called `timestamp`. */
void check_name_shape(const checker *c, ast_name name);
void check_declared_name(const checker *c, ast_name name);

/* Returns the declaration that a path means, or NULL: it was reported (`what` it should have
 * been: "type", "constant", ...), or it is broken and was reported before. */
symbol *check_resolve(const checker *c, const scope *from, const ast_path *path, const char *what);

/* ---- check_values.c -------------------------------------------------------------------------- */

/* Computes an expression as a value of a type. Returns false when it cannot: that was reported. */
bool check_evaluate(checker *c, const scope *from, const ast_expression *expression,
                    const model_type *type, model_value *value);

/* Computes a constant that is needed before its turn. Returns false when it is broken. */
bool check_constant(checker *c, symbol *constant);

/* Below 0, 0 or above 0; both values are of the same numeric kind. */
int check_compare(const model_value *left, const model_value *right);

/* The zero of a type that is a scalar. */
model_value check_zero(const model_type *type);

/* ---- check_annotations.c --------------------------------------------------------------------- */

typedef enum annotation_kind {
#define ANNOTATION(name, word, places, supported) ANNOTATION_##name,
#include "check/annotations.def"
#undef ANNOTATION
    ANNOTATION_COUNT
} annotation_kind;

typedef enum annotation_place {
    ON_FIELD = 1,
    ON_COMMAND = 2,
    ON_QUERY = 4,
    ON_EVENT = 8,
    ON_TABLE = 16,
    ON_STRUCT_FIELD = 32,
    ON_ENUM_MEMBER = 64,
    ON_ALTERNATIVE = 128,
    ON_STRUCT = 256,
    ON_NOTHING = 0
} annotation_place;

/* Those that stand at one place, by kind; NULL for those that do not. */
typedef struct annotation_set {
    const ast_annotation *of[ANNOTATION_COUNT];
} annotation_set;

/* `what` names the place: "a table". */
annotation_set check_annotations(const checker *c, const ast_annotations *list,
                                 annotation_place place, const char *what);

/* Returns the only argument, without a key and not a range; or NULL: it was reported. */
const ast_expression *check_single_argument(const checker *c, const ast_annotation *annotation);
bool check_no_arguments(const checker *c, const ast_annotation *annotation);

/* What an annotation takes in its parentheses. */
typedef enum argument_form { ARGUMENT_VALUE, ARGUMENT_RANGE, ARGUMENT_TEXT } argument_form;

typedef struct argument_rule {
    const char *key; /* empty for the one that has none, which comes first */
    argument_form form;
} argument_rule;

/* Sorts arguments by their rules into `found`, where NULL is one that is not given. Returns false
 * when one is not what is taken: that was reported. */
bool check_arguments(const checker *c, const ast_annotation *annotation, const argument_rule *taken,
                     size_t count, const ast_argument **found);

/* The place of an annotation, or none. */
span check_place_of(const ast_annotation *annotation);

/* ---- check_json.c ---------------------------------------------------------------------------- */

/* Reads the name in JSON of a member that was declared at a place: that of '@json', where it has one. */
void check_json(const checker *c, const ast_annotations *list, annotation_place place,
                const char *what, model_origin *member);
void check_json_name(const checker *c, const ast_annotation *annotation, model_origin *member);

/* Reports the members of one declaration that have the same name in JSON. A loop calls
 * check_unique_json() for each member, after check_begin_json(). */
void check_begin_json(checker *c);
void check_unique_json(checker *c, const model_origin *member);

/* ---- check_types.c --------------------------------------------------------------------------- */

/* Where a type stands decides what it may be. */
typedef enum type_position {
    POSITION_TABLE,
    POSITION_STRUCT,
    POSITION_ELEMENT,
    POSITION_ARRAY_ELEMENT,
    POSITION_ALTERNATIVE,
    POSITION_CONSTANT
} type_position;

/* Returns false when it is no type for there: that was reported. */
bool check_type(checker *c, const scope *from, const ast_type *written, type_position position,
                model_type *type);
void check_builtins(checker *c);
void check_suggest_builtins(suggestion *search);
bool check_is_builtin(const checker *c, slice name);

void check_enum(checker *c, symbol *enumeration);

/* Both return NULL when there is none. `name` is interned. */
const model_enum_member *check_enum_member_named(const checker *c, const model_enum *of,
                                                 slice name);
const model_enum_member *check_enum_member_of_value(const model_enum *of, const model_value *value);

/* ---- check_records.c ------------------------------------------------------------------------- */

/* Returns false when the struct is broken. */
bool check_struct(checker *c, symbol *structure);
void check_table(checker *c, symbol *table);

/* ---- check_unions.c, check_bounds.c ---------------------------------------------------------- */

void check_union(checker *c, symbol *s);
void check_bounds(checker *c);

/* ---- check_messages.c, check_services.c, check_c_names.c ------------------------------------- */

void check_error_set(checker *c, symbol *errors);
void check_message(checker *c, symbol *message);
void check_service(checker *c, symbol *service);
void check_handling(checker *c);

/* ---- check_delivery.c, check_http.c, check_streams.c, check_calls.c -------------------------- */

void check_delivery(checker *c, const symbol *s, const annotation_set *set);

void check_key(const checker *c, const symbol *s, const ast_annotation *annotation,
               model_field *field);
void check_keys(checker *c, const symbol *s);
void check_http(checker *c, const symbol *s, const ast_annotation *annotation);
void check_routes(checker *c);
void check_subjects(checker *c);

/* What is stored for a module is named by: its namespace and version in capitals, SHOP_ORDERS_V1. */
slice check_stream_name(const checker *c, const model_module *module);

/* `@stream` of one event; its values are compared with those of the other events of its file. */
void check_stream(checker *c, const symbol *s, const ast_annotation *annotation);
void check_streams(checker *c);

void check_calls(checker *c);
void check_c_names(checker *c);

#endif
