/*
 * check.h: how generated code proves that a table that has come is right. First, that the table, its vtable and the inline
 * part of every field lie inside the buffer, aligned as they must be: that is seen at a glance when it has every field, at
 * the places that a writer gives them, and else found out by catga_check_open. Then the values:
 *
 *     return catga_check_string(check, table, &fields[0]) && catga_check_u32(check, table, &fields[2], 1, 1000);
 *
 * Of those, only what can be wrong is listed: required and ranged fields, and what lies behind an offset. verify.c has the
 * rest, and the invariants by name.
 */
#ifndef CATGA_CHECK_H
#define CATGA_CHECK_H

#include <catga/ascii.h>
#include <catga/gen.h>
#include <catga/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The root's offset. The file identifier behind it is optional: without one, a vtable may lie there. */
#define CATGA_ROOT_OFFSET_SIZE 4

/* One buffer being verified. */
struct catga_check {
    const uint8_t *bytes;
    uint32_t last_word; /* the last position at which 4 bytes can lie: the length is below 2^31, less 4 */
    uint32_t depth;     /* of the table at hand */
    uint64_t work;      /* that may still be done: V8 */
    catga_problem *problem;
};

/* A table inside it; passed by value, in two registers. */
struct catga_frame {
    const uint8_t *vtable;
    uint64_t at; /* from the buffer's start */
};

/* The vtable of a table, as it was found right; for others of its type, which often share it. */
struct catga_shape {
    const uint8_t *read; /* the vtable, or the constant one of the type, when they are equal */
    uint32_t vtable;     /* where it lies; 0: none was found yet */
    uint32_t table_size;
    uint32_t alignment; /* of the table: its position modulo 16; and a bit more when the vtable is unusual */
    uint64_t work;      /* of reaching each such table, when the vtable is unusual */
};

/* The value of `field`, or of its element, is wrong; why is said already, or by `reason`. All return false. */
CATGA_COLD bool catga_check_failed(catga_check *check, const catga_field *field);
CATGA_COLD bool catga_check_failed_element(catga_check *check, const catga_field *field, uint32_t index);
CATGA_COLD bool catga_check_refuse(catga_check *check, const catga_field *field, const char *reason);

/* V8: takes `amount` from the work that is left. False, and nothing is taken, when less is left. */
static inline bool catga_check_spend(catga_check *check, uint64_t amount)
{
    if (check->work < amount)
        return false;
    check->work -= amount;
    return true;
}

/* The work of following an offset to a table or an element, and of each byte of a table's fields: see verify.c. */
#define CATGA_WORK_PER_OFFSET 64
#define CATGA_WORK_PER_FIELD_BYTE 16

/*
 * The work of reaching a table that has all fields of its type. It is taken before the table's check function is called;
 * catga_check_open corrects it for a table whose vtable is unusual.
 */
static inline uint64_t catga_work_of_table(const catga_table *type)
{
    return CATGA_WORK_PER_OFFSET + CATGA_WORK_PER_FIELD_BYTE * (uint64_t)type->vtable[1];
}

/* A text of so many bytes is part of the work of its offset; longer ones are left to catga_check_odd_text. */
#define CATGA_SHORT_TEXT 64

/*
 * Whether a small table with a place for every field is seen to be right, but for their values: its vtable is equal to the
 * constant one of its type, `full`, and so both lie inside and are aligned: V2, V3. False says nothing.
 */
CATGA_INLINE bool catga_glance_full(const catga_check *check, uint32_t at, const uint16_t *full, unsigned alignment)
{
    uint32_t vtable = at - catga_load_u32(check->bytes + at);
    return !CATGA_SWAPPED && (alignment < 8 || (at & (alignment - 4)) == alignment - 4) &&
           (uint64_t)at + full[1] - 4 <= check->last_word &&
           vtable >= CATGA_ROOT_OFFSET_SIZE && vtable % 2 == 0 && (uint64_t)vtable + full[0] - 4 <= check->last_word &&
           memcmp(check->bytes + vtable, full, full[0]) == 0;
}

/* That table, read through the constant vtable: the code that proves it knows where its fields lie. */
static inline catga_frame catga_full(uint32_t at, const uint16_t *full)
{
    catga_frame frame = {(const uint8_t *)full, at};
    return frame;
}

