/* fields.c -- the fields of tables in FlatBuffers. */
#include "generate/fbs/fbs.h"
#include "generate/literal.h"
#include "model/mangle.h"

/* An enum without a value for zero, and without a default, has no default that flatc accepts: such
 * a field is a plain number there. */
static bool is_nameless_enum(const model_field *field)
{
    return field->type.kind == TYPE_ENUM && !field->type.enumeration->is_flags &&
           !field->type.optional && field->default_member == NULL;
}

static slice fbs_default_of(viewer *v, const model_field *field)
{
    if (field->type.optional)
        return SLICE("null");
    if (field->default_member != NULL && !field->type.enumeration->is_flags)
        return field->default_member->origin.name;
    if (field->default_value.kind == VALUE_NONE)
        return SLICE("");
    return literal_plain(v->memory, &field->default_value, field->type.scalar);
}

/* The attributes behind the id. flatc accepts no required scalar. */
static slice fbs_attributes_of(const model_field *field)
{
    bool is_required = field->required && !type_is_scalar(&field->type);

    if (field->deprecated)
        return is_required ? SLICE(", required, deprecated") : SLICE(", deprecated");
    return is_required ? SLICE(", required") : SLICE("");
}

/* Where a field is a word of C++, flatc puts an underscore behind it, which it forgets for unions.
 */
static slice fbs_name_of(viewer *v, const model_field *field)
{
    slice name = field->origin.name;
    bool is_broken = view_item(&field->type)->kind == TYPE_UNION && mangle_is_reserved(name);

    return is_broken ? VIEW_JOIN(v, name, SLICE("_")) : name;
}

void fbs_field(viewer *v, const model_field *field, view_field *made)
{
    made->fbs = fbs_name_of(v, field);
    made->written = view_written_type(v, &field->type);
    made->fbs_type =
        is_nameless_enum(field) ? fbs_scalar(field->type.scalar) : fbs_type(v, &field->type);
    made->fbs_default = fbs_default_of(v, field);
    made->fbs_attributes = fbs_attributes_of(field);
}
