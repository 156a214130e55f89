/* types.c -- properties of types that do not depend on a target language. */
#include "generate/view/viewer.h"

const model_type *view_item(const model_type *type)
{
    return type->kind == TYPE_VECTOR || type->kind == TYPE_ARRAY ? type->element : type;
}

const model_origin *view_declared(const model_type *type)
{
    const model_type *subject = view_item(type);

    if (subject->kind == TYPE_ENUM)
        return &subject->enumeration->origin;
    if (subject->kind == TYPE_STRUCT)
        return &subject->structure->origin;
    if (subject->kind == TYPE_TABLE)
        return &subject->table->origin;
    if (subject->kind == TYPE_UNION)
        return &subject->alternatives->origin;
    return NULL;
}

int64_t view_digits(const model_type *type)
{
    const model_type *subject = view_item(type);

    return subject->kind == TYPE_DECIMAL ? subject->decimal_places : 0;
}

slice view_written_type(viewer *v, const model_type *type)
{
    buffer text = buffer_in(v->memory);

    model_print_type(type, &text);
    return buffer_slice(&text);
}
