/* names.c -- the C names of declarations and scalars. */
#include "generate/c/c.h"
#include "model/mangle.h"

slice c_type_name(viewer *v, const model_origin *origin)
{
    return VIEW_JOIN(v, mangle_prefix(v->memory, origin->module->namespace),
                     mangle_snake(v->memory, origin->name));
}

slice c_macro_name(viewer *v, const model_origin *origin)
{
    return VIEW_JOIN(v, mangle_upper_prefix(v->memory, origin->module->namespace),
                     mangle_upper(v->memory, origin->name));
}

slice c_descriptor(viewer *v, const model_origin *origin)
{
    return VIEW_JOIN(v, SLICE("&"), c_type_name(v, origin), SLICE("_descriptor"));
}

slice c_tag_descriptor(viewer *v, const model_union *alternatives)
{
    return VIEW_JOIN(v, SLICE("&"), c_type_name(v, &alternatives->origin),
                     SLICE("_type_descriptor"));
}

static const slice c_scalars[] = {
    [SCALAR_BOOL] = {"bool", 4},    [SCALAR_I8] = {"int8_t", 6},    [SCALAR_I16] = {"int16_t", 7},
    [SCALAR_I32] = {"int32_t", 7},  [SCALAR_I64] = {"int64_t", 7},  [SCALAR_U8] = {"uint8_t", 7},
    [SCALAR_U16] = {"uint16_t", 8}, [SCALAR_U32] = {"uint32_t", 8}, [SCALAR_U64] = {"uint64_t", 8},
    [SCALAR_F32] = {"float", 5},    [SCALAR_F64] = {"double", 6},
};

slice c_scalar(scalar_kind scalar)
{
    return c_scalars[scalar];
}

slice c_bool(bool value)
{
    return value ? SLICE("true") : SLICE("false");
}

slice c_identifier_bytes(viewer *v, const char identifier[5])
{
    buffer_printf(view_scratch(v), "'%c', '%c', '%c', '%c'", identifier[0], identifier[1],
                  identifier[2], identifier[3]);
    return view_keep(v);
}
