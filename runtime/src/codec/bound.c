/*
 * bound.c: how large a message can become, from the plain struct of its sender. Each part is counted with the most
 * padding it can need, so that no order of writing matters. Sums saturate.
 */
#include "struct.h"

#include <catga/gen.h>

enum { HEADER_SIZE = 8, PART_PADDING = 12 }; /* a length, up to 4 bytes before it, up to 4 behind */

static size_t add(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

static size_t multiply(size_t a, size_t b)
{
    return b != 0 && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

/* Every slice of a plain struct is a pointer and a length: catga_string, catga_bytes, catga_..._slice. */
static catga_bytes slice_of(const uint8_t *at)
{
    catga_bytes slice;
    memcpy(&slice, at, sizeof slice);
    return slice;
}

static size_t bound_table(const catga_table *table, const uint8_t *plain, unsigned depth);

static size_t bound_elements(const catga_field *field, catga_bytes vector, unsigned depth)
{
    const catga_table *table = field->type;
    size_t size = multiply(vector.length, 4);
    for (size_t i = 0; i < vector.length; i++)
        if (field->element == CATGA_KIND_string)
            size = add(size, add(slice_of(vector.data + i * sizeof(catga_string)).length, PART_PADDING));
        else
            size = add(size, bound_table(table, vector.data + i * table->plain_size, depth + 1));
    return size;
}

static size_t bound_vector(const catga_field *field, catga_bytes vector, unsigned depth)
{
    if (vector.data == NULL)
        return 0;
    if (field->element == CATGA_KIND_string || field->element == CATGA_KIND_table)
        return bound_elements(field, vector, depth);
    if (field->element == CATGA_KIND_struct)
        return multiply(vector.length, ((const catga_struct *)field->type)->size);
    return multiply(vector.length, catga_scalar_size(field->element));
}

static size_t bound_field(const catga_field *field, const uint8_t *at, unsigned depth)
{
    const uint8_t *child;
    switch (field->kind) {
    case CATGA_KIND_string:
        return add(slice_of(at).length, PART_PADDING);
    case CATGA_KIND_vector:
        return add(bound_vector(field, slice_of(at), depth), PART_PADDING);
    case CATGA_KIND_table:
        memcpy(&child, at, sizeof child);
        return child == NULL ? 0 : bound_table(field->type, child, depth + 1);
    default:
        return 0;
    }
}

static size_t bound_table(const catga_table *table, const uint8_t *plain, unsigned depth)
{
    size_t size = 4 + ((size_t)table->vtable[0] + 3) / 4 * 4 + ((size_t)table->vtable[1] + 3) / 4 * 4;
    if (depth > CATGA_MAX_DEPTH)
        return size; /* catga_encode will refuse it */
    for (uint16_t i = 0; i < table->field_count; i++)
        if ((table->fields[i].flags & CATGA_DEPRECATED) == 0)
            size = add(size, bound_field(&table->fields[i], plain + table->fields[i].member, depth));
    return size;
}

size_t catga_size_bound(const catga_table *table, const void *input)
{
    return add(bound_table(table, input, 1), HEADER_SIZE);
}
