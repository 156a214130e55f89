#include "codec/native_struct.h"

#include "codec/struct.h"

/* Sufficient for pointers and 64-bit scalars; only a struct with @align needs more. */
enum { ALIGNMENT = 8 };

static void *take_aligned(catga_arena *arena, size_t count, size_t size, size_t alignment)
{
    size_t at = (arena->used + alignment - 1) / alignment * alignment;

    if (at < arena->used || (size != 0 && count > (SIZE_MAX - at) / size)) {
        arena->used = SIZE_MAX;
        return NULL;
    }
    arena->used = at + count * size;
    return native_fits(arena) ? (uint8_t *)arena->data + at : NULL;
}

void *native_take(catga_arena *arena, size_t count, size_t size)
{
    return take_aligned(arena, count, size, ALIGNMENT);
}

static void *take_structs(catga_arena *arena, size_t count, const catga_struct *type)
{
    return take_aligned(arena, count, type->size,
                        type->alignment > ALIGNMENT ? type->alignment : ALIGNMENT);
}

void *native_take_object(catga_arena *arena, unsigned kind, const void *type)
{
    return kind == CATGA_KIND_table
               ? native_take(arena, 1, ((const catga_table *)type)->native_size)
               : take_structs(arena, 1, type);
}

void *native_take_elements(catga_arena *arena, const catga_field *field, size_t count)
{
    size_t taken = count == 0 ? 1 : count;

    return field->element == CATGA_KIND_struct
               ? take_structs(arena, taken, field->type)
               : native_take(arena, taken, native_element_size(field));
}

bool native_fits(const catga_arena *arena)
{
    return arena->data != NULL && arena->used <= arena->capacity;
}

catga_string native_text(catga_arena *arena, const char *text, size_t length)
{
    char *copy = native_take(arena, length + 1, 1);
    catga_string result = {copy, 0};

    if (copy == NULL)
        return result;
    memcpy(copy, text, length);
    copy[length] = '\0';
    result.length = length;
    return result;
}

void native_set_slice(uint8_t *at, const void *data, size_t length)
{
    catga_bytes slice = {data, data == NULL ? 0 : length};

    memcpy(at, &slice, sizeof slice);
}

void native_set_pointer(uint8_t *at, const void *object)
{
    memcpy(at, &object, sizeof object);
}

void native_set_integer(uint8_t *at, unsigned kind, int64_t value)
{
    uint64_t bits = (uint64_t)value;
    bool truth = value != 0;

    switch (catga_scalar_size(kind)) {
    case 1:
        *at = kind == CATGA_KIND_bool ? (uint8_t)truth : (uint8_t)bits;
        break;
    case 2:
        memcpy(at, &(uint16_t){(uint16_t)bits}, 2);
        break;
    case 4:
        memcpy(at, &(uint32_t){(uint32_t)bits}, 4);
        break;
    default:
        memcpy(at, &bits, 8);
        break;
    }
}

void native_set_floating(uint8_t *at, unsigned kind, double value)
{
    if (kind == CATGA_KIND_f32)
        memcpy(at, &(float){(float)value}, sizeof(float));
    else
        memcpy(at, &value, sizeof value);
}

static void set_default(const catga_field *field, uint8_t *at)
{
    if (field->kind == CATGA_KIND_f32 || field->kind == CATGA_KIND_f64)
        native_set_floating(at, field->kind, field->standard.f);
    else
        native_set_integer(at, field->kind, field->standard.i);
}

void native_clear(const catga_table *type, uint8_t *native)
{
    memset(native, 0, type->native_size);
    for (size_t i = 0; i < type->field_count; i++) {
        const catga_field *field = &type->fields[i];
        if (field->kind < CATGA_KIND_struct &&
            (field->flags & (CATGA_DEPRECATED | CATGA_OPTIONAL | CATGA_TAGS)) == 0)
            set_default(field, native + field->member);
    }
}

/* catga_optional_...: `present`, then the value, aligned to its size. */
uint8_t *native_scalar(const catga_field *field, uint8_t *native)
{
    uint8_t *at = native + field->member;

    if ((field->flags & CATGA_OPTIONAL) == 0)
        return at;
    *at = true;
    return at + catga_scalar_size(field->kind);
}

size_t native_element_size(const catga_field *field)
{
    switch (field->element) {
    case CATGA_KIND_struct:
        return ((const catga_struct *)field->type)->size;
    case CATGA_KIND_string:
        return sizeof(catga_string);
    case CATGA_KIND_table:
        return ((const catga_table *)field->type)->native_size;
    case CATGA_KIND_union:
        return ((const catga_union *)field->type)->native_size;
    default:
        return catga_scalar_size(field->element);
    }
}
