/*
 * encode.c: what every generated writer shares; write.h says how a table is written. Input: plain structs of the sender.
 * Output: a FlatBuffer, each part behind what refers to it, each on a multiple of 4 bytes. Invariant: out->cursor is a
 * multiple of 4 from out->start, and nothing is written past out->end.
 */
#include "problem.h"
#include "struct.h"
#include "utf8.h"

#include <catga/ascii.h>
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

bool catga_refuse_length(catga_writer *out, const catga_field *field)
{
    bool counted = field->kind == CATGA_KIND_vector && field->format != CATGA_FORMAT_bytes;
    catga_problem_state_limit(out->problem, counted ? "more elements than" : "longer than", field->max);
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
bool catga_leave_out(catga_writer *out, const catga_field *field, size_t length)
{
    if (length != 0)
        return catga_refuse(out, field, "a length without data");
    if (field->flags & CATGA_REQUIRED)
        return catga_refuse(out, field, "required, but absent");
    return true;
}

/* ---- Vtables ---- */

/* The vtable of a table in which fields keep their places. */
static void keep_places(const catga_table *type, uint64_t present, uint16_t *entries)
{
    size_t count = 0;
    for (size_t id = 0; id < type->field_count; id++) {
        bool there = (present >> id & 1) != 0;
        entries[2 + id] = there ? type->vtable[2 + id] : 0;
        if (there)
            count = id + 1;
    }
    entries[0] = (uint16_t)(4 + 2 * count);
    entries[1] = type->vtable[1];
}

/* Moves the fields that are there together, in the order of the full layout; the vtable says where they are then. */
static void close_gaps(catga_writer *out, uint8_t *table, const catga_table *type, uint16_t *entries)
{
    size_t end = 4;
    for (size_t i = 0; i < type->field_count; i++) {
        uint16_t id = type->layout[i];
        if (entries[2 + id] == 0)
            continue;
        memmove(table + end, table + entries[2 + id], type->fields[id].size);
        entries[2 + id] = (uint16_t)end;
        end += type->fields[id].size;
    }
    entries[1] = (uint16_t)end;
    out->cursor = table + ((end + 3) & ~(size_t)3);
    memset(table + end, 0, (size_t)(out->cursor - table) - end);
}

static const uint8_t *write_vtable(catga_writer *out, const uint16_t *entries)
{
    uint8_t *vtable = out->cursor;
    size_t size = entries[0];
    out->cursor += (size + 3) & ~(size_t)3;
    catga_store_u32(out->cursor - 4, 0);
    catga_copy_scalars(vtable, entries, size / 2, 2);
    return vtable;
}

/* The place of a vtable among those that may be shared; behind the last one when it is not there. */
static size_t find_shared(const catga_writer *out, const catga_table *type, uint64_t present)
{
    size_t place = 0;
    while (place < out->vtable_count &&
           (out->vtables[place].type != type || out->vtables[place].present != present))
        place++;
    return place;
}

/* Puts `entry`, which stood at `place` or is new, first. Of too many, the one that was not used for longest is forgotten. */
static void share_first(catga_writer *out, catga_shared_vtable entry, size_t place)
{
    if (place == CATGA_SHARED_VTABLES)
        place--;
    else if (place == out->vtable_count)
        out->vtable_count++;
    memmove(&out->vtables[1], &out->vtables[0], place * sizeof entry);
    out->vtables[0] = entry;
}

const uint8_t *catga_put_vtable(catga_writer *out, uint8_t *table, const catga_table *type, uint64_t present)
{
    uint16_t changed[2 + 64];
    const uint16_t *entries = type->vtable;
    size_t place = find_shared(out, type, present);
    catga_shared_vtable entry = {type, present, NULL, false};
    if (present != type->all) {
        keep_places(type, present, changed);
        entry.closed = 2 * __builtin_popcountll(present) < type->field_count;
        if (entry.closed)
            close_gaps(out, table, type, changed);
        entries = changed;
    }
    entry.at = place < out->vtable_count ? out->vtables[place].at : write_vtable(out, entries);
    share_first(out, entry, place);
    catga_store_i32(table, (int32_t)(table - entry.at));
    return entry.at;
}

static bool is_present(const uint64_t *present, size_t id)
{
    return (present[id / 64] >> id % 64 & 1) != 0;
}

/* Writes the vtable of a wide table at the cursor, without moving it. Its size. */
static size_t write_wide_vtable(catga_writer *out, const catga_table *type, const uint64_t *present)
{
    size_t count = 0;
    for (size_t id = 0; id < type->field_count; id++) {
        bool there = is_present(present, id);
        catga_store_u16(out->cursor + 4 + 2 * id, there ? type->vtable[2 + id] : 0);
        if (there)
            count = id + 1;
    }
    catga_store_u16(out->cursor, (uint16_t)(4 + 2 * count));
    catga_store_u16(out->cursor + 2, type->vtable[1]);
    return 4 + 2 * count;
}

/*
 * Wide tables are rare: their vtables are found by their bytes, one for each type is remembered, and gaps stay. The key of
 * a wide table's entry among the shared vtables is its type alone.
 */
const uint8_t *catga_end_wide_table(catga_writer *out, uint8_t *table, const catga_table *type, const uint64_t *present)
{
    size_t size = write_wide_vtable(out, type, present);
    size_t place = find_shared(out, type, 0);
    catga_shared_vtable entry = {type, 0, out->cursor, false};
    if (place < out->vtable_count && memcmp(out->vtables[place].at, out->cursor, size) == 0) {
        entry = out->vtables[place];
    } else {
        memset(out->cursor + size, 0, -size & 3);
        out->cursor += (size + 3) & ~(size_t)3;
    }
    share_first(out, entry, place);
    catga_store_i32(table, (int32_t)(table - entry.at));
    return entry.at;
}

uint64_t catga_put_struct(uint8_t *at, const catga_struct *type, const void *input)
{
    if (input == NULL)
        return 0;
    catga_store_struct(at, type, input);
    return 1;
}

/* ---- What tables refer to ---- */

bool catga_check_input(catga_writer *out, const catga_field *field, catga_string value)
{
    return catga_is_utf8((const uint8_t *)value.data, value.length) || catga_refuse(out, field, "not UTF-8");
}

static inline uint8_t *slot_of(uint8_t *table, const uint8_t *vtable, const catga_field *field)
{
    return table + catga_load_u16(vtable + field->slot);
}

/* Moves on so that what begins `ahead` bytes further is aligned; room for 4 bytes is there. */
static void align_cursor(catga_writer *out, size_t ahead, size_t alignment)
{
    if (alignment < 8 || ((size_t)(out->cursor - out->start) + ahead) % 8 == 0)
        return;
    catga_store_u32(out->cursor, 0);
    out->cursor += 4;
}

/* Begins a vector whose elements are at the cursor: padding, length, slot. The elements, or NULL. */
static uint8_t *begin_vector(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                             size_t length, size_t element_size, size_t alignment)
{
    if (length > field->max) {
        catga_refuse_length(out, field);
        return NULL;
    }
    size_t room = (size_t)(out->end - out->cursor);
    if (room < 12 || length > (room - 12) / element_size) {
        catga_overflow(out);
        return NULL;
    }
    align_cursor(out, 4, alignment);
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
        return catga_leave_out(out, field, length);
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
        return catga_leave_out(out, field, length);
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
        return catga_leave_out(out, field, values.length);
    uint8_t *at = begin_vector(out, table, vtable, field, values.length, 4, 4);
    if (at == NULL)
        return false;
    for (size_t i = 0; i < values.length; i++) {
        catga_string value = values.data[i];
        if (value.data == NULL)
            return refuse_element(out, field, i, "absent");
        if (!catga_text_fits(out, value.length))
            return catga_overflow(out);
        uint64_t seen = catga_put_text(out, at + 4 * i, value);
        if ((seen & CATGA_HIGH_BITS) != 0 && !catga_is_utf8((const uint8_t *)value.data, value.length))
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
        return catga_leave_out(out, field, 0);
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
        return catga_leave_out(out, field, length);
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

/* ---- Unions ---- */

/* A struct that stands alone, behind an offset. */
static bool put_lone_struct(catga_writer *out, uint8_t *slot, const catga_struct *type, const void *input)
{
    if (!catga_room(out, 4 + ((size_t)type->size + 3) / 4 * 4))
        return catga_overflow(out);
    align_cursor(out, 0, type->alignment);
    uint8_t *at = out->cursor;
    out->cursor += ((size_t)type->size + 3) / 4 * 4;
    catga_store_u32(out->cursor - 4, 0);
    catga_store_struct(at, type, input);
    catga_store_u32(slot, (uint32_t)(at - slot));
    return true;
}

static bool refuse_reason(catga_writer *out, const char *reason)
{
    catga_problem_state(out->problem, reason);
    return false;
}

static bool put_lone_text(catga_writer *out, uint8_t *slot, catga_string text)
{
    if (!catga_text_fits(out, text.length))
        return catga_overflow(out);
    uint64_t seen = catga_put_text(out, slot, text);
    return (seen & CATGA_HIGH_BITS) == 0 || catga_is_utf8((const uint8_t *)text.data, text.length) ||
           refuse_reason(out, "not UTF-8");
}

/* What a union is, which is not nothing. */
static bool put_alternative(catga_writer *out, uint8_t *slot, const catga_union *type, catga_plain_union plain)
{
    if (plain.type > type->count)
        return refuse_reason(out, "a type that the union does not have");
    const catga_alternative *alternative = &type->alternatives[plain.type - 1];
    if (alternative->kind == CATGA_KIND_string)
        return plain.value.text.data == NULL ? refuse_reason(out, "a type without a value")
                                             : put_lone_text(out, slot, plain.value.text);
    if (plain.value.object == NULL)
        return refuse_reason(out, "a type without a value");
    return alternative->kind == CATGA_KIND_table ? put_table(out, slot, alternative->type, plain.value.object)
                                                 : put_lone_struct(out, slot, alternative->type, plain.value.object);
}

/* The plain struct of a union without strings is shorter than the general one. */
static catga_plain_union load_union(const catga_union *type, const uint8_t *plain)
{
    catga_plain_union value;
    memset(&value, 0, sizeof value);
    memcpy(&value, plain, type->plain_size);
    return value;
}

bool catga_put_union(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                     const void *input)
{
    catga_plain_union plain = load_union(field->type, input);
    if (plain.type == 0)
        return catga_leave_out(out, field, 0);
    if (put_alternative(out, slot_of(table, vtable, field), field->type, plain))
        return true;
    if (!out->full)
        catga_problem_in_field(out->problem, field->name);
    return false;
}

bool catga_put_unions(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *tags,
                      const catga_field *field, const void *data, size_t length)
{
    if (data == NULL)
        return catga_leave_out(out, field, length);
    const catga_union *type = field->type;
    const uint8_t *plain = data;
    uint8_t *tag = begin_vector(out, table, vtable, tags, length, 1, 1);
    uint8_t *at = tag == NULL ? NULL : begin_vector(out, table, vtable, field, length, 4, 4);
    if (at == NULL)
        return false;
    for (size_t i = 0; i < length; i++, plain += type->plain_size) {
        catga_plain_union value = load_union(type, plain);
        tag[i] = value.type;
        catga_store_u32(at + 4 * i, 0);
        if (value.type == 0 || put_alternative(out, at + 4 * i, type, value))
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
    out.vtables[0].type = NULL;
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
