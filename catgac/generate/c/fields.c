/* fields.c -- the fields of tables in C: the calls that read, write and verify each kind. */
#include "generate/c/c.h"
#include "generate/literal.h"
#include "model/mangle.h"

#include <math.h>

/* ---- Types and calls ------------------------------------------------------------------------- */

/* Returns false for a negative zero, whose sign must reach the receiver. */
static bool is_zero(const model_value *value)
{
    if (value->kind == VALUE_BOOL)
        return !value->as_bool;
    return value->kind == VALUE_FLOAT ? value->as_float == 0 && !signbit(value->as_float)
                                      : value->as_unsigned == 0;
}

static void spell_scalar(viewer *v, const model_field *field, view_field *made)
{
    made->is_scalar = true;
    made->type = c_type(v, &field->type);
    made->result = made->type;
    made->is_enum = field->type.kind == TYPE_ENUM && c_reads_as_enum(field->type.enumeration);
    if (made->is_enum)
        made->result = VIEW_JOIN(v, SLICE("enum "), made->type, SLICE("_value"));
    made->initial = literal_c(v->memory, &field->default_value, field->type.scalar);
    if (!is_zero(&field->default_value))
        made->preset = VIEW_JOIN(v, SLICE(" CATGA_DEFAULT("), made->initial, SLICE(")"));
    made->get = scalar_word(field->type.scalar);
    made->put = made->get;
    made->verify = made->get;
}

static void spell_optional(viewer *v, const model_field *field, view_field *made)
{
    made->is_optional = true;
    made->is_plain = true;
    made->get = VIEW_JOIN(v, SLICE("optional_"), scalar_word(field->type.scalar));
    made->type = VIEW_JOIN(v, SLICE("catga_"), made->get);
    made->result = made->type;
    made->initial =
        field->type.scalar == SCALAR_BOOL ? SLICE("{false, false}") : SLICE("{false, 0}");
    made->put = made->get;
    made->verify = scalar_word(field->type.scalar);
}

static void spell_string(const model_field *field, view_field *made)
{
    made->is_slice = true;
    made->is_text = true;
    made->is_string = true;
    made->type = SLICE("catga_string");
    made->result = made->type;
    made->initial = SLICE("{NULL, 0}");
    made->is_plain = true;
    made->get = SLICE("string");
    made->put = field->required ? SLICE("text") : SLICE("optional_text");
    made->verify = made->get;
}

static void spell_bytes(view_field *made)
{
    made->is_slice = true;
    made->is_plain = true;
    made->type = SLICE("catga_bytes");
    made->result = made->type;
    made->initial = SLICE("{NULL, 0}");
    made->element = SLICE("CATGA_KIND_u8");
    made->get = SLICE("bytes");
    made->put = SLICE("scalars");
    made->verify = SLICE("vector");
}

/* Sets the names of a struct or table field, which C reads through a pointer. */
static void spell_inner(viewer *v, const model_field *field, view_field *made)
{
    slice type = c_type(v, &field->type);

    made->is_table = field->type.kind == TYPE_TABLE;
    made->is_struct = !made->is_table;
    made->type = VIEW_JOIN(v, SLICE("const "), type, SLICE(" *"));
    made->result = made->is_table ? VIEW_JOIN(v, type, SLICE("_view")) : type;
    made->initial = SLICE("NULL");
    made->get = made->is_table ? SLICE("table") : SLICE("struct");
    made->put = made->is_table ? SLICE("child") : SLICE("struct");
    made->verify = made->is_table ? SLICE("child") : SLICE("present");
}

static void spell_union(viewer *v, const model_field *field, view_field *made)
{
    slice type = c_type_name(v, view_declared(&field->type));

    made->is_union = true;
    made->type = type;
    made->result = VIEW_JOIN(v, type, SLICE("_view"));
    made->initial = c_union_initial(field->type.alternatives);
    made->put = SLICE("union");
    made->verify = made->put;
}

/* Sets the properties of a vector, which depend on its elements. */
static void spell_vector_calls(const model_type *element, view_field *made)
{
    switch (element->kind) {
    case TYPE_STRING:
        made->put = SLICE("strings");
        made->verify = SLICE("strings");
        break;
    case TYPE_STRUCT:
    case TYPE_UUID:
        made->put = SLICE("structs");
        made->verify = SLICE("vector");
        break;
    case TYPE_TABLE:
        made->put = SLICE("children");
        made->verify = SLICE("children");
        break;
    case TYPE_UNION:
        made->put = SLICE("unions");
        made->verify = SLICE("unions");
        break;
    case TYPE_SCALAR:
    case TYPE_DECIMAL:
    case TYPE_TIMESTAMP:
    case TYPE_DURATION:
    case TYPE_ENUM:
    case TYPE_TAG:
    case TYPE_BYTES:
    case TYPE_VECTOR:
    case TYPE_ARRAY:
        made->put = SLICE("scalars");
        made->verify = SLICE("vector");
        break;
    }
}

/* Returns true for types with a C struct of their own. */
static bool is_record(const model_type *type)
{
    return type->kind == TYPE_STRUCT || type->kind == TYPE_TABLE || type->kind == TYPE_UUID ||
           type->kind == TYPE_UNION;
}

static void spell_vector(viewer *v, const model_field *field, view_field *made)
{
    const model_type *element = field->type.element;

    made->is_slice = true;
    made->is_text = element->kind == TYPE_STRING;
    made->is_record_vector = is_record(element) && element->kind != TYPE_UNION;
    made->is_union_vector = element->kind == TYPE_UNION;
    made->is_plain = !is_record(element);
    slice item =
        is_record(element) ? c_type(v, element) : VIEW_JOIN(v, SLICE("catga_"), c_kind(element));
    made->element = VIEW_JOIN(v, SLICE("CATGA_KIND_"), c_kind(element));
    made->type = VIEW_JOIN(v, item, SLICE("_slice"));
    made->result = VIEW_JOIN(v, item, SLICE("_vector"));
    made->initial = SLICE("{NULL, 0}");
    made->get = VIEW_JOIN(v, c_kind(element), SLICE("_vector"));
    spell_vector_calls(element, made);
}

