/* The shared part of all generated writers; write.h describes how a table is written. Input:
 * native structs. Output: a FlatBuffer in which each part follows the part that refers to it.
 * Invariant: `at` is a multiple of 4 from out->start, and nothing is written past out->end, also
 * a multiple of 4. */
#include "base/utf8.h"
#include "codec/problem.h"
#include "codec/struct.h"

#include <catga/gen.h>

/* ---- Refusals: each returns NULL ---- */

static uint8_t *refuse(catga_writer *out, const char *reason)
{
    catga_problem_state(out->problem, reason);
    return NULL;
}

static uint8_t *failed_in(catga_writer *out, const catga_field *field)
{
    if (!out->full)
        catga_problem_in_field(out->problem, field->name);
    return NULL;
}

uint8_t *catga_failed_at(catga_writer *out, const catga_field *field, size_t index)
{
    if (!out->full)
        catga_problem_in_element(out->problem, field->name, index);
    return NULL;
}

uint8_t *catga_refuse_depth(catga_writer *out, const catga_field *field)
{
    catga_problem_state_limit(out->problem, "nested deeper than", CATGA_MAX_DEPTH);
    return failed_in(out, field);
}

uint8_t *catga_refuse(catga_writer *out, const catga_field *field, const char *reason)
{
    refuse(out, reason);
    return failed_in(out, field);
}

void catga_refuse_length(catga_writer *out, const catga_field *field)
{
    bool counted = field->kind == CATGA_KIND_vector && field->format != CATGA_FORMAT_bytes;

    catga_problem_state_limit(out->problem, counted ? "more elements than" : "longer than",
                              field->max);
    failed_in(out, field);
}

void catga_refuse_absent(catga_writer *out, const catga_field *field, size_t length)
{
    catga_refuse(out, field, length != 0 ? "a length without data" : "required, but absent");
}

uint8_t *catga_overflow(catga_writer *out)
{
    out->full = true;
    return NULL;
}

/* Handles an absent value: omitted, unless it is required or has a length. */
static uint8_t *leave_out(catga_writer *out, uint8_t *at, const catga_field *field, size_t length)
{
    if (length == 0 && (field->flags & CATGA_REQUIRED) == 0)
        return at;
    catga_refuse_absent(out, field, length);
    return NULL;
}

static bool is_text(catga_string value)
{
    return catga_is_utf8((const uint8_t *)value.data, value.length);
}

uint8_t *catga_prove_texts(catga_writer *out, uint8_t *at, const catga_field *fields,
                           size_t field_count, const void *input)
{
    for (size_t i = 0; i < field_count; i++) {
        const catga_field *field = &fields[i];
        catga_string value;
        if (field->kind != CATGA_KIND_string || (field->flags & CATGA_DEPRECATED) != 0)
            continue;
        memcpy(&value, (const uint8_t *)input + field->member, sizeof value);
        if (value.data != NULL && !is_text(value))
            return catga_refuse(out, field, "not UTF-8");
    }
    return at;
}

/* ---- Tables and their vtables ---- */

void catga_clear_far(uint8_t *at, size_t size)
{
    memset(at, 0, size);
}

/* Compares floats by their bits. */
static uint64_t ids_below(size_t count)
{
    return count == 0 ? 0 : UINT64_MAX >> (64 - count);
}

/* Writes the vtable of a table in the full layout, as catga_write_small_vtable does. Returns its
 * end. */
static uint8_t *write_vtable(uint8_t *at, const catga_table *type, uint64_t present)
{
    size_t count = present == 0 ? 0 : 64 - (size_t)__builtin_clzll(present);

    catga_store_two_u16(at, (uint16_t)(4 + 2 * count), type->vtable[1]);
    catga_copy_scalars(at + 4, type->vtable + 2, count, 2);
    for (uint64_t absent = ids_below(count) & ~present; absent != 0; absent &= absent - 1)
        catga_store_u16(at + 4 + 2 * (size_t)__builtin_ctzll(absent), 0);
    if (count % 2 != 0)
        catga_store_u16(at + 4 + 2 * count, 0);
    return at + catga_round_up(4 + 2 * count);
}

/* Moves the present fields together, in the order of the full layout, and updates `entries`.
 * Returns their end. */
static uint8_t *close_gaps(uint8_t *table, const catga_table *type, uint64_t present,
                           uint16_t *entries)
{
    memset(entries, 0, 2 * (2 + (size_t)type->field_count));
    entries[0] = 4;
    entries[1] = 4;
    for (size_t i = 0; i < type->field_count; i++) {
        uint16_t id = type->layout[i];
        size_t size = type->fields[id].size;
        if ((present >> id & 1) == 0)
            continue;
        memmove(table + entries[1], table + type->vtable[2 + id], size);
        entries[2 + id] = entries[1];
        entries[1] = (uint16_t)(entries[1] + size);
        if (entries[0] < 6 + 2 * id)
            entries[0] = (uint16_t)(6 + 2 * id);
    }
    uint8_t *at = table + catga_round_up(entries[1]);
    memset(table + entries[1], 0, (size_t)(at - table) - entries[1]);
    return at;
}

