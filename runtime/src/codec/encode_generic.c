/* Encodes tables of any type by walking the fields of its descriptor. A module with many tables
 * uses it instead of a generated function for each table, which runs faster but compiles slowly.
 * Both produce the same bytes and errors through the same calls of write.h; verify_generic.c is the
 * counterpart for verification. It also explains errors in small tables.
 *
 * Input: the descriptor of a table with at most 64 fields. Order: ranges and required structs,
 * inline fields, texts, other referenced parts; each group by id.
 */
#include <catga/gen.h>

/* ---- Values ---- */

#define IS_FLOATING(kind) ((kind) >= CATGA_KIND_f32)

/* For each scalar type: a value of a descriptor, and a value of a native struct. */
#define CATGA_SCALAR(name, type)                                                                   \
    static inline type constant_##name(catga_value value)                                          \
    {                                                                                              \
        return IS_FLOATING(CATGA_KIND_##name) ? (type)value.f : (type)value.i;                     \
    }                                                                                              \
                                                                                                   \
    static uint64_t put_##name(uint8_t *at, const catga_field *field, const uint8_t *native)       \
    {                                                                                              \
        catga_optional_##name value = {true, 0};                                                   \
        if ((field->flags & CATGA_OPTIONAL) != 0) {                                                \
            memcpy(&value, native, sizeof value);                                                  \
            return catga_put_optional_##name(at, value);                                           \
        }                                                                                          \
        memcpy(&value.value, native, sizeof value.value);                                          \
        return catga_put_##name(at, value.value, constant_##name(field->standard));                \
    }
#include <catga/scalars.def>
#undef CATGA_SCALAR

/* For each type with a range: returns true if the value of a native struct is inside. */
#define CATGA_NUMBER(name, type)                                                                   \
    static bool keeps_##name(const catga_field *field, const uint8_t *native)                      \
    {                                                                                              \
        catga_optional_##name value = {true, 0};                                                   \
        if ((field->flags & CATGA_OPTIONAL) != 0)                                                  \
            memcpy(&value, native, sizeof value);                                                  \
        else                                                                                       \
            memcpy(&value.value, native, sizeof value.value);                                      \
        return !value.present || (value.value >= constant_##name(field->range->lowest) &&          \
                                  value.value <= constant_##name(field->range->highest));          \
    }
#include <catga/numbers.def>
#undef CATGA_NUMBER

static bool is_scalar(const catga_field *field)
{
    return field->kind < CATGA_KIND_struct;
}

static catga_string slice_at(const uint8_t *native)
{
    catga_string slice;

    memcpy(&slice, native, sizeof slice);
    return slice;
}

static const void *pointer_at(const uint8_t *native)
{
    const void *pointer;

    memcpy(&pointer, native, sizeof pointer);
    return pointer;
}

/* ---- Writing ---- */

/*
 * Returns whether an inline field has a value: an optional scalar is present, a struct is not NULL.
 */
static bool has_inline_value(const catga_field *field, const uint8_t *native)
{
    switch (field->kind) {
#define CATGA_SCALAR(name, type)                                                                   \
    case CATGA_KIND_##name: {                                                                      \
        catga_optional_##name value;                                                               \
        memcpy(&value, native, sizeof value);                                                      \
        return value.present;                                                                      \
    }
#include <catga/scalars.def>
#undef CATGA_SCALAR
    case CATGA_KIND_struct:
        return pointer_at(native) != NULL;
    default:
        return true;
    }
}

static bool keeps_range(const catga_field *field, const uint8_t *native)
{
    switch (field->kind) {
#define CATGA_NUMBER(name, type)                                                                   \
    case CATGA_KIND_##name:                                                                        \
        return keeps_##name(field, native);
#include <catga/numbers.def>
#undef CATGA_NUMBER
    default:
        return true;
    }
}

/* Refuses errors in the inline fields. */
static bool is_acceptable(catga_writer *out, const catga_table *type, const uint8_t *input)
{
    for (size_t id = 0; id < type->field_count; id++) {
        const catga_field *field = &type->fields[id];
        const uint8_t *native = input + field->member;
        if ((field->flags & CATGA_DEPRECATED) != 0)
            continue;
        if (field->range != NULL && !keeps_range(field, native))
            return catga_refuse(out, field, "out of range") != NULL;
        if ((field->flags & CATGA_REQUIRED) != 0 && !has_inline_value(field, native))
            return catga_refuse(out, field, "required, but absent") != NULL;
    }
    return true;
}

/* Writes an inline field. Returns true if the field is present. */
static uint64_t put_inline(uint8_t *at, const catga_field *field, const uint8_t *native)
{
    switch (field->kind) {
#define CATGA_SCALAR(name, type)                                                                   \
    case CATGA_KIND_##name:                                                                        \
        return put_##name(at, field, native);
#include <catga/scalars.def>
#undef CATGA_SCALAR
    case CATGA_KIND_struct:
        return catga_put_struct(at, field->type, pointer_at(native));
    case CATGA_KIND_table:
        return catga_has(pointer_at(native));
    case CATGA_KIND_union:
        return *native != 0;
    default:
        return catga_has(slice_at(native).data);
    }
}

static uint64_t put_all_inline(uint8_t *table, const catga_table *type, const uint8_t *input)
{
    uint64_t present = 0;

    for (size_t id = 0; id < type->field_count; id++) {
        const catga_field *field = &type->fields[id];
        if ((field->flags & CATGA_DEPRECATED) == 0)
            present |= put_inline(table + type->vtable[2 + id], field, input + field->member) << id;
    }
    return present;
}

static uint8_t *put_vector(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                           const catga_field *field, catga_string slice)
{
    const catga_table *element = field->type;

    switch (field->element) {
    case CATGA_KIND_struct:
        return catga_put_structs(out, at, table, offsets, field, slice.data, slice.length);
    case CATGA_KIND_string: {
        catga_string_slice strings = {(const catga_string *)(const void *)slice.data, slice.length};
        return catga_put_strings(out, at, table, offsets, field, strings);
    }
    case CATGA_KIND_table:
        return catga_put_children(out, at, table, offsets, field, element->put,
                                  element->native_size, slice.data, slice.length);
    case CATGA_KIND_union:
        return catga_put_unions(out, at, table, offsets, field - 1, field, slice.data,
                                slice.length);
    default:
        return catga_put_scalars(out, at, table, offsets, field, slice.data, slice.length);
    }
}

/* Writes the texts of the table. */
static uint8_t *put_texts(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                          const catga_table *type, const uint8_t *input)
{
    uint64_t high_bits = 0;

    for (size_t id = 0; id < type->field_count; id++) {
        const catga_field *field = &type->fields[id];
        if (field->kind == CATGA_KIND_string && (field->flags & CATGA_DEPRECATED) == 0)
            at = catga_put_string(out, at, table, offsets, field, slice_at(input + field->member),
                                  &high_bits);
    }
    return catga_end_texts(out, at, type->fields, type->field_count, input, high_bits);
}

/* Writes the part that a field refers to; inline fields are skipped. */
static uint8_t *put_behind(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                           const catga_field *field, const uint8_t *native)
{
    if (is_scalar(field) || (field->flags & (CATGA_DEPRECATED | CATGA_TAGS)) != 0)
        return at;
    switch (field->kind) {
    case CATGA_KIND_table:
        return catga_put_child(out, at, table, offsets, field, pointer_at(native));
    case CATGA_KIND_union:
        return catga_put_union(out, at, table, offsets, field, native);
    case CATGA_KIND_vector:
        return put_vector(out, at, table, offsets, field, slice_at(native));
    default:
        return at;
    }
}

uint8_t *catga_put_generic(catga_writer *out, uint8_t *at, uint8_t *slot, const catga_table *type,
                           const void *input)
{
    if (!is_acceptable(out, type, input))
        return NULL;
    uint8_t *table = catga_begin_table(out, at, slot, type->vtable, type->alignment);
    if (table == NULL)
        return NULL;
    uint64_t present = put_all_inline(table, type, input);
    at = catga_end_table(out, table, type, type->vtable, type->vtable_slot, present);
    catga_offsets offsets = catga_offsets_of(out, type->vtable);
    at = put_texts(out, at, table, offsets, type, input);
    for (size_t id = 0; id < type->field_count; id++) {
        const catga_field *field = &type->fields[id];
        at = put_behind(out, at, table, offsets, field, (const uint8_t *)input + field->member);
    }
    return at;
}
