/* The type of a value in JSON: the common part of fields, elements of vectors and struct members.
 */
#ifndef CATGA_VALUE_TYPE_H
#define CATGA_VALUE_TYPE_H

#include <catga/gen.h>

typedef struct value_type {
    unsigned kind;
    unsigned format;
    unsigned digits;
    const void *type;
} value_type;

static inline value_type value_type_of_field(const catga_field *field)
{
    return (value_type){field->kind, field->format, field->digits, field->type};
}

static inline value_type value_type_of_element(const catga_field *field)
{
    return (value_type){field->element, field->format, field->digits, field->type};
}

/* Reads an integer of that kind, also the bits of a u64. */
static inline int64_t value_load_integer(const uint8_t *at, unsigned kind)
{
    switch (kind) {
    case CATGA_KIND_i8:
        return catga_load_i8(at);
    case CATGA_KIND_i16:
        return catga_load_i16(at);
    case CATGA_KIND_i32:
        return catga_load_i32(at);
    case CATGA_KIND_u8:
        return catga_load_u8(at);
    case CATGA_KIND_u16:
        return catga_load_u16(at);
    case CATGA_KIND_u32:
        return catga_load_u32(at);
    default:
        return catga_load_i64(at);
    }
}

static inline value_type value_type_of_member(const catga_member *member)
{
    return (value_type){member->kind, member->format, member->digits, member->type};
}

#endif