/* Writes a vtable with the given entries. Returns its end. */
static uint8_t *copy_vtable(uint8_t *at, const uint16_t *entries)
{
    size_t size = catga_round_up(entries[0]);

    catga_store_u32(at + size - 4, 0);
    catga_copy_scalars(at, entries, entries[0] / 2, 2);
    return at + size;
}

void catga_recall_vtable(catga_writer *out, const catga_table *type, uint64_t present)
{
    unsigned known =
        out->other_count < CATGA_OTHER_VTABLES ? out->other_count : CATGA_OTHER_VTABLES;
    unsigned slot_of_vtable = type->vtable_slot;
    catga_shared_vtable left = {type, out->presents[slot_of_vtable], out->vtables[slot_of_vtable]};
    for (unsigned i = 0; i < known; i++) {
        if (out->others[i].type != type || out->others[i].present != present)
            continue;
        out->presents[slot_of_vtable] = present;
        out->vtables[slot_of_vtable] = out->others[i].at;
        out->others[i] = left;
        return;
    }
    out->others[out->other_count++ % CATGA_OTHER_VTABLES] = left;
    out->types[slot_of_vtable] = NULL;
}

uint8_t *catga_put_other(catga_writer *out, uint8_t *at, uint8_t *slot, const catga_table *type,
                         const void *input, uint64_t present)
{
    catga_recall_vtable(out, type, present);
    return type->put(out, at, slot, type, input);
}

/* Returns an equal vtable that was written before, or NULL after reserving an entry for a new
 * one. */
static const uint8_t *find_vtable(catga_writer *out, const catga_table *type, uint64_t present)
{
    if (catga_needs_new_vtable(out, type, type->vtable_slot, present))
        catga_recall_vtable(out, type, present);
    return out->types[type->vtable_slot] == type ? out->vtables[type->vtable_slot] : NULL;
}

static void remember_vtable(catga_writer *out, const catga_table *type, uint64_t present,
                            const uint8_t *at)
{
    out->types[type->vtable_slot] = type;
    out->presents[type->vtable_slot] = present;
    out->vtables[type->vtable_slot] = at;
}

static inline uint8_t *end_with(uint8_t *at, uint8_t *table, const uint8_t *vtable)
{
    catga_store_i32(table, (int32_t)(table - vtable));
    return at;
}

/* Ends a table in the full layout. */
static uint8_t *end_dense_table(catga_writer *out, uint8_t *table, const catga_table *type,
                                uint64_t present)
{
    uint8_t *at = table + catga_round_up(type->vtable[1]);
    const uint8_t *known = find_vtable(out, type, present);

    out->closed = NULL;
    if (known != NULL)
        return end_with(at, table, known);
    remember_vtable(out, type, present, at);
    return end_with(write_vtable(at, type, present), table, at);
}

/* Ends a table whose gaps are closed. */
static uint8_t *end_sparse_table(catga_writer *out, uint8_t *table, const catga_table *type,
                                 uint64_t present)
{
    uint16_t entries[2 + 64];
    uint8_t *at = close_gaps(table, type, present, entries);
    const uint8_t *known = find_vtable(out, type, present);

    out->closed = known == NULL ? at : known;
    if (known == NULL) {
        remember_vtable(out, type, present, at);
        at = copy_vtable(at, entries);
    }
    return end_with(at, table, out->closed);
}

uint8_t *catga_end_large_table(catga_writer *out, uint8_t *table, const catga_table *type,
                               uint64_t present)
{
    return 2 * __builtin_popcountll(present) < type->field_count
               ? end_sparse_table(out, table, type, present)
               : end_dense_table(out, table, type, present);
}

/* Writes the vtable of a table with many fields. Returns its size. */
static size_t write_wide_vtable(uint8_t *at, const catga_table *type, const uint64_t *present)
{
    size_t count = 0;

    for (size_t id = 0; id < type->field_count; id++) {
        bool there = (present[id / 64] >> id % 64 & 1) != 0;
        catga_store_u16(at + 4 + 2 * id, there ? type->vtable[2 + id] : 0);
        if (there)
            count = id + 1;
    }
    catga_store_u16(at, (uint16_t)(4 + 2 * count));
    catga_store_u16(at + 2, type->vtable[1]);
    return 4 + 2 * count;
}

