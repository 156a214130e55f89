/* openapi_type.c -- the schemas of types in OpenAPI, as JSON Schema 2020-12.
 *
 * They describe the JSON that the runtime prints (runtime/json.md). Declared types are references.
 */
#include "generate/literal.h"
#include "generate/system/openapi_parts.h"
#include "generate/view/viewer.h"

#include <math.h>

openapi_writer openapi_writer_on(buffer *out)
{
    return (openapi_writer){
        .memory = out->memory, .json = {.out = out}, .names = text_table_in(out->memory)};
}

/* ---- References ------------------------------------------------------------------------------ */

/* Adds a schema to the list, unless it is there. */
static void add_declared(openapi_writer *w, const openapi_declared *declared)
{
    openapi_declared *added = ARENA_NEW(w->memory, openapi_declared);

    if (text_table_insert(&w->names, declared->schema.name, added) != NULL)
        return;
    *added = *declared;
    if (w->last == NULL)
        w->first = added;
    else
        w->last->next = added;
    w->last = added;
    w->declared_count++;
}

static void put_reference_text(openapi_writer *w, slice name)
{
    buffer text = buffer_in(w->memory);

    buffer_append_text(&text, "#/components/schemas/");
    buffer_append(&text, name);
    json_put_text(&w->json, "$ref", buffer_slice(&text));
}

static void put_reference(openapi_writer *w, const model_type *type)
{
    slice name = openapi_full_name(w->memory, view_declared(type));

    add_declared(w, &(openapi_declared){.schema.name = name, .type = *type});
    put_reference_text(w, name);
}

void openapi_put_table_reference(openapi_writer *w, const char *key, const model_table *table)
{
    json_open(&w->json, key, '{');
    put_reference(w, &(model_type){.kind = TYPE_TABLE, .table = table});
    json_close(&w->json, '}');
}

void openapi_put_problem_reference(openapi_writer *w, const char *key)
{
    slice name = SLICE(OPENAPI_PROBLEM);

    add_declared(w, &(openapi_declared){.schema.name = name, .is_problem = true});
    json_open(&w->json, key, '{');
    put_reference_text(w, name);
    json_close(&w->json, '}');
}

/* ---- Scalars --------------------------------------------------------------------------------- */

/* Appends the type; an optional value may be null. */
static void put_type_name(openapi_writer *w, const char *name, bool optional)
{
    if (!optional) {
        json_put_text(&w->json, "type", slice_of(name));
        return;
    }
    json_open(&w->json, "type", '[');
    json_put_text(&w->json, NULL, slice_of(name));
    json_put_text(&w->json, NULL, SLICE("null"));
    json_close(&w->json, ']');
}

/* Appends a bound, unless the side is open. */
static void put_bound(openapi_writer *w, const char *key, const model_type *type,
                      const model_value *bound)
{
    if (bound->kind != VALUE_NONE)
        json_put_plain(&w->json, key, literal_shown(w->memory, type, bound));
}

/* Appends the bounds of an integer: those of the field, else of the type. */
static void put_integer_bounds(openapi_writer *w, const model_type *type, const model_field *field)
{
    model_value least = literal_least(type->scalar), greatest = literal_greatest(type->scalar);
    bool has_minimum = field != NULL && field->minimum.kind != VALUE_NONE;
    bool has_maximum = field != NULL && field->maximum.kind != VALUE_NONE;

    put_bound(w, "minimum", type, has_minimum ? &field->minimum : &least);
    put_bound(w, "maximum", type, has_maximum ? &field->maximum : &greatest);
}

void openapi_put_integer(openapi_writer *w, const model_type *type, const model_field *field)
{
    buffer format = buffer_in(w->memory);

    put_type_name(w, "integer", type->optional);
    buffer_printf(&format, "%sint%u", scalar_class_of(type->scalar) == CLASS_UNSIGNED ? "u" : "",
                  8 * scalar_size(type->scalar));
    json_put_text(&w->json, "format", buffer_slice(&format));
    put_integer_bounds(w, type, field);
}

/* Appends a type with a fraction: floating point with its format, or a decimal. */
static void put_fraction(openapi_writer *w, const model_type *type, const model_field *field)
{
    put_type_name(w, "number", type->optional);
    if (type->kind != TYPE_DECIMAL)
        json_put_text(&w->json, "format",
                      type->scalar == SCALAR_F32 ? SLICE("float") : SLICE("double"));
    if (field == NULL)
        return;
    put_bound(w, "minimum", type, &field->minimum);
    put_bound(w, "maximum", type, &field->maximum);
}

static void put_scalar(openapi_writer *w, const model_type *type, const model_field *field)
{
    switch (scalar_class_of(type->scalar)) {
    case CLASS_BOOL:
        put_type_name(w, "boolean", type->optional);
        break;
    case CLASS_FLOAT:
        put_fraction(w, type, field);
        break;
    case CLASS_SIGNED:
    case CLASS_UNSIGNED:
        openapi_put_integer(w, type, field);
        break;
    }
}

static void put_formatted(openapi_writer *w, const char *key, const char *format, bool optional)
{
    put_type_name(w, "string", optional);
    json_put_text(&w->json, key, slice_of(format));
}

static void put_enum(openapi_writer *w, const model_type *type)
{
    if (!type->optional) {
        put_reference(w, type);
        return;
    }
    json_open(&w->json, "anyOf", '[');
    json_open(&w->json, NULL, '{');
    put_reference(w, type);
    json_close(&w->json, '}');
    json_open(&w->json, NULL, '{');
    json_put_text(&w->json, "type", SLICE("null"));
    json_close(&w->json, '}');
    json_close(&w->json, ']');
}

/* ---- Types ----------------------------------------------------------------------------------- */