/* V2, V3 of any table; to *table and *known, which has what was found of the one before it. */
bool catga_check_open(catga_check *check, uint32_t at, const catga_table *type, catga_shape *known, catga_frame *table);

/* Where a field lies in its table, or 0 when it is absent. */
static inline uint32_t catga_check_find(catga_frame table, const catga_field *field)
{
    return field->slot < catga_load_u16(table.vtable) ? catga_load_u16(table.vtable + field->slot) : 0;
}

/* Where it lies in the buffer. */
static inline uint32_t catga_check_place(catga_frame table, uint32_t offset)
{
    return (uint32_t)table.at + offset;
}

static inline bool catga_check_absent(catga_check *check, const catga_field *field)
{
    return (field->flags & CATGA_REQUIRED) == 0 || catga_check_refuse(check, field, "required, but absent");
}

/* For each type of numbers: whether a field is in its range, or may be absent. A NaN is in no range. */
#define CATGA_NUMBER(name, type)                                                                                       \
    static inline bool catga_check_##name(catga_check *check, catga_frame table, const catga_field *field,      \
                                          type lowest, type highest)                                                   \
    {                                                                                                                  \
        uint32_t offset = catga_check_find(table, field);                                                              \
        if (offset == 0)                                                                                               \
            return catga_check_absent(check, field);                                                                   \
        type value = catga_load_##name(check->bytes + catga_check_place(table, offset));                               \
        if (value >= lowest && value <= highest)                                                                       \
            return true;                                                                                               \
        return catga_check_refuse(check, field, "out of range");                                                       \
    }
#include <catga/numbers.def>
#undef CATGA_NUMBER

/* V4: whether the offset at `slot` leads inside, where 4 bytes can lie; to *at. */
static inline bool catga_check_follow(const catga_check *check, uint32_t slot, uint32_t *at)
{
    uint32_t offset = catga_load_u32(check->bytes + slot);
    /* Rotated, and less 1, an offset that is 0, not a multiple of 4, or 2^31 and more is a large number. */
    uint32_t words = offset >> 2 | offset << 30;
    *at = slot + offset;
    return words - 1 < (uint32_t)INT32_MAX >> 2 && *at <= check->last_word;
}

/* Explains what is wrong with the string behind `slot`, or finds that nothing is: that it is UTF-8, though not ASCII. */
CATGA_APART bool catga_check_odd_text(catga_check *check, uint32_t slot, uint32_t max);

/* V5 */
CATGA_INLINE bool catga_check_text(catga_check *check, uint32_t slot, uint32_t max)
{
    uint32_t at;
    if (!catga_check_follow(check, slot, &at))
        return catga_check_odd_text(check, slot, max);
    uint32_t length = catga_load_u32(check->bytes + at);
    const uint8_t *text = check->bytes + at + 4;
    if (length >= check->last_word - at || text[length] != 0 || length > max || length > CATGA_SHORT_TEXT ||
        catga_high_bits(text, length) != 0)
        return catga_check_odd_text(check, slot, max);
    return true;
}

/* What lies behind the offset at `slot`. */
bool catga_check_table(catga_check *check, uint32_t slot, const catga_table *type);
/* A vector of scalars or structs; of strings. They name the field themselves. */
bool catga_check_elements(catga_check *check, uint32_t slot, const catga_field *field);
bool catga_check_texts(catga_check *check, uint32_t slot, const catga_field *field);

bool catga_check_alternative(catga_check *check, uint32_t slot, const catga_union *type, uint8_t tag);
bool catga_check_alternatives(catga_check *check, uint32_t tags_slot, uint32_t slot, const catga_field *tags,
                              const catga_field *field);

/* Whether a field is present, or may be absent; for fields whose every value is valid. */
static inline bool catga_check_present(catga_check *check, catga_frame table, const catga_field *field)
{
    return catga_check_find(table, field) != 0 || catga_check_absent(check, field);
}

CATGA_INLINE bool catga_check_string(catga_check *check, catga_frame table, const catga_field *field)
{
    uint32_t offset = catga_check_find(table, field);
    if (offset == 0)
        return catga_check_absent(check, field);
    return catga_check_text(check, catga_check_place(table, offset), field->max) || catga_check_failed(check, field);
}

static inline bool catga_check_child(catga_check *check, catga_frame table, const catga_field *field)
{
    uint32_t offset = catga_check_find(table, field);
    if (offset == 0)
        return catga_check_absent(check, field);
    return catga_check_table(check, catga_check_place(table, offset), (const catga_table *)field->type) ||
           catga_check_failed(check, field);
}