/* Keeps one vtable of a wide type, and compares its bytes. Gaps stay. */
uint8_t *catga_end_wide_table(catga_writer *out, uint8_t *table, const catga_table *type,
                              const uint64_t *present)
{
    uint8_t *at = table + catga_round_up(type->vtable[1]);
    size_t size = write_wide_vtable(at, type, present);
    const uint8_t *known = find_vtable(out, type, 0);

    out->closed = NULL;
    if (known != NULL && memcmp(known, at, size) == 0)
        return end_with(at, table, known);
    if (known == NULL)
        remember_vtable(out, type, 0, at);
    memset(at + size, 0, catga_round_up(size) - size);
    return end_with(at + catga_round_up(size), table, at);
}

/* ---- Vectors ---- */

/* Returns the padding that aligns data `ahead` bytes after it: a multiple of 4. */
static size_t padding_before(const catga_writer *out, const uint8_t *at, size_t ahead,
                             size_t alignment)
{
    return ((size_t)(out->start - at) - ahead) & (alignment - 1) & ~(size_t)3;
}

static uint8_t *refuse_length(catga_writer *out, const catga_field *field)
{
    catga_refuse_length(out, field);
    return NULL;
}

/* Begins a vector: padding, length, slot, and room for the elements at *elements. Returns the
 * end of the vector, or NULL. */
static uint8_t *begin_vector(catga_writer *out, uint8_t *at, uint8_t *slot,
                             const catga_field *field, size_t length, size_t element_size,
                             size_t alignment, uint8_t **elements)
{
    size_t room = (size_t)(out->end - at);
    size_t padding = padding_before(out, at, 4, alignment);

    if (length > field->max)
        return refuse_length(out, field);
    if (room < padding + 8 || length > (room - padding - 8) / element_size)
        return catga_overflow(out);
    catga_clear_padding(at, padding);
    at += padding;
    uint8_t *end = at + catga_round_up(4 + length * element_size);
    catga_store_u32(end - 4, 0);
    catga_store_u32(at, (uint32_t)length);
    catga_store_u32(slot, (uint32_t)(at - slot));
    *elements = at + 4;
    return end;
}

/* Begins a vector of offsets, which are set one by one. */
static inline uint8_t *begin_offsets(catga_writer *out, uint8_t *at, uint8_t *slot,
                                     const catga_field *field, size_t length)
{
    size_t room = (size_t)(out->end - at);

    if (length > field->max)
        return refuse_length(out, field);
    if (room < 4 || length > (room - 4) / 4)
        return catga_overflow(out);
    catga_store_u32(at, (uint32_t)length);
    catga_store_u32(slot, (uint32_t)(at - slot));
    return at + 4 + 4 * length;
}

uint8_t *catga_put_scalars(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                           const catga_field *field, const void *data, size_t length)
{
    uint8_t *elements = NULL;
    size_t size = catga_scalar_size(field->element);

    if (at == NULL || data == NULL)
        return at == NULL ? NULL : leave_out(out, at, field, length);
    at = begin_vector(out, at, catga_slot(table, offsets, field), field, length, size, size,
                      &elements);
    if (at != NULL)
        catga_copy_scalars(elements, data, length, size);
    return at;
}

uint8_t *catga_put_structs(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                           const catga_field *field, const void *data, size_t length)
{
    uint8_t *elements = NULL;
    const uint8_t *from = data;
    const catga_struct *type = field->type;

    if (at == NULL || data == NULL)
        return at == NULL ? NULL : leave_out(out, at, field, length);
    at = begin_vector(out, at, catga_slot(table, offsets, field), field, length, type->size,
                      type->alignment, &elements);
    if (at == NULL)
        return NULL;
    if (type->packed && !CATGA_SWAPPED)
        memcpy(elements, from, length * type->size);
    else
        for (size_t i = 0; i < length; i++)
            catga_store_struct(elements + i * type->size, type, from + i * type->size);
    return at;
}

/* Writes a string that is not a field: an element or an alternative. */
static uint8_t *put_lone_text(catga_writer *out, uint8_t *at, uint8_t *slot, catga_string text)
{
    uint64_t high_bits = 0;

    if (!catga_text_fits(out, at, text.length))
        return catga_overflow(out);
    at = catga_put_text(at, slot, text, &high_bits);
    return (high_bits & CATGA_HIGH_BITS) == 0 || is_text(text) ? at : refuse(out, "not UTF-8");
}

uint8_t *catga_put_strings(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                           const catga_field *field, catga_string_slice values)
{
    if (at == NULL || values.data == NULL)
        return at == NULL ? NULL : leave_out(out, at, field, values.length);
    uint8_t *elements = at + 4;
    at = begin_offsets(out, at, catga_slot(table, offsets, field), field, values.length);
    for (size_t i = 0; at != NULL && i < values.length; i++) {
        catga_string value = values.data[i];
        at = value.data == NULL ? refuse(out, "absent")
                                : put_lone_text(out, at, elements + 4 * i, value);
        if (at == NULL)
            return catga_failed_at(out, field, i);
    }
    return at;
}