/* Returns the length of `count` bytes in base64. */
static uint64_t base64_length(uint64_t count)
{
    return (count + 2) / 3 * 4;
}

static void put_text_type(openapi_writer *w, const model_type *type, const model_field *field)
{
    bool is_bytes = type->kind == TYPE_BYTES;

    json_put_text(&w->json, "type", SLICE("string"));
    if (is_bytes)
        json_put_text(&w->json, "contentEncoding", SLICE("base64"));
    if (field != NULL && field->has_max_length)
        json_put_number(&w->json, "maxLength",
                        is_bytes ? base64_length(field->max_length) : field->max_length);
}

/* Appends the names of a union's alternatives. In a vector of unions, an element may be empty. */
static void put_tag(openapi_writer *w, const model_union *alternatives, bool is_element)
{
    json_put_text(&w->json, "type", SLICE("string"));
    json_open(&w->json, "enum", '[');
    if (is_element)
        json_put_text(&w->json, NULL, SLICE("NONE"));
    for (size_t i = 0; i < alternatives->member_count; i++)
        json_put_text(&w->json, NULL, alternatives->members[i].origin.json);
    json_close(&w->json, ']');
}

void openapi_put_single(openapi_writer *w, const model_type *type, const model_field *field)
{
    switch (type->kind) {
    case TYPE_SCALAR:
        put_scalar(w, type, field);
        break;
    case TYPE_DECIMAL:
        put_fraction(w, type, field);
        break;
    case TYPE_TIMESTAMP:
        put_formatted(w, "format", "date-time", type->optional);
        break;
    case TYPE_DURATION:
        put_formatted(w, "pattern", "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?s$", type->optional);
        break;
    case TYPE_UUID:
        put_formatted(w, "format", "uuid", false);
        break;
    case TYPE_STRING:
    case TYPE_BYTES:
        put_text_type(w, type, field);
        break;
    case TYPE_TAG:
        put_tag(w, type->alternatives, field == NULL);
        break;
    case TYPE_ENUM:
        put_enum(w, type);
        break;
    case TYPE_STRUCT:
    case TYPE_TABLE:
    case TYPE_UNION:
        put_reference(w, type);
        break;
    case TYPE_VECTOR:
    case TYPE_ARRAY:
        break;
    }
}

/* Appends the schema of elements; an element of a vector of unions may be empty. */
static void put_items(openapi_writer *w, const model_type *element)
{
    json_open(&w->json, "items", '{');
    if (element->kind == TYPE_UNION)
        put_enum(w, &(model_type){.kind = TYPE_UNION,
                                  .optional = true,
                                  .alternatives = element->alternatives});
    else
        openapi_put_single(w, element, NULL);
    json_close(&w->json, '}');
}

void openapi_put_type(openapi_writer *w, const model_field *field)
{
    const model_type *type = &field->type;

    if (type->kind != TYPE_VECTOR && type->kind != TYPE_ARRAY) {
        openapi_put_single(w, type, field);
        return;
    }
    json_put_text(&w->json, "type", SLICE("array"));
    if (type->kind == TYPE_ARRAY)
        json_put_number(&w->json, "minItems", type->array_length);
    if (type->kind == TYPE_ARRAY || field->has_max_length)
        json_put_number(&w->json, "maxItems",
                        type->kind == TYPE_ARRAY ? type->array_length : field->max_length);
    put_items(w, type->element);
}

/* ---- Defaults -------------------------------------------------------------------------------- */

slice openapi_duration_text(arena *memory, const model_value *value)
{
    const model_type seconds = {.kind = TYPE_DECIMAL, .scalar = SCALAR_I64, .decimal_places = 9};
    slice digits = literal_shown(memory, &seconds, value);
    buffer text = buffer_in(memory);

    while (digits.data[digits.length - 1] == '0' && digits.data[digits.length - 2] != '.')
        digits.length--;
    if (digits.data[digits.length - 1] == '0')
        digits.length -= 2;
    buffer_append(&text, digits);
    buffer_append_char(&text, 's');
    return buffer_slice(&text);
}

/* Returns the names of the bits, with blanks between. */
static slice flags_text(arena *memory, const model_enum *flags, uint64_t bits)
{
    buffer text = buffer_in(memory);

    for (size_t i = 0; i < flags->member_count; i++) {
        if ((flags->members[i].value.as_unsigned & bits) == 0)
            continue;
        if (text.length > 0)
            buffer_append_char(&text, ' ');
        buffer_append(&text, flags->members[i].origin.json);
    }
    return buffer_slice(&text);
}

static void put_default_enum(openapi_writer *w, const model_field *field)
{
    const model_value *value = &field->default_value;
    const model_enum *enumeration = field->type.enumeration;

    if (field->default_member != NULL)
        json_put_text(&w->json, "default", field->default_member->origin.json);
    else if (enumeration->is_flags && value->as_unsigned != 0)
        json_put_text(&w->json, "default", flags_text(w->memory, enumeration, value->as_unsigned));
    else
        json_put_plain(&w->json, "default", literal_plain(w->memory, value, field->type.scalar));
}

void openapi_put_default(openapi_writer *w, const model_field *field)
{
    const model_value *value = &field->default_value;
    model_type_kind kind = field->type.kind;

    if (value->kind == VALUE_NONE || kind == TYPE_TIMESTAMP || kind == TYPE_TAG ||
        (value->kind == VALUE_FLOAT && !isfinite(value->as_float)))
        return;
    if (kind == TYPE_ENUM)
        put_default_enum(w, field);
    else if (kind == TYPE_DURATION)
        json_put_text(&w->json, "default", openapi_duration_text(w->memory, value));
    else
        json_put_plain(&w->json, "default", literal_shown(w->memory, &field->type, value));
}
