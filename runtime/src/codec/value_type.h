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

static inline value_type value_type_of_member(const catga_member *member)
{
    return (value_type){member->kind, member->format, member->digits, member->type};
}

#endif
