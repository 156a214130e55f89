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
 * check_keys.c        keys of subjects, and subjects that overlap
 * check_own_subject.c subjects of '@subject', which other systems use too
 * check_encoding.c    payloads that are no FlatBuffers
 * check_http.c        methods and statuses of HTTP, and fields in a query string
 * check_http_path.c   paths of HTTP
 * check_http_routes.c requests that reach two messages
 * check_http_names.c  names that are the same in JSON over HTTP
 * check_settings.c    settings of streams, buckets and object stores
 * check_streams.c     where events and objects are stored, and who hears events there
 * check_groups.c      queue groups and durable consumers
 * check_calls.c       services that wait for each other
 * check_subscriptions.c subscriptions to events, by key and to families
 * check_uses.c        buckets and object stores that services watch, read and write
 * check_services.c    services, and who handles what
 * check_c_names.c     names that are the same in C
 */
#ifndef CATGAC_CHECKER_H
#define CATGAC_CHECKER_H

#include "base/diag.h"
#include "base/text.h"
#include "model/model.h"
#include "syntax/ast.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum symbol_state {
    SYMBOL_UNTOUCHED,
    SYMBOL_IN_PROGRESS, /* reached again in this state: depends on itself */
    SYMBOL_DONE
} symbol_state;

/* A named declaration, and its part of the model. */
typedef struct symbol {
    const ast_declaration *declaration;
    struct scope *scope;
    symbol_state state;
    bool invalid; /* reported: its uses are not */
    union {
        model_constant *constant;
        model_enum *enumeration;
        model_struct *structure; /* NULL until its layout is known */
        model_table *table;      /* or the body of a message */
        model_union *alternatives;
        model_error_set *error_set;
        model_stream *stream;
        model_bucket *bucket;
        model_objects *objects;
        model_service *service;
    };
    model_message *message;
} symbol;

/* A file with its declarations and imports. */
typedef struct scope {
    const ast_file *file;
    model_module *module;
    symbol *symbols; /* in order of declaration */
    size_t symbol_count;
    text_table by_name;
    struct scope **imports; /* NULL for a file that was not loaded */
    model_struct *structs;  /* of the module, in the order in which layouts are completed */
    model_stream *streams;  /* of the module */
    model_stream *stream;   /* that of the namespace; NULL: not used */
    bool is_incomplete;     /* an import or part of the file is missing: names may be unknown */
} scope;

typedef struct checker {
    arena *memory;
    interner *names;
    diagnostics *diags;
    scope *scopes; /* in the order of ast.files */
    size_t scope_count;
    text_table builtins;
    text_table enum_members; /* key: enum and name, see check_enum_member_named() */
    bool only_facts;         /* features without generated code are accepted */
    bool runtime;            /* the namespace of the runtime is accepted */
    bool has_lost_lines;     /* a member of a service was lost: handlers are unknown */
    size_t depth;            /* recursion depth of declarations */
    text_table scratch;      /* shared: for one duplicate search at a time */
} checker;

/* ---- check_common.c -------------------------------------------------------------------------- */

model_doc check_doc(const doc_comment *doc);
model_origin check_origin(const scope *in, ast_name name, const doc_comment *doc);

/* Enters the recursive check of a declaration that another one needs. Returns false, after a
 * report, if the recursion is too deep; else the caller must decrement c->depth afterwards. */
bool check_go_deeper(checker *c, span place);

/* Reports a construct without generated code. Returns true if only the model is needed. */
bool check_unsupported(const checker *c, span place, const char *what);

/* Returns the name of a kind of declaration for messages: "a table", "an event". */
const char *check_kind_text(ast_kind kind);

/* Returns false, after a report, if another member of the declaration has the same name or the
 * same C name. `mangled` is the key in the scratch table. */
bool check_unique_member(checker *c, slice mangled, ast_name member, const char *what);

/* Returns the stream name of a module, from its namespace and version: SHOP_ORDERS_V1. */
slice check_stream_name(const checker *c, const model_module *module);

/* ---- check_names.c --------------------------------------------------------------------------- */

