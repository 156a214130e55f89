/* types.c -- types, values and attributes in FlatBuffers. */
#include "generate/fbs/fbs.h"
#include "generate/literal.h"

#include <inttypes.h>

static const slice fbs_scalars[] = {
    [SCALAR_BOOL] = {"bool", 4},  [SCALAR_I8] = {"byte", 4},    [SCALAR_I16] = {"short", 5},
    [SCALAR_I32] = {"int", 3},    [SCALAR_I64] = {"long", 4},   [SCALAR_U8] = {"ubyte", 5},
    [SCALAR_U16] = {"ushort", 6}, [SCALAR_U32] = {"uint", 4},   [SCALAR_U64] = {"ulong", 5},
    [SCALAR_F32] = {"float", 5},  [SCALAR_F64] = {"double", 6},
};

slice fbs_scalar(scalar_kind scalar)
{
    return fbs_scalars[scalar];
}

slice fbs_type(viewer *v, const model_type *type)
{
    const model_origin *origin = view_declared(type);

    if (type->kind == TYPE_VECTOR) {
        slice element = fbs_type(v, type->element);
        return VIEW_JOIN(v, SLICE("["), element, SLICE("]"));
    }
    if (type->kind == TYPE_ARRAY) {
        slice element = fbs_type(v, type->element);
        buffer_append_integer(view_scratch(v), type->array_length);
        return VIEW_JOIN(v, SLICE("["), element, SLICE(":"), view_keep(v), SLICE("]"));
    }
    if (type->kind == TYPE_STRING)
        return SLICE("string");
    if (type->kind == TYPE_UUID)
        return VIEW_JOIN(v, SLICE("catga."), fbs_uuid(v));
    if (type->kind == TYPE_BYTES)
        return SLICE("[ubyte]");
    if (origin != NULL)
        return fbs_reference(v, origin);
    return fbs_scalar(type->scalar);
}

/* `Card`, or `other: shop.money.Card`: flatc calls a type of another namespace by all of it. */
slice fbs_alternative(viewer *v, const model_union_member *member)
{
    slice type = fbs_type(v, &member->type);

    if (slice_equal(type, member->origin.name))
        return type;
    return VIEW_JOIN(v, member->origin.name, SLICE(": "), type);
}

slice fbs_struct_attributes(viewer *v, const model_struct *structure)
{
    if (!structure->is_realigned)
        return SLICE("");
    buffer_printf(view_scratch(v), " (force_align: %" PRIu32 ")", structure->alignment);
    return view_keep(v);
}

/* The value of a flag is the number of its bit. */
slice fbs_enum_value(viewer *v, const model_enum *enumeration, const model_value *value)
{
    if (!enumeration->is_flags)
        return literal_plain(v->memory, value, enumeration->scalar);
    buffer_append_integer(view_scratch(v), __builtin_ctzll(value->as_unsigned));
    return view_keep(v);
}
