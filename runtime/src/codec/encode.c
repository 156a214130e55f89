/*
 * encode.c: what every generated writer shares; write.h says how a table is written. Input: plain structs of the sender.
 * Output: a FlatBuffer, each part behind what refers to it, each on a multiple of 4 bytes. Invariant: out->cursor is a
 * multiple of 4 from out->start, and nothing is written past out->end.
 */
#include "problem.h"
#include "struct.h"
#include "utf8.h"

#include <catga/gen.h>

enum { HEADER_SIZE = 8 }; /* the root's offset and the file identifier */

/* Offsets are below 2^31, whatever the buffer's size is (FlatBuffers, internals). */
#define LARGEST_BUFFER ((size_t)INT32_MAX)

/* ---- Refusals ---- */

bool catga_refuse(catga_writer *out, const catga_field *field, const char *reason)
{
    catga_problem_state(out->problem, reason);
    catga_problem_in_field(out->problem, field->name);
    return false;
}

static bool refuse_limit(catga_writer *out, const catga_field *field, const char *reason, uint64_t limit)
{
    catga_problem_state_limit(out->problem, reason, limit);
    catga_problem_in_field(out->problem, field->name);
    return false;
}

static bool refuse_element(catga_writer *out, const catga_field *field, size_t index, const char *reason)
{
    catga_problem_state(out->problem, reason);
    catga_problem_in_element(out->problem, field->name, index);
    return false;
}

bool catga_overflow(catga_writer *out)
{
    out->full = true;
    return false;
}

/* An absent value: left out, unless it is required or claims a length. */
static bool leave_out(catga_writer *out, const catga_field *field, size_t length)
{
    if (length != 0)
        return catga_refuse(out, field, "a length without data");
    if (field->flags & CATGA_REQUIRED)
        return catga_refuse(out, field, "required, but absent");
    return true;
}

/* ---- Tables with absent fields ---- */

/* Moves the fields that are there together, in the order of the full layout, and notes where they begin. */
static size_t close_gaps(uint8_t *table, const catga_table *type, uint64_t present, uint16_t *vtable)
{
    size_t end = 4;
    size_t entries = 0;
    memset(vtable, 0, 2 * (2 + (size_t)type->field_count));
    for (uint16_t i = 0; i < type->field_count; i++) {
        uint16_t index = type->layout[i];
        if ((present >> index & 1) == 0)
            continue;
        const catga_field *field = &type->fields[index];
        memmove(table + end, table + type->vtable[2 + index], field->size);
        vtable[2 + index] = (uint16_t)end;
        end += field->size;
        if (entries <= index)
            entries = (size_t)index + 1;
    }
    vtable[0] = (uint16_t)(4 + 2 * entries);
    vtable[1] = (uint16_t)end;
    return end;
}

const uint8_t *catga_end_sparse_table(catga_writer *out, uint8_t *table, const catga_table *type, uint64_t present)
{
    uint16_t entries[2 + 64];
    size_t end = close_gaps(table, type, present, entries);
    size_t size = (end + 3) & ~(size_t)3;
    memset(table + end, 0, size - end);
    out->cursor = table + size;
    const uint8_t *vtable = catga_find_vtable(out, type, present);
    if (vtable == NULL)
        vtable = catga_put_vtable(out, type, present, entries);
    catga_store_i32(table, (int32_t)(table - vtable));
    return vtable;
}

uint64_t catga_put_struct(uint8_t *at, const catga_struct *type, const void *input)
{
    if (input == NULL)
        return 0;
    catga_store_struct(at, type, input);
    return 1;
}

/* ---- What tables refer to ---- */

/*
 * Copies text and returns all its bytes or-ed together. The pieces overlap, which spares the loop over the last bytes;
 * most strings of messages are short.
 */
static inline uint64_t copy_text(uint8_t *to, const char *text, size_t length)
{
    const uint8_t *from = (const uint8_t *)text;
    if (length >= 8) {
        uint64_t seen = 0;
        for (size_t i = 0; i + 8 < length; i += 8) {
            uint64_t word = catga_load_word(from + i);
            memcpy(to + i, &word, sizeof word);
            seen |= word;
        }
        uint64_t last = catga_load_word(from + length - 8);
        memcpy(to + length - 8, &last, sizeof last);
        return seen | last;
    }
    if (length >= 4) {
        uint32_t first;
        uint32_t last;
        memcpy(&first, from, sizeof first);
        memcpy(&last, from + length - 4, sizeof last);
        memcpy(to, &first, sizeof first);
        memcpy(to + length - 4, &last, sizeof last);
        return (uint64_t)first << 32 | last;
    }
    uint64_t seen = 0;
    for (size_t i = 0; i < length; i++) {
        to[i] = from[i];
        seen |= from[i];
    }
    return seen;
}

/* Writes a length, the text and its NUL, and sets the slot. False: no room. *valid: whether it is UTF-8. */
static inline bool put_text(catga_writer *out, uint8_t *slot, catga_string value, bool *valid)
{
    size_t room = (size_t)(out->end - out->cursor);
    if (room < 8 || value.length > room - 8)
        return catga_overflow(out);
    uint8_t *at = out->cursor;
    out->cursor = at + ((4 + value.length + 1 + 3) & ~(size_t)3);
    catga_store_u32(out->cursor - 4, 0);
    catga_store_u32(at, (uint32_t)value.length);
    catga_store_u32(slot, (uint32_t)(at - slot));
    uint64_t seen = copy_text(at + 4, value.data, value.length);
    *valid = (seen & 0x8080808080808080u) == 0 || catga_is_utf8_slowly(at + 4, value.length);
    return true;
}