/* Report names that are not possible in C; for declarations also names of types and values. A
 * field may be named `timestamp`. */
void check_name_shape(const checker *c, ast_name name);
void check_declared_name(const checker *c, ast_name name);

/* Resolves a path. Returns NULL if it is unknown or broken, which was reported; `what` names the
 * expected declaration: "type", "constant". */
symbol *check_resolve(const checker *c, const scope *from, const ast_path *path, const char *what);

/* Returns true if a path means some declaration. Reports nothing. */
bool check_is_known(const checker *c, const scope *from, const ast_path *path);

/* ---- check_values.c -------------------------------------------------------------------------- */

/* Evaluates an expression in a type. Returns false after a report. */
bool check_evaluate(checker *c, const scope *from, const ast_expression *expression,
                    const model_type *type, model_value *value);

/* Evaluates the default of a field, which may also be nan, inf or -inf, as in FlatBuffers. */
bool check_evaluate_default(checker *c, const scope *from, const ast_expression *expression,
                            const model_type *type, model_value *value);

/* Evaluates a constant on first use. Returns false if it is broken. */
bool check_constant(checker *c, symbol *constant);

/* Compares two values of the same numeric kind: below 0, 0 or above 0. */
int check_compare(const model_value *left, const model_value *right);

/* Returns the zero of a scalar type. */
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
    ON_ERROR_CODE = 512,
    ON_NOTHING = 0
} annotation_place;

/* The annotations of one item, by kind; NULL for absent ones. */
typedef struct annotation_set {
    const ast_annotation *of[ANNOTATION_COUNT];
} annotation_set;

/* Checks a list of annotations. `what` names the annotated item: "a table". */
annotation_set check_annotations(const checker *c, const ast_annotations *list,
                                 annotation_place place, const char *what);

/* Returns the only argument, without key or range. Returns NULL after a report. */
const ast_expression *check_single_argument(const checker *c, const ast_annotation *annotation);
bool check_no_arguments(const checker *c, const ast_annotation *annotation);

/* The form of an annotation's argument. */
typedef enum argument_form { ARGUMENT_VALUE, ARGUMENT_RANGE, ARGUMENT_TEXT } argument_form;

typedef struct argument_rule {
    const char *key; /* empty for the argument without key, which comes first */
    argument_form form;
} argument_rule;

/* Stores the arguments in `found`, in the order of the rules; NULL for absent ones. Returns
 * false, after a report, for an argument that no rule allows. */
bool check_arguments(const checker *c, const ast_annotation *annotation, const argument_rule *taken,
                     size_t count, const ast_argument **found);

/* Returns the span of an annotation, or source 0 for NULL. */
span check_place_of(const ast_annotation *annotation);

/* ---- check_json.c ---------------------------------------------------------------------------- */

/* Read '@json', and set the JSON name of a member. */
void check_json(const checker *c, const ast_annotations *list, annotation_place place,
                const char *what, model_origin *member);
void check_json_name(const checker *c, const ast_annotation *annotation, model_origin *member);

/* Reports the members of one declaration that have the same name in JSON. A loop calls
 * check_unique_json() for each member, after check_begin_json(). */
void check_begin_json(checker *c);
void check_unique_json(checker *c, const model_origin *member);

/* ---- check_types.c --------------------------------------------------------------------------- */

/* The position of a type decides which types are allowed. */
typedef enum type_position {
    POSITION_TABLE,
    POSITION_STRUCT,
    POSITION_ELEMENT,
    POSITION_ARRAY_ELEMENT,
    POSITION_ALTERNATIVE,
    POSITION_CONSTANT
} type_position;

/* Resolves a type. Returns false, after a report, if it is not allowed at the position. */
bool check_type(checker *c, const scope *from, const ast_type *written, type_position position,
                model_type *type);
void check_builtins(checker *c);
void check_suggest_builtins(suggestion *search);
bool check_is_builtin(const checker *c, slice name);

void check_enum(checker *c, symbol *enumeration);

