/* openapi_schema.c -- the schemas of fields, bodies and declarations in OpenAPI. */
#include "generate/system/openapi_parts.h"

#include <string.h>

/* ---- Fields ---------------------------------------------------------------------------------- */

/* Begins a new paragraph. */
static void next_paragraph(buffer *text)
{
    if (text->length > 0)
        buffer_append_text(text, "\n\n");
}

static void describe_type(const model_type *type, buffer *text)
{
    const model_type *item = type->element == NULL ? type : type->element;

    if (item->kind != TYPE_DECIMAL && item->kind != TYPE_DURATION)
        return;
    next_paragraph(text);
    if (item->kind == TYPE_DURATION)
        buffer_append_text(text, "A duration in seconds.");
    else
        buffer_printf(text, "An exact decimal with %u digits after the point.",
                      item->decimal_places);
}

/* Describes the range of a duration, which is no number in JSON. */
static void describe_range(const model_field *field, buffer *text)
{
    if (field->type.kind != TYPE_DURATION)
        return;
    if (field->minimum.kind != VALUE_NONE)
        buffer_printf(text, " At least %.*s.",
                      SLICE_PRINT(openapi_duration_text(text->memory, &field->minimum)));
    if (field->maximum.kind != VALUE_NONE)
        buffer_printf(text, " At most %.*s.",
                      SLICE_PRINT(openapi_duration_text(text->memory, &field->maximum)));
}

slice openapi_field_description(arena *memory, const model_field *field)
{
    buffer text = buffer_in(memory);

    buffer_append(&text, openapi_comment(memory, &field->origin.doc));
    describe_type(&field->type, &text);
    describe_range(field, &text);
    if (field->deprecation.length > 0) {
        next_paragraph(&text);
        buffer_append_text(&text, "Deprecated: ");
        buffer_append(&text, openapi_markdown(memory, field->deprecation));
    }
    return buffer_slice(&text);
}

void openapi_put_description(openapi_writer *w, slice text)
{
    if (text.length > 0)
        json_put_text(&w->json, "description", text);
}

static void put_property(openapi_writer *w, const model_field *field)
{
    json_open(&w->json, model_http_name(w->memory, &field->origin).data, '{');
    openapi_put_type(w, field);
    openapi_put_description(w, openapi_field_description(w->memory, field));
    openapi_put_default(w, field);
    if (field->deprecated)
        json_put_flag(&w->json, "deprecated", true);
    json_close(&w->json, '}');
}

/* ---- Objects --------------------------------------------------------------------------------- */

/* Fields of a table or a struct that an object has. */
typedef struct field_list {
    const model_field *fields;
    size_t count;
    bool all_required;         /* of a struct */
    const model_http *without; /* fields that are in its path; or NULL */
} field_list;

static bool is_listed(const field_list *list, size_t at)
{
    return list->without == NULL || !openapi_is_in_path(list->without, &list->fields[at]);
}

static void put_properties(openapi_writer *w, const field_list *list)
{
    json_open(&w->json, "properties", '{');
    for (size_t i = 0; i < list->count; i++) {
        if (is_listed(list, i))
            put_property(w, &list->fields[i]);
    }
    json_close(&w->json, '}');
}

static bool is_required(const field_list *list, size_t at)
{
    return is_listed(list, at) && (list->all_required || list->fields[at].required);
}

static void put_required(openapi_writer *w, const field_list *list)
{
    bool is_open = false;

    for (size_t i = 0; i < list->count; i++) {
        if (!is_required(list, i))
            continue;
        if (!is_open)
            json_open(&w->json, "required", '[');
        is_open = true;
        json_put_text(&w->json, NULL, model_http_name(w->memory, &list->fields[i].origin));
    }
    if (is_open)
        json_close(&w->json, ']');
}

static void put_object(openapi_writer *w, const field_list *list)
{
    json_put_text(&w->json, "type", SLICE("object"));
    put_properties(w, list);
    put_required(w, list);
}

void openapi_put_body(openapi_writer *w, const char *key, const model_message *message)
{
    const model_table *body = message->body;

    json_open(&w->json, key, '{');
    put_object(w, &(field_list){body->fields, body->field_count, false, message->http});
    json_close(&w->json, '}');
}

/* ---- Declarations ---------------------------------------------------------------------------- */

/* Returns the comment of an enum, and the comments of its members as a list. */
static slice describe_enum(arena *memory, const model_enum *enumeration)
{
    buffer text = buffer_in(memory);
    bool has_list = false;

    buffer_append(&text, openapi_comment(memory, &enumeration->origin.doc));
    for (size_t i = 0; i < enumeration->member_count; i++) {
        const model_origin *member = &enumeration->members[i].origin;
        if (member->doc.line_count == 0)
            continue;
        if (has_list)
            buffer_append_char(&text, '\n');
        else
            next_paragraph(&text);
        openapi_append_item(&text, member->json, &member->doc);
        has_list = true;
    }
    return buffer_slice(&text);
}

static void put_names(openapi_writer *w, const model_enum *enumeration)
{
    json_put_text(&w->json, "type", SLICE("string"));
    json_open(&w->json, "enum", '[');
    for (size_t i = 0; i < enumeration->member_count; i++)
        json_put_text(&w->json, NULL, enumeration->members[i].origin.json);
    json_close(&w->json, ']');
}

/* Appends (Read|Write|Own), with a backslash before each character that a pattern treats
 * specially. */