/* A tag is hidden in C: the union is the next field. */
static void spell_tag(const model_field *field, view_field *made)
{
    made->is_tag = field->type.kind == TYPE_TAG;
    made->is_tags = !made->is_tag;
    if (made->is_tags)
        made->element = SLICE("CATGA_KIND_u8");
}

static void spell_type(viewer *v, const model_field *field, view_field *made)
{
    if (view_item(&field->type)->kind == TYPE_TAG) {
        spell_tag(field, made);
        return;
    }
    switch (field->type.kind) {
    case TYPE_SCALAR:
    case TYPE_DECIMAL:
    case TYPE_TIMESTAMP:
    case TYPE_DURATION:
    case TYPE_ENUM:
        if (field->type.optional)
            spell_optional(v, field, made);
        else
            spell_scalar(v, field, made);
        break;
    case TYPE_STRING:
        spell_string(field, made);
        break;
    case TYPE_BYTES:
        spell_bytes(made);
        break;
    case TYPE_UUID:
    case TYPE_STRUCT:
    case TYPE_TABLE:
        spell_inner(v, field, made);
        break;
    case TYPE_VECTOR:
        spell_vector(v, field, made);
        break;
    case TYPE_UNION:
        spell_union(v, field, made);
        break;
    case TYPE_TAG:
    case TYPE_ARRAY:
        break;
    }
}

/* ---- Flags and limits ------------------------------------------------------------------------ */

/* Returns the flags of presence, or 0. A deprecated field is neither written nor read. */
static slice presence_of(const model_field *field)
{
    if (field->deprecated)
        return SLICE("CATGA_DEPRECATED");
    if (field->type.optional)
        return field->required ? SLICE("CATGA_OPTIONAL | CATGA_REQUIRED") : SLICE("CATGA_OPTIONAL");
    if (view_item(&field->type)->kind == TYPE_TAG)
        return SLICE("CATGA_TAGS");
    return field->required ? SLICE("CATGA_REQUIRED") : SLICE("0");
}

static slice flags_of(viewer *v, const model_field *field)
{
    slice presence = presence_of(field);

    if (!field->origin.has_own_json)
        return presence;
    return slice_is(presence, "0") ? SLICE("CATGA_OWN_NAME")
                                   : VIEW_JOIN(v, presence, SLICE(" | CATGA_OWN_NAME"));
}

/* Returns true if a comparison with a bound can fail. Compilers warn of one that cannot. */
static bool is_inside(const model_value *value, const model_value *end_of_type)
{
    return value->kind == VALUE_FLOAT || value->as_unsigned != end_of_type->as_unsigned;
}

/* Returns the range of a field, or NULL if the type has no other values. An open end becomes that
 * of the type, so that a float with a range is finite. */
static const view_range *range_of(viewer *v, const model_field *field)
{
    bool has_minimum = field->minimum.kind != VALUE_NONE;
    bool has_maximum = field->maximum.kind != VALUE_NONE;

    if (field->deprecated || (!has_minimum && !has_maximum))
        return NULL;
    scalar_kind scalar = field->type.scalar;
    model_value least = literal_least(scalar);
    model_value greatest = literal_greatest(scalar);
    const model_value *minimum = has_minimum ? &field->minimum : &least;
    const model_value *maximum = has_maximum ? &field->maximum : &greatest;
    if (!is_inside(minimum, &least) && !is_inside(maximum, &greatest))
        return NULL;
    view_range *made = ARENA_NEW(v->memory, view_range);
    made->lowest = literal_c(v->memory, minimum, scalar);
    made->highest = literal_c(v->memory, maximum, scalar);
    made->lowest_value = literal_wire(v->memory, minimum);
    made->highest_value = literal_wire(v->memory, maximum);
    made->has_lower = is_inside(minimum, &least);
    made->has_higher = is_inside(maximum, &greatest);
    return made;
}

/* Returns the address of the constant that holds the range of a field. */
static slice range_descriptor_of(viewer *v, const model_table *table, const view_field *field)
{
    if (field->range == NULL)
        return SLICE("NULL");
    return VIEW_JOIN(v, SLICE("&"), c_type_name(v, &table->origin), SLICE("_"), field->snake,
                     SLICE("_range"));
}

static slice maximum_of(viewer *v, const model_field *field)
{
    if (!field->has_max_length)
        return SLICE("CATGA_UNBOUNDED");
    model_value length = {.kind = VALUE_UNSIGNED, .as_unsigned = field->max_length};
    return literal_c(v->memory, &length, SCALAR_U32);
}

void c_spell_field(viewer *v, const model_table *table, const model_field *field, view_field *made)
{
    made->element = SLICE("0");
    made->snake = mangle_snake(v->memory, field->origin.name);
    spell_type(v, field, made);
    made->kind = c_kind(&field->type);
    made->format = c_format(&field->type);
    made->flags = flags_of(v, field);
    made->descriptor = c_type_descriptor(v, &field->type);
    made->maximum = maximum_of(v, field);
    made->number = literal_c(v->memory, &field->default_value, field->type.scalar);
    made->value = literal_wire(v->memory, &field->default_value);
    made->range = range_of(v, field);
    if (made->is_optional && made->range == NULL)
        made->verify = SLICE("present");
    made->range_descriptor = range_descriptor_of(v, table, made);
}
