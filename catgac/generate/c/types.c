/* types.c -- types in C, and in the tables of the runtime. */
#include "generate/c/c.h"

slice c_type_descriptor(viewer *v, const model_type *type)
{
    const model_origin *origin = view_declared(type);

    if (view_item(type)->kind == TYPE_TAG)
        return c_tag_descriptor(v, view_item(type)->alternatives);
    if (view_item(type)->kind == TYPE_UUID)
        return SLICE("&catga_uuid_descriptor");
    return origin == NULL ? SLICE("NULL") : c_descriptor(v, origin);
}

/* Returns an empty text for types that check rejects. */
slice c_kind(const model_type *type)
{
    switch (type->kind) {
    case TYPE_SCALAR:
    case TYPE_DECIMAL:
    case TYPE_TIMESTAMP:
    case TYPE_DURATION:
    case TYPE_ENUM:
    case TYPE_TAG:
        return scalar_word(type->scalar);
    case TYPE_UNION:
        return SLICE("union");
    case TYPE_STRUCT:
    case TYPE_UUID:
        return SLICE("struct");
    case TYPE_TABLE:
        return SLICE("table");
    case TYPE_STRING:
        return SLICE("string");
    case TYPE_BYTES:
    case TYPE_VECTOR:
        return SLICE("vector");
    case TYPE_ARRAY:
        break;
    }
    return SLICE("");
}

slice c_format(const model_type *type)
{
    switch (view_item(type)->kind) {
    case TYPE_DECIMAL:
        return SLICE("decimal");
    case TYPE_TIMESTAMP:
        return SLICE("timestamp");
    case TYPE_DURATION:
        return SLICE("duration");
    case TYPE_ENUM:
    case TYPE_TAG:
        return SLICE("enum");
    case TYPE_BYTES:
        return SLICE("bytes");
    case TYPE_UUID:
        return SLICE("uuid");
    case TYPE_SCALAR:
    case TYPE_STRUCT:
    case TYPE_TABLE:
    case TYPE_UNION:
    case TYPE_STRING:
    case TYPE_VECTOR:
    case TYPE_ARRAY:
        break;
    }
    return SLICE("plain");
}

slice c_type(viewer *v, const model_type *type)
{
    const model_origin *origin = view_declared(type);

    if (type->kind == TYPE_UUID)
        return SLICE("catga_uuid");
    return origin == NULL ? c_scalar(type->scalar) : c_type_name(v, origin);
}

slice c_union_initial(const model_union *alternatives)
{
    bool begins_with_text =
        alternatives->member_count > 0 && alternatives->members[0].type.kind == TYPE_STRING;
    return begins_with_text ? SLICE("{0, {{NULL, 0}}}") : SLICE("{0, {NULL}}");
}

/* ---- Enums ----------------------------------------------------------------------------------- */

static bool fits_int(const model_value *value)
{
    if (value->kind == VALUE_SIGNED)
        return value->as_signed >= INT32_MIN && value->as_signed <= INT32_MAX;
    return value->as_unsigned <= INT32_MAX;
}

bool c_fits_int(const model_enum *enumeration)
{
    for (size_t i = 0; i < enumeration->member_count; i++) {
        if (!fits_int(&enumeration->members[i].value))
            return false;
    }
    return true;
}

bool c_reads_as_enum(const model_enum *enumeration)
{
    bool is_signed = scalar_class_of(enumeration->scalar) == CLASS_SIGNED;
    /* C gives an enum without negative members an unsigned type. */
    bool has_negative = enumeration->members[0].value.kind == VALUE_SIGNED &&
                        enumeration->members[0].value.as_signed < 0;

    return !enumeration->is_flags && c_fits_int(enumeration) &&
           scalar_size(enumeration->scalar) <= sizeof(int32_t) && is_signed == has_negative;
}