/* ---- Tables inside tables ---- */

/* Enters a nested table; the caller must call leave. */
static inline bool enter(catga_writer *out)
{
    if (out->depth == CATGA_MAX_DEPTH) {
        catga_problem_state_limit(out->problem, "nested deeper than", CATGA_MAX_DEPTH);
        return false;
    }
    out->depth++;
    return true;
}

static inline void leave(catga_writer *out)
{
    out->depth--;
}

static uint8_t *put_table(catga_writer *out, uint8_t *at, uint8_t *slot, const catga_table *type,
                          const void *input)
{
    if (!enter(out))
        return NULL;
    at = type->put(out, at, slot, type, input);
    leave(out);
    return at;
}

uint8_t *catga_put_child(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                         const catga_field *field, const void *input)
{
    if (at == NULL || input == NULL)
        return at == NULL ? NULL : leave_out(out, at, field, 0);
    at = put_table(out, at, catga_slot(table, offsets, field), field->type, input);
    return at == NULL ? failed_in(out, field) : at;
}

/* ---- Unions ---- */

/* Writes a struct behind an offset. */
static uint8_t *put_lone_struct(catga_writer *out, uint8_t *at, uint8_t *slot,
                                const catga_struct *type, const void *input)
{
    size_t size = catga_round_up(type->size);
    size_t padding = padding_before(out, at, 0, type->alignment);

    if ((size_t)(out->end - at) < padding + size)
        return catga_overflow(out);
    catga_clear_padding(at, padding);
    at += padding;
    catga_store_u32(at + size - 4, 0);
    catga_store_struct(at, type, input);
    catga_store_u32(slot, (uint32_t)(at - slot));
    return at + size;
}

/* Writes the value of a union that is not empty. */
static uint8_t *put_alternative(catga_writer *out, uint8_t *at, uint8_t *slot,
                                const catga_union *type, catga_native_union native)
{
    if (native.type > type->count)
        return refuse(out, "a type that the union does not have");
    const catga_alternative *alternative = &type->alternatives[native.type - 1];
    bool is_string = alternative->kind == CATGA_KIND_string;
    if (is_string ? native.value.text.data == NULL : native.value.object == NULL)
        return refuse(out, "a type without a value");
    if (is_string)
        return put_lone_text(out, at, slot, native.value.text);
    return alternative->kind == CATGA_KIND_table
               ? put_table(out, at, slot, alternative->type, native.value.object)
               : put_lone_struct(out, at, slot, alternative->type, native.value.object);
}

/* The native struct of a union without strings is shorter than catga_union. */
static catga_native_union load_union(const catga_union *type, const uint8_t *native)
{
    catga_native_union value;

    memset(&value, 0, sizeof value);
    memcpy(&value, native, type->native_size);
    return value;
}

uint8_t *catga_put_union(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                         const catga_field *field, const void *input)
{
    catga_native_union native = load_union(field->type, input);

    if (at == NULL || native.type == 0)
        return at == NULL ? NULL : leave_out(out, at, field, 0);
    at = put_alternative(out, at, catga_slot(table, offsets, field), field->type, native);
    return at == NULL ? failed_in(out, field) : at;
}

uint8_t *catga_put_unions(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                          const catga_field *tags, const catga_field *field, const void *data,
                          size_t length)
{
    uint8_t *types = NULL;
    const uint8_t *input = data;
    const catga_union *type = field->type;

    if (at == NULL || data == NULL)
        return at == NULL ? NULL : leave_out(out, at, field, length);
    at = begin_vector(out, at, catga_slot(table, offsets, tags), tags, length, 1, 1, &types);
    if (at == NULL)
        return NULL;
    uint8_t *elements = at + 4;
    at = begin_offsets(out, at, catga_slot(table, offsets, field), field, length);
    for (size_t i = 0; at != NULL && i < length; i++) {
        catga_native_union native = load_union(type, input + i * type->native_size);
        types[i] = native.type;
        catga_store_u32(elements + 4 * i, 0);
        if (native.type != 0)
            at = put_alternative(out, at, elements + 4 * i, type, native);
        if (at == NULL)
            return catga_failed_at(out, field, i);
    }
    return at;
}

/* ---- Whole buffers ---- */

catga_status catga_encode_any(const catga_table *type, const void *input, uint8_t *buffer,
                              size_t capacity, size_t *length, catga_problem *problem)
{
    return catga_encode_root(type, type->put, input, buffer, capacity, length, problem);
}

catga_status catga_not_encoded(const catga_writer *out)
{
    catga_problem_finish(out->problem);
    return out->full ? CATGA_TOO_LARGE : CATGA_INVALID_MESSAGE;
}