/* `tags` is the field before: the type. It and the union are both there or both not. */
static inline bool catga_check_union(catga_check *check, catga_frame table, const catga_field *tags,
                                     const catga_field *field)
{
    uint32_t tag_offset = catga_check_find(table, tags);
    uint32_t offset = catga_check_find(table, field);
    uint8_t tag = tag_offset == 0 ? 0 : check->bytes[catga_check_place(table, tag_offset)];
    if ((tag == 0) != (offset == 0))
        return catga_check_refuse(check, field, "a type without a value, or a value without a type");
    if (offset == 0)
        return catga_check_absent(check, field);
    return catga_check_alternative(check, catga_check_place(table, offset), (const catga_union *)field->type, tag) ||
           catga_check_failed(check, field);
}

/* The same for a vector of unions and the vector of their types. */
static inline bool catga_check_unions(catga_check *check, catga_frame table, const catga_field *tags,
                                      const catga_field *field)
{
    uint32_t tags_offset = catga_check_find(table, tags);
    uint32_t offset = catga_check_find(table, field);
    if ((tags_offset == 0) != (offset == 0))
        return catga_check_refuse(check, field, "a type without a value, or a value without a type");
    return offset == 0 ? catga_check_absent(check, field)
                     : catga_check_alternatives(check, catga_check_place(table, tags_offset),
                                                catga_check_place(table, offset), tags, field);
}

static inline bool catga_check_vector(catga_check *check, catga_frame table, const catga_field *field)
{
    uint32_t offset = catga_check_find(table, field);
    return offset == 0 ? catga_check_absent(check, field) : catga_check_elements(check, catga_check_place(table, offset), field);
}

static inline bool catga_check_strings(catga_check *check, catga_frame table, const catga_field *field)
{
    uint32_t offset = catga_check_find(table, field);
    return offset == 0 ? catga_check_absent(check, field) : catga_check_texts(check, catga_check_place(table, offset), field);
}

/* An offset leads outside. Returns false. */
CATGA_COLD bool catga_check_outside(catga_check *check);

/*
 * Where the offsets of a vector of tables begin, and how many there are; one level deeper, with the work of all of them taken.
 * False: catga_check_tables decides.
 */
CATGA_INLINE bool catga_glance_tables(catga_check *check, uint32_t slot, const catga_field *field, uint32_t *elements,
                                      uint32_t *length)
{
    uint32_t at;
    if (!catga_check_follow(check, slot, &at))
        return false;
    uint32_t count = catga_load_u32(check->bytes + at);
    if (count == 0 || count > field->max || 4 * (uint64_t)count > check->last_word - at ||
        check->depth == CATGA_MAX_DEPTH || !catga_check_spend(check, count * catga_work_of_table((const catga_table *)field->type)))
        return false;
    check->depth++;
    *elements = at + 4;
    *length = count;
    return true;
}

/* A vector of tables, element by element: one that is empty, not right, or too long for the work that is left if it were full. */
CATGA_APART bool catga_check_tables(catga_check *check, uint32_t slot, const catga_field *field);

/* `prove` proves an element; known to the compiler, it is called without a detour. */
CATGA_INLINE bool catga_check_children(catga_check *check, catga_frame table, const catga_field *field,
                                       catga_check_function *prove)
{
    uint32_t elements;
    uint32_t length;
    uint32_t offset = catga_check_find(table, field);
    if (offset == 0)
        return catga_check_absent(check, field);
    uint32_t slot = catga_check_place(table, offset);
    if (!catga_glance_tables(check, slot, field, &elements, &length))
        return catga_check_tables(check, slot, field);
    catga_shape known = {NULL, 0, 0, 0, 0};
    for (uint32_t i = 0; i < length; i++) {
        uint32_t at;
        if (!(catga_check_follow(check, elements + 4 * i, &at) ? prove(check, at, (const catga_table *)field->type, &known)
                                                               : catga_check_outside(check)))
            return catga_check_failed_element(check, field, i);
    }
    check->depth--;
    return true;
}

/* What a table's own function does, for any table: it walks type->fields. */
bool catga_check_any(catga_check *check, uint32_t at, const catga_table *type, catga_shape *known);

#ifdef __cplusplus
}
#endif

#endif