/* Return NULL if there is no such member. `name` is interned. */
const model_enum_member *check_enum_member_named(const checker *c, const model_enum *of,
                                                 slice name);
const model_enum_member *check_enum_member_of_value(const model_enum *of, const model_value *value);

/* ---- check_records.c ------------------------------------------------------------------------- */

/* Checks a struct, once. Returns false if it is broken. */
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

/* The subscriptions of a service, while it is checked. */
typedef struct subscription_draft {
    checker *c;
    const symbol *service;
    model_subscription *subscriptions;
    size_t count;
} subscription_draft;

/* Returns the largest number of subscriptions that the lines of a service make. */
size_t check_count_subscriptions(const checker *c, const symbol *service);

/* Adds the subscriptions of a line: one, or of a family one for each of its events. `event` is the
 * event that the line names, or NULL; `function` the interned name of the handler. */
void check_subscribe(subscription_draft *draft, const ast_member *line, const symbol *event,
                     slice function);

/* Evaluates the group that a line names; leaves *group as it is without one. */
void check_read_group(const subscription_draft *draft, const ast_member *line, slice *group);

/* Reports a group that a family names. */
void check_no_group(const subscription_draft *draft, const ast_member *line);

/* Reports names that no group can have, and handlers that would share a group or a consumer. */
void check_groups(checker *c);

/* ---- check_uses.c ---------------------------------------------------------------------------- */

/* The uses of buckets and object stores of a service, while it is checked. */
typedef struct store_draft {
    checker *c;
    const symbol *service;
    model_watch *watches;
    size_t watch_count;
    model_use *uses;
    size_t use_count;
} store_draft;

/* Adds the line `watch`; `function` is the interned name of the handler. */
void check_watch(store_draft *draft, const ast_member *line, slice function);

/* Adds the line `reads` or `writes`. */
void check_use(store_draft *draft, const ast_member *line);

/* ---- check_delivery.c, check_keys.c, check_http.c, check_settings.c, check_streams.c,
 * check_calls.c
 */

void check_delivery(checker *c, const symbol *s, const annotation_set *set);

void check_key(const checker *c, const symbol *s, const ast_annotation *annotation,
               model_field *field);
void check_keys(checker *c, const symbol *s);

/* Returns true if a text is a token of a subject: printable ASCII without blanks, '.', '*', '>'. */
bool check_is_token_text(slice text);
void check_subjects(checker *c);

/* Reads '@subject' of a message. */
void check_own_subject(checker *c, const symbol *s, const ast_annotation *annotation);

/* Reads '@encoding' of a message; reports raw payloads of tables with other fields. */
void check_encoding(const checker *c, const symbol *s, const ast_annotation *annotation);
void check_encodings(const checker *c);

/* Reports own subjects that overlap, and uses that wildcards do not allow. */
void check_own_subjects(checker *c);

/* Returns whether a subject matches both, each of which may have wildcards. */
bool check_subjects_overlap(slice left, slice right);

/* Returns true if a field can be a token of a subject or a segment of a path: it always has a
 * value, with a short text without dots. */
bool check_is_token(const model_field *field);

void check_http(checker *c, const symbol *s, const ast_annotation *annotation);

/* Checks '@http' of an error, and sets its status. */
void check_http_status(checker *c, const symbol *s, const ast_annotation *annotation,
                       model_error_code *made);

/* Sets the path and its fields. Returns false after a report. */
bool check_http_path(checker *c, const symbol *s, const ast_expression *written, model_http *made);

void check_routes(checker *c);
void check_http_names(checker *c);

/* Reads the settings block of a stream, a bucket or an object store. */
void check_settings(checker *c, const symbol *s, model_settings *settings);
void check_bucket(checker *c, const symbol *s);

/* Adds a stored event to its stream: of '@stream', or of the namespace if `annotation` is NULL. */
void check_stream(const checker *c, const symbol *s, const ast_annotation *annotation);
void check_stream_declaration(checker *c, const symbol *s);
void check_streams(checker *c);

void check_calls(checker *c);
void check_c_names(checker *c);

#endif
