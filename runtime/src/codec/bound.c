/* Computes an upper bound of an encoded message from the native struct. Each part counts with its
 * largest padding, so that the bound holds for any order of parts. Sums saturate. */
#include "codec/struct.h"

#include <catga/gen.h>

enum {
    HEADER_SIZE = 8,
    PART_PADDING = 12
}; /* a length, and up to 4 bytes of padding before and after */

/* Additional padding of a 16-byte alignment, compared with an 8-byte alignment. */
static size_t more_padding(unsigned alignment)
{
    return alignment > 8 ? 8 : 0;
}

static size_t struct_padding(const catga_struct *type)
{
    return PART_PADDING + more_padding(type->alignment);
}

static size_t add(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

static size_t multiply(size_t a, size_t b)
{
    return b != 0 && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

/* The common layout of all slices: catga_string, catga_bytes, catga_..._slice. */
static catga_bytes slice_of(const uint8_t *at)
{
    catga_bytes slice;

    memcpy(&slice, at, sizeof slice);
    return slice;
}

static size_t bound_table(const catga_table *table, const uint8_t *native, unsigned depth);

static size_t bound_union(const catga_union *type, const uint8_t *native, unsigned depth)
{
    catga_native_union value = {0, {NULL}};

    memcpy(&value, native, type->native_size);
    if (value.type == 0 || value.type > type->count)
        return 0;
    const catga_alternative *alternative = &type->alternatives[value.type - 1];
    if (alternative->kind == CATGA_KIND_string)
        return add(value.value.text.length, PART_PADDING);
    if (alternative->kind == CATGA_KIND_struct)
        return add(((const catga_struct *)alternative->type)->size,
                   struct_padding(alternative->type));
    return value.value.object == NULL
               ? 0
               : bound_table(alternative->type, value.value.object, depth + 1);
}

/* Returns the bound of the data that an element refers to. */
static size_t bound_element(const catga_field *field, const uint8_t *native, unsigned depth)
{
    if (field->element == CATGA_KIND_string)
        return add(slice_of(native).length, PART_PADDING);
    if (field->element == CATGA_KIND_union)
        return bound_union(field->type, native, depth);
    return bound_table(field->type, native, depth + 1);
}

static size_t native_size(const catga_field *field)
{
    if (field->element == CATGA_KIND_string)
        return sizeof(catga_string);
    return field->element == CATGA_KIND_union ? ((const catga_union *)field->type)->native_size
                                              : ((const catga_table *)field->type)->native_size;
}

static size_t bound_elements(const catga_field *field, catga_bytes vector, unsigned depth)
{
    size_t tags = field->element == CATGA_KIND_union ? add(vector.length, PART_PADDING) : 0;
    size_t size = add(multiply(vector.length, 4), tags);

    for (size_t i = 0; i < vector.length; i++)
        size = add(size, bound_element(field, vector.data + i * native_size(field), depth));
    return size;
}

static size_t bound_vector(const catga_field *field, catga_bytes vector, unsigned depth)
{
    if (vector.data == NULL)
        return PART_PADDING;
    if (field->element > CATGA_KIND_struct)
        return add(bound_elements(field, vector, depth), PART_PADDING);
    if (field->element == CATGA_KIND_struct)
        return add(multiply(vector.length, ((const catga_struct *)field->type)->size),
                   struct_padding(field->type));
    return add(multiply(vector.length, catga_scalar_size(field->element)), PART_PADDING);
}

static size_t bound_field(const catga_field *field, const uint8_t *at, unsigned depth)
{
    const uint8_t *child;

    if (field->flags & (CATGA_DEPRECATED | CATGA_TAGS))
        return 0;
    switch (field->kind) {
    case CATGA_KIND_string:
        return add(slice_of(at).length, PART_PADDING);
    case CATGA_KIND_union:
        return bound_union(field->type, at, depth);
    case CATGA_KIND_vector:
        return bound_vector(field, slice_of(at), depth);
    case CATGA_KIND_table:
        memcpy(&child, at, sizeof child);
        return child == NULL ? 0 : bound_table(field->type, child, depth + 1);
    default:
        return 0;
    }
}

static size_t bound_table(const catga_table *table, const uint8_t *native, unsigned depth)
{
    size_t size = 4 + more_padding(table->alignment) + catga_round_up(table->vtable[1]) +
                  catga_vtable_room(table->vtable);

    if (depth > CATGA_MAX_DEPTH)
        return size; /* catga_encode refuses it */
    for (uint16_t i = 0; i < table->field_count; i++)
        size = add(size, bound_field(&table->fields[i], native + table->fields[i].member, depth));
    return size;
}

/* Messages end on a multiple of 4. The room must be a multiple of 4, because catga_encode does
 * not use the rest. */
size_t catga_size_bound(const catga_table *table, const void *input)
{
    return add(bound_table(table, input, 1), HEADER_SIZE + 3) & ~(size_t)3;
}