static inline uint8_t *slot_of(uint8_t *table, const uint8_t *vtable, const catga_field *field)
{
    return table + catga_load_u16(vtable + field->slot);
}

bool catga_put_string(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                      catga_string value)
{
    bool valid;
    if (value.data == NULL)
        return leave_out(out, field, value.length);
    if (value.length > field->max)
        return refuse_limit(out, field, "longer than", field->max);
    if (!put_text(out, slot_of(table, vtable, field), value, &valid))
        return false;
    return valid || catga_refuse(out, field, "not UTF-8");
}

/* Begins a vector whose elements are at the cursor: padding, length, slot. The elements, or NULL. */
static uint8_t *begin_vector(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                             size_t length, size_t element_size, size_t alignment)
{
    if (length > field->max) {
        refuse_limit(out, field, field->format == CATGA_FORMAT_bytes ? "longer than" : "more elements than", field->max);
        return NULL;
    }
    size_t room = (size_t)(out->end - out->cursor);
    if (room < 12 || length > (room - 12) / element_size) {
        catga_overflow(out);
        return NULL;
    }
    if (alignment == 8 && ((size_t)(out->cursor - out->start) & 4) == 0) {
        catga_store_u32(out->cursor, 0);
        out->cursor += 4;
    }
    uint8_t *slot = slot_of(table, vtable, field);
    uint8_t *at = out->cursor;
    out->cursor += (4 + length * element_size + 3) & ~(size_t)3;
    catga_store_u32(out->cursor - 4, 0);
    catga_store_u32(at, (uint32_t)length);
    catga_store_u32(slot, (uint32_t)(at - slot));
    return at + 4;
}

bool catga_put_scalars(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                      const void *data, size_t length)
{
    if (data == NULL)
        return leave_out(out, field, length);
    size_t size = catga_scalar_size(field->element);
    uint8_t *at = begin_vector(out, table, vtable, field, length, size, size);
    if (at == NULL)
        return false;
    catga_copy_scalars(at, data, length, size);
    return true;
}

bool catga_put_structs(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                       const void *data, size_t length)
{
    if (data == NULL)
        return leave_out(out, field, length);
    const catga_struct *type = field->type;
    uint8_t *at = begin_vector(out, table, vtable, field, length, type->size, type->alignment);
    if (at == NULL)
        return false;
    if (type->packed && !CATGA_SWAPPED) {
        memcpy(at, data, length * type->size);
        return true;
    }
    const uint8_t *from = data;
    for (size_t i = 0; i < length; i++)
        catga_store_struct(at + i * type->size, type, from + i * type->size);
    return true;
}

bool catga_put_strings(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                       catga_string_slice values)
{
    if (values.data == NULL)
        return leave_out(out, field, values.length);
    uint8_t *at = begin_vector(out, table, vtable, field, values.length, 4, 4);
    if (at == NULL)
        return false;
    for (size_t i = 0; i < values.length; i++) {
        bool valid;
        if (values.data[i].data == NULL)
            return refuse_element(out, field, i, "absent");
        if (!put_text(out, at + 4 * i, values.data[i], &valid))
            return false;
        if (!valid)
            return refuse_element(out, field, i, "not UTF-8");
    }
    return true;
}

/* Writes a table one level deeper. */
static inline bool put_table(catga_writer *out, uint8_t *slot, const catga_table *type, const void *input)
{
    if (out->depth == CATGA_MAX_DEPTH) {
        catga_problem_state_limit(out->problem, "nested deeper than", CATGA_MAX_DEPTH);
        return false;
    }
    out->depth++;
    bool done = type->put(out, slot, input);
    out->depth--;
    return done;
}

bool catga_put_child(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                     const void *input)
{
    if (input == NULL)
        return leave_out(out, field, 0);
    if (put_table(out, slot_of(table, vtable, field), field->type, input))
        return true;
    if (!out->full)
        catga_problem_in_field(out->problem, field->name);
    return false;
}

bool catga_put_children(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                        const void *data, size_t length)
{
    if (data == NULL)
        return leave_out(out, field, length);
    uint8_t *at = begin_vector(out, table, vtable, field, length, 4, 4);
    if (at == NULL)
        return false;
    const catga_table *type = field->type;
    const uint8_t *element = data;
    for (size_t i = 0; i < length; i++, element += type->plain_size) {
        if (put_table(out, at + 4 * i, type, element))
            continue;
        if (!out->full)
            catga_problem_in_element(out->problem, field->name, i);
        return false;
    }
    return true;
}

/* ---- Whole buffers ---- */

catga_status catga_encode(const catga_table *table, const void *input, uint8_t *buffer, size_t capacity,
                          size_t *length, catga_problem *problem)
{
    catga_writer out;
    if (capacity > LARGEST_BUFFER)
        capacity = LARGEST_BUFFER;
    if (capacity < HEADER_SIZE)
        return CATGA_TOO_LARGE;
    out.start = buffer;
    out.cursor = buffer + HEADER_SIZE;
    out.end = buffer + (capacity & ~(size_t)3);
    out.depth = 1;
    out.vtable_count = 0;
    out.full = false;
    out.problem = problem;
    memcpy(buffer + 4, table->identifier, sizeof table->identifier);
    catga_problem_begin(problem);
    bool done = table->put(&out, buffer, input);
    catga_problem_finish(problem);
    if (!done)
        return out.full ? CATGA_TOO_LARGE : CATGA_INVALID_MESSAGE;
    *length = (size_t)(out.cursor - out.start);
    return CATGA_OK;
}
