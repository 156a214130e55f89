/* types.c -- compares the bytes and the names of types, and values. */
#include "breaking/comparison.h"

#include <string.h>

/* An integer is a decimal without places; a timestamp and a duration are such integers. */
static unsigned places_of(const model_type *type)
{
    return type->kind == TYPE_DECIMAL ? type->decimal_places : 0;
}

static bool is_bytes(const model_type *type)
{
    return type->kind == TYPE_BYTES ||
           (type->kind == TYPE_VECTOR && type->element->kind == TYPE_SCALAR &&
            type->element->scalar == SCALAR_U8);
}

bool same_bytes(const model_type *before, const model_type *after)
{
    if (type_is_scalar(before) && type_is_scalar(after))
        return before->scalar == after->scalar && places_of(before) == places_of(after);
    if (is_bytes(before) && is_bytes(after))
        return true;
    if (before->kind != after->kind)
        return false;
    if (before->kind == TYPE_ARRAY && before->array_length != after->array_length)
        return false;
    return before->element == NULL || same_bytes(before->element, after->element);
}

static bool same_reference(const model_type *before, const model_type *after)
{
    switch (before->kind) {
    case TYPE_ENUM:
        return same_origin(&before->enumeration->origin, &after->enumeration->origin);
    case TYPE_STRUCT:
        return same_origin(&before->structure->origin, &after->structure->origin);
    case TYPE_TABLE:
        return same_origin(&before->table->origin, &after->table->origin);
    case TYPE_UNION:
    case TYPE_TAG:
        return same_origin(&before->alternatives->origin, &after->alternatives->origin);
    case TYPE_VECTOR:
    case TYPE_ARRAY:
        return same_spelling(before->element, after->element);
    case TYPE_SCALAR:
    case TYPE_DECIMAL:
    case TYPE_TIMESTAMP:
    case TYPE_DURATION:
    case TYPE_UUID:
    case TYPE_STRING:
    case TYPE_BYTES:
        break;
    }
    return true;
}

bool same_spelling(const model_type *before, const model_type *after)
{
    return before->kind == after->kind && before->scalar == after->scalar &&
           before->decimal_places == after->decimal_places &&
           before->array_length == after->array_length && same_reference(before, after);
}

/* The body of a message is not a type. */
static declared of_table(const model_table *table)
{
    return (declared){DECLARED_TABLE, &table->origin, .table = table};
}

void compare_referred(comparison *c, const model_type *before, const model_type *after)
{
    if (before->kind != after->kind)
        return;
    if (before->element != NULL)
        compare_referred(c, before->element, after->element);
    else if (before->kind == TYPE_ENUM)
        compare_later(c,
                      (declared){DECLARED_ENUM, &before->enumeration->origin,
                                 .enumeration = before->enumeration},
                      (declared){DECLARED_ENUM, &after->enumeration->origin,
                                 .enumeration = after->enumeration});
    else if (before->kind == TYPE_STRUCT)
        compare_later(
            c,
            (declared){DECLARED_STRUCT, &before->structure->origin, .structure = before->structure},
            (declared){DECLARED_STRUCT, &after->structure->origin, .structure = after->structure});
    else if (before->kind == TYPE_TABLE)
        compare_later(c, of_table(before->table), of_table(after->table));
    else if (before->kind == TYPE_UNION)
        compare_later(c,
                      (declared){DECLARED_UNION, &before->alternatives->origin,
                                 .alternatives = before->alternatives},
                      (declared){DECLARED_UNION, &after->alternatives->origin,
                                 .alternatives = after->alternatives});
}

bool same_value(const model_value *before, const model_value *after)
{
    switch (before->kind) {
    case VALUE_TEXT:
        return after->kind == VALUE_TEXT && slice_equal(before->as_text, after->as_text);
    case VALUE_BOOL:
        return after->kind == VALUE_BOOL && before->as_bool == after->as_bool;
    case VALUE_FLOAT:
        return after->kind == VALUE_FLOAT &&
               memcmp(&before->as_float, &after->as_float, sizeof before->as_float) == 0;
    case VALUE_NONE:
    case VALUE_SIGNED:
    case VALUE_UNSIGNED:
        break;
    }
    return before->kind == after->kind && before->as_unsigned == after->as_unsigned;
}
