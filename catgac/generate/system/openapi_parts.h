/* openapi_parts.h -- the parts of an OpenAPI document: one file each. */
#ifndef CATGAC_OPENAPI_PARTS_H
#define CATGAC_OPENAPI_PARTS_H

#include "base/json.h"
#include "generate/system/openapi.h"

/* A schema to which the document refers. */
typedef struct openapi_declared {
    struct openapi_declared *next;
    openapi_schema schema;
    model_type type; /* an enum, a struct, a table or a union; unused for OPENAPI_PROBLEM */
    bool is_problem;
} openapi_declared;

/* The name of the schema of error bodies: problem details of RFC 9457. */
#define OPENAPI_PROBLEM "Problem"

/* The state of writing. Each reference adds its schema to the list, once. */
typedef struct openapi_writer {
    arena *memory;
    json_writer json;
    text_table names; /* of the list */
    openapi_declared *first;
    openapi_declared *last;
    size_t declared_count;
} openapi_writer;

openapi_writer openapi_writer_on(buffer *out);

/* ---- Text ------------------------------------------------------------------------------------ */

/* Returns shop.orders.CreateOrder. */
slice openapi_full_name(arena *memory, const model_origin *origin);

/* Returns the first sentence of a comment, without its dot; the whole comment if it has no dot. */
slice openapi_summary(arena *memory, const model_doc *doc);

/* Return one line and a whole comment for a description, which is Markdown that shows them
 * literally. */
slice openapi_markdown(arena *memory, slice line);
slice openapi_comment(arena *memory, const model_doc *doc);

/* Appends an item of a list in Markdown: a name, and the first sentence of its comment. */
void openapi_append_item(buffer *text, slice name, const model_doc *doc);

/* Returns seconds with the digits that are needed: 1.5s. */
slice openapi_duration_text(arena *memory, const model_value *value);

/* ---- Paths ----------------------------------------------------------------------------------- */

/* Returns true if two paths have the same segments, apart from the names in braces. */
bool openapi_is_same_path(const model_http *one, const model_http *other);

/* Returns the first message of the module whose path has the same segments, apart from the names
 * in braces. */
const model_message *openapi_first_at_path(const model_message *message);

/* Returns the name of a field in a path: in lowerCamelCase, without @json. */
slice openapi_parameter_name(arena *memory, const model_http *http, size_t index);

/* Returns true if a field is in the path of a message with @http. */
bool openapi_is_in_path(const model_http *http, const model_field *field);

/* Returns true if the body of a request has fields: not with GET, nor if all are in the path. */
bool openapi_has_body(const model_message *message);

/* ---- Types ----------------------------------------------------------------------------------- */

/* Appends a reference to the schema of a table. */
void openapi_put_table_reference(openapi_writer *w, const char *key, const model_table *table);

/* Appends a reference to the schema of error bodies. */
void openapi_put_problem_reference(openapi_writer *w, const char *key);

/* Appends the members of the schema of an integer type. `field` has the bounds of the value; NULL
 * for an element. */
void openapi_put_integer(openapi_writer *w, const model_type *type, const model_field *field);

/* Does the same for a type other than a vector or an array. */
void openapi_put_single(openapi_writer *w, const model_type *type, const model_field *field);

/* Does the same for the type of a field. */
void openapi_put_type(openapi_writer *w, const model_field *field);

/* Appends the default that a schema can state: not that of a timestamp. Infinities and NaN are no
 * numbers in JSON. */
void openapi_put_default(openapi_writer *w, const model_field *field);

/* ---- Schemas --------------------------------------------------------------------------------- */

/* Appends a description, unless it is empty. */
void openapi_put_description(openapi_writer *w, slice text);

/* Returns the description of a field; empty if there is none. */
slice openapi_field_description(arena *memory, const model_field *field);

/* Appends an object with the fields of a message that are not in its path. */
void openapi_put_body(openapi_writer *w, const char *key, const model_message *message);

/* Appends a schema of the list. */
void openapi_put_schema(openapi_writer *w, const char *key, const openapi_declared *declared);

/* ---- Operations ------------------------------------------------------------------------------ */

/* Appends the parameters of a command or query; events have none. */
void openapi_put_parameters(openapi_writer *w, const model_message *message);

/* Appends the responses of an operation. */
void openapi_put_responses(openapi_writer *w, const model_message *message);

/* Appends a table as FlatBuffers, as a media type. */
void openapi_put_binary(openapi_writer *w, const model_table *table);

/* Appends the operation object of a message with @http. */
void openapi_put_operation(openapi_writer *w, const char *key, const model_message *message);

#endif