static void append_choice(const model_enum *flags, buffer *pattern)
{
    for (size_t i = 0; i < flags->member_count; i++) {
        slice name = flags->members[i].origin.json;
        buffer_append_char(pattern, i == 0 ? '(' : '|');
        for (size_t j = 0; j < name.length; j++) {
            if (strchr("^$.*+?()[]{}|/", name.data[j]) != NULL)
                buffer_append_char(pattern, '\\');
            buffer_append_char(pattern, name.data[j]);
        }
    }
    buffer_append_char(pattern, ')');
}

static void put_names_of_flags(openapi_writer *w, const model_enum *flags)
{
    buffer pattern = buffer_in(w->memory);

    buffer_append_char(&pattern, '^');
    append_choice(flags, &pattern);
    buffer_append_text(&pattern, "( ");
    append_choice(flags, &pattern);
    buffer_append_text(&pattern, ")*$");
    json_put_text(&w->json, "type", SLICE("string"));
    json_put_text(&w->json, "pattern", buffer_slice(&pattern));
}

/* Appends a name or a number: the number of a value that has no name, as from a newer sender. */
static void put_enum_schema(openapi_writer *w, const model_enum *enumeration)
{
    openapi_put_description(w, describe_enum(w->memory, enumeration));
    json_open(&w->json, "anyOf", '[');
    json_open(&w->json, NULL, '{');
    if (enumeration->is_flags)
        put_names_of_flags(w, enumeration);
    else
        put_names(w, enumeration);
    json_close(&w->json, '}');
    json_open(&w->json, NULL, '{');
    json_put_text(&w->json, "description",
                  enumeration->is_flags ? SLICE("No flag, or flags of a newer version.")
                                        : SLICE("A value of a newer version."));
    openapi_put_integer(w, &(model_type){.kind = TYPE_SCALAR, .scalar = enumeration->scalar}, NULL);
    json_close(&w->json, '}');
    json_close(&w->json, ']');
}

static void put_union_schema(openapi_writer *w, const model_union *alternatives)
{
    openapi_put_description(w, openapi_comment(w->memory, &alternatives->origin.doc));
    json_open(&w->json, "anyOf", '[');
    for (size_t i = 0; i < alternatives->member_count; i++) {
        const model_union_member *member = &alternatives->members[i];
        json_open(&w->json, NULL, '{');
        openapi_put_single(w, &member->type, NULL);
        json_put_text(&w->json, "title", member->origin.json);
        openapi_put_description(w, openapi_comment(w->memory, &member->origin.doc));
        json_close(&w->json, '}');
    }
    json_close(&w->json, ']');
}

static void put_struct_schema(openapi_writer *w, const model_struct *structure)
{
    openapi_put_description(w, openapi_comment(w->memory, &structure->origin.doc));
    put_object(w, &(field_list){structure->fields, structure->field_count, true, NULL});
}

static void put_table_schema(openapi_writer *w, const model_table *table)
{
    openapi_put_description(w, openapi_comment(w->memory, &table->origin.doc));
    put_object(w, &(field_list){table->fields, table->field_count, false, NULL});
}

/* ---- Problems -------------------------------------------------------------------------------- */

static void put_member(openapi_writer *w, const char *key, const char *type,
                       const char *description)
{
    json_open(&w->json, key, '{');
    json_put_text(&w->json, "type", slice_of(type));
    json_put_text(&w->json, "description", slice_of(description));
    json_close(&w->json, '}');
}

/* Appends the list of the wrong parts of a request. */
static void put_field_errors(openapi_writer *w)
{
    json_open(&w->json, "errors", '{');
    json_put_text(&w->json, "type", SLICE("array"));
    json_open(&w->json, "items", '{');
    json_put_text(&w->json, "type", SLICE("object"));
    json_open(&w->json, "properties", '{');
    put_member(w, "pointer", "string", "The wrong field of the body: `/lines/1/quantity`.");
    put_member(w, "parameter", "string", "The wrong field of the path or the query.");
    put_member(w, "header", "string", "The wrong header.");
    put_member(w, "detail", "string", "The reason.");
    json_close(&w->json, '}');
    json_close(&w->json, '}');
    json_close(&w->json, '}');
}

static void put_problem_members(openapi_writer *w)
{
    json_open(&w->json, "properties", '{');
    put_member(w, "type", "string", "The URI of the kind of error; it never changes.");
    put_member(w, "title", "string", "The kind of error in words.");
    put_member(w, "status", "integer", "The status of the response.");
    put_member(w, "detail", "string", "A description of this error, for people.");
    put_member(w, "code", "integer", "The number of an error that the schema declares.");
    put_field_errors(w);
    json_close(&w->json, '}');
}

static void put_problem_schema(openapi_writer *w)
{
    openapi_put_description(w, SLICE("An error: problem details of RFC 9457."));
    json_put_text(&w->json, "type", SLICE("object"));
    put_problem_members(w);
    json_open(&w->json, "required", '[');
    json_put_text(&w->json, NULL, SLICE("type"));
    json_put_text(&w->json, NULL, SLICE("title"));
    json_put_text(&w->json, NULL, SLICE("status"));
    json_close(&w->json, ']');
}

/* ---- All schemas ----------------------------------------------------------------------------- */

void openapi_put_schema(openapi_writer *w, const char *key, const openapi_declared *declared)
{
    const model_type *type = &declared->type;

    json_open(&w->json, key, '{');
    if (declared->is_problem)
        put_problem_schema(w);
    else if (type->kind == TYPE_ENUM)
        put_enum_schema(w, type->enumeration);
    else if (type->kind == TYPE_UNION)
        put_union_schema(w, type->alternatives);
    else if (type->kind == TYPE_STRUCT)
        put_struct_schema(w, type->structure);
    else
        put_table_schema(w, type->table);
    json_close(&w->json, '}');
}
