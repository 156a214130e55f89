/*
 * verify.h: the functions with which generated code verifies a received table. First, the table,
 * its vtable and the inline part of every field must lie inside the buffer, and be aligned. A table
 * with every field at the offsets of our writer passes by one comparison of its vtable;
 * catga_verify_open verifies any other. Then the values:
 *
 *     return catga_verify_string(verifier, table, &fields[0]) &&
 *            catga_verify_u32(verifier, table, &fields[2], 1, 1000);
 *
 * Only fields that can be invalid are listed: required and ranged fields, and fields with an
 * offset. verify.c has the rest, and names the rules V1 to V8.
 */
#ifndef CATGA_VERIFY_H
#define CATGA_VERIFY_H

#include <catga/ascii.h>
#include <catga/gen.h>
#include <catga/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The offset of the root. The file identifier after it is optional: without one, a vtable may lie
 * there. */
#define CATGA_ROOT_OFFSET_SIZE 4

/* One buffer being verified. */
struct catga_verifier {
    const uint8_t *bytes;
    uint32_t last_word; /* the last position of 4 bytes: the length, below 2^31, less 4 */
    uint32_t depth;     /* of the current table */
    uint64_t work;      /* remaining work: V8 */
    catga_problem *problem;
};

/* A table inside the buffer; passed by value, in two registers. */
struct catga_frame {
    const uint8_t *vtable;
    uint64_t at; /* from the buffer's start */
};

/* A vtable that is valid, for further tables of its type, which often share it. */
struct catga_shape {
    const uint8_t *read; /* the vtable; the constant one of the type if they are equal */
    uint32_t vtable;     /* its position; 0: none yet */
    uint32_t table_size;
    uint32_t alignment; /* position of the table modulo 16; one more bit if the vtable is unusual */
    uint64_t work;      /* work of each such table if the vtable is unusual */
};

/* Report that the value of `field`, or its element, is invalid. The problem has the reason already,
 * or gets `reason`. All return false. */
CATGA_COLD bool catga_verify_failed(catga_verifier *verifier, const catga_field *field);
CATGA_COLD bool catga_verify_failed_element(catga_verifier *verifier, const catga_field *field,
                                            uint32_t index);
CATGA_COLD bool catga_verify_refuse(catga_verifier *verifier, const catga_field *field,
                                    const char *reason);

/* V8: takes `amount` from the remaining work. Returns false, and takes nothing, if less remains. */
static inline bool catga_verify_spend(catga_verifier *verifier, uint64_t amount)
{
    if (verifier->work < amount)
        return false;
    verifier->work -= amount;
    return true;
}

/* The work of following an offset to a table or element, and of each byte of fields: see
 * verify.c. */
#define CATGA_WORK_PER_OFFSET     64
#define CATGA_WORK_PER_FIELD_BYTE 16

/*
 * Returns the work of a table with all fields of its type. It is taken before the call of the
 * verify function of the table; catga_verify_open corrects it for an unusual vtable.
 */
static inline uint64_t catga_work_of_table(const catga_table *type)
{
    return CATGA_WORK_PER_OFFSET + CATGA_WORK_PER_FIELD_BYTE * (uint64_t)type->vtable[1];
}

/* The longest text whose work is part of its offset. catga_verify_odd_text verifies longer ones. */
#define CATGA_SHORT_TEXT 64

/*
 * Returns true if the layout of a small table is valid (V2, V3) because its vtable is equal to
 * `full`, the constant one of its type. Returns false if the layout may be valid or not.
 */
CATGA_INLINE bool catga_matches_full_vtable(const catga_verifier *verifier, uint32_t at,
                                            const uint16_t *full, unsigned alignment)
{
    uint32_t vtable = at - catga_load_u32(verifier->bytes + at);

    return !CATGA_SWAPPED && (alignment < 8 || (at & (alignment - 4)) == alignment - 4) &&
           (uint64_t)at + full[1] - 4 <= verifier->last_word && vtable >= CATGA_ROOT_OFFSET_SIZE &&
           vtable % 2 == 0 && (uint64_t)vtable + full[0] - 4 <= verifier->last_word &&
           memcmp(verifier->bytes + vtable, full, full[0]) == 0;
}

/* Returns that table with the constant vtable, so that the compiler knows the offsets of its
 * fields. */
static inline catga_frame catga_full(uint32_t at, const uint16_t *full)
{
    catga_frame frame = {(const uint8_t *)full, at};

    return frame;
}

/* Verifies the layout of any table (V2, V3) and sets *table. *known keeps the layout of the
 * previous table. */
bool catga_verify_open(catga_verifier *verifier, uint32_t at, const catga_table *type,
                       catga_shape *known, catga_frame *table);

/* Verifies the fields of a table whose layout is valid. */
typedef bool catga_verify_fields_function(catga_verifier *verifier, catga_frame table);

/*
 * Verifies a table of at most eight fields. `verify_fields` is known to the compiler and inlined:
 * once for the full vtable `full`, whose offsets are constant, and once for any vtable.
 */
CATGA_INLINE bool catga_verify_small_table(catga_verifier *verifier, uint32_t at,
                                           const catga_table *type, catga_shape *known,
                                           const uint16_t *full, unsigned alignment,
                                           catga_verify_fields_function *verify_fields)
{
    catga_frame table;

    if (catga_matches_full_vtable(verifier, at, full, alignment))
        return verify_fields(verifier, catga_full(at, full));
    return catga_verify_open(verifier, at, type, known, &table) && verify_fields(verifier, table);
}

/* Verifies a table of more fields. */
CATGA_INLINE bool catga_verify_large_table(catga_verifier *verifier, uint32_t at,
                                           const catga_table *type, catga_shape *known,
                                           catga_verify_fields_function *verify_fields)
{
    catga_frame table;

    return catga_verify_open(verifier, at, type, known, &table) && verify_fields(verifier, table);
}

/* Verifies a table in which every value of every field is valid. */
static inline bool catga_verify_layout(catga_verifier *verifier, uint32_t at,
                                       const catga_table *type, catga_shape *known)
{
    catga_frame table;

    return catga_verify_open(verifier, at, type, known, &table);
}

/* Returns the offset of a field in its table, or 0 if the field is absent. */
static inline uint32_t catga_verify_find(catga_frame table, const catga_field *field)
{
    return field->slot < catga_load_u16(table.vtable) ? catga_load_u16(table.vtable + field->slot)
                                                      : 0;
}

/* Returns the position of a field in the buffer. */
static inline uint32_t catga_verify_slot(catga_frame table, uint32_t offset)
{
    return (uint32_t)table.at + offset;
}

static inline bool catga_verify_absent(catga_verifier *verifier, const catga_field *field)
{
    return (field->flags & CATGA_REQUIRED) == 0 ||
           catga_verify_refuse(verifier, field, "required, but absent");
}

/* For each type of numbers: verifies that a field is in its range, or may be absent. A NaN is in no
 * range. */
#define CATGA_NUMBER(name, type)                                                                   \
    static inline bool catga_verify_##name(catga_verifier *verifier, catga_frame table,            \
                                           const catga_field *field, type lowest, type highest)    \
    {                                                                                              \
        uint32_t offset = catga_verify_find(table, field);                                         \
        if (offset == 0)                                                                           \
            return catga_verify_absent(verifier, field);                                           \
        type value = catga_load_##name(verifier->bytes + catga_verify_slot(table, offset));        \
        if (value >= lowest && value <= highest)                                                   \
            return true;                                                                           \
        return catga_verify_refuse(verifier, field, "out of range");                               \
    }
#include <catga/numbers.def>
#undef CATGA_NUMBER

/* V4: follows the offset at `slot` to *at. Returns false if 4 bytes at *at are not inside the
 * buffer. */
static inline bool catga_verify_follow(const catga_verifier *verifier, uint32_t slot, uint32_t *at)
{
    uint32_t offset = catga_load_u32(verifier->bytes + slot);

    /* An offset that is 0, not a multiple of 4, or at least 2^31 is a large number if it is rotated
     * and decremented. */
    uint32_t words = offset >> 2 | offset << 30;
    *at = slot + offset;
    return words - 1 < (uint32_t)INT32_MAX >> 2 && *at <= verifier->last_word;
}

/* Verifies a string that the fast path does not accept: UTF-8 that is not ASCII is valid. */
CATGA_NOINLINE bool catga_verify_odd_text(catga_verifier *verifier, uint32_t slot, uint32_t max);

/* V5 */
CATGA_INLINE bool catga_verify_text(catga_verifier *verifier, uint32_t slot, uint32_t max)
{
    uint32_t at;

    if (!catga_verify_follow(verifier, slot, &at))
        return catga_verify_odd_text(verifier, slot, max);
    uint32_t length = catga_load_u32(verifier->bytes + at);
    const uint8_t *text = verifier->bytes + at + 4;
    if (length >= verifier->last_word - at || text[length] != 0 || length > max ||
        length > CATGA_SHORT_TEXT || catga_high_bits(text, length) != 0)
        return catga_verify_odd_text(verifier, slot, max);
    return true;
}

/* Verify the value behind the offset at `slot`. */
bool catga_verify_table(catga_verifier *verifier, uint32_t slot, const catga_table *type);
/* Verify a vector of scalars or structs, and one of strings. Both report the field. */
bool catga_verify_elements(catga_verifier *verifier, uint32_t slot, const catga_field *field);
bool catga_verify_texts(catga_verifier *verifier, uint32_t slot, const catga_field *field);

bool catga_verify_alternative(catga_verifier *verifier, uint32_t slot, const catga_union *type,
                              uint8_t tag);
bool catga_verify_alternatives(catga_verifier *verifier, uint32_t tags_slot, uint32_t slot,
                               const catga_field *tags, const catga_field *field);

/* Verifies that a field is present, or may be absent; for fields whose every value is valid. */
static inline bool catga_verify_present(catga_verifier *verifier, catga_frame table,
                                        const catga_field *field)
{
    return catga_verify_find(table, field) != 0 || catga_verify_absent(verifier, field);
}

CATGA_INLINE bool catga_verify_string(catga_verifier *verifier, catga_frame table,
                                      const catga_field *field)
{
    uint32_t offset = catga_verify_find(table, field);

    if (offset == 0)
        return catga_verify_absent(verifier, field);
    return catga_verify_text(verifier, catga_verify_slot(table, offset), field->max) ||
           catga_verify_failed(verifier, field);
}

static inline bool catga_verify_child(catga_verifier *verifier, catga_frame table,
                                      const catga_field *field)
{
    uint32_t offset = catga_verify_find(table, field);

    if (offset == 0)
        return catga_verify_absent(verifier, field);
    return catga_verify_table(verifier, catga_verify_slot(table, offset),
                              (const catga_table *)field->type) ||
           catga_verify_failed(verifier, field);
}

/* Verifies a union. `tags` is the field of its tag; both are present or both absent. */
static inline bool catga_verify_union(catga_verifier *verifier, catga_frame table,
                                      const catga_field *tags, const catga_field *field)
{
    uint32_t tag_offset = catga_verify_find(table, tags);
    uint32_t offset = catga_verify_find(table, field);
    uint8_t tag = tag_offset == 0 ? 0 : verifier->bytes[catga_verify_slot(table, tag_offset)];

    if ((tag == 0) != (offset == 0))
        return catga_verify_refuse(verifier, field,
                                   "a type without a value, or a value without a type");
    if (offset == 0)
        return catga_verify_absent(verifier, field);
    return catga_verify_alternative(verifier, catga_verify_slot(table, offset),
                                    (const catga_union *)field->type, tag) ||
           catga_verify_failed(verifier, field);
}

/* Does the same for a vector of unions and the vector of their tags. */
static inline bool catga_verify_unions(catga_verifier *verifier, catga_frame table,
                                       const catga_field *tags, const catga_field *field)
{
    uint32_t tags_offset = catga_verify_find(table, tags);
    uint32_t offset = catga_verify_find(table, field);

    if ((tags_offset == 0) != (offset == 0))
        return catga_verify_refuse(verifier, field,
                                   "a type without a value, or a value without a type");
    return offset == 0 ? catga_verify_absent(verifier, field)
                       : catga_verify_alternatives(verifier, catga_verify_slot(table, tags_offset),
                                                   catga_verify_slot(table, offset), tags, field);
}

static inline bool catga_verify_vector(catga_verifier *verifier, catga_frame table,
                                       const catga_field *field)
{
    uint32_t offset = catga_verify_find(table, field);

    return offset == 0 ? catga_verify_absent(verifier, field)
                       : catga_verify_elements(verifier, catga_verify_slot(table, offset), field);
}

static inline bool catga_verify_strings(catga_verifier *verifier, catga_frame table,
                                        const catga_field *field)
{
    uint32_t offset = catga_verify_find(table, field);

    return offset == 0 ? catga_verify_absent(verifier, field)
                       : catga_verify_texts(verifier, catga_verify_slot(table, offset), field);
}

/* Reports an offset that leads outside the buffer. Returns false. */
CATGA_COLD bool catga_verify_outside(catga_verifier *verifier);

/*
 * Opens a vector of tables: sets the position of its first offset and its length, takes the work of
 * all tables, and goes one level deeper. Returns false if catga_verify_tables must decide.
 */
CATGA_INLINE bool catga_verify_open_tables(catga_verifier *verifier, uint32_t slot,
                                           const catga_field *field, uint32_t *elements,
                                           uint32_t *length)
{
    uint32_t at;

    if (!catga_verify_follow(verifier, slot, &at))
        return false;
    uint32_t count = catga_load_u32(verifier->bytes + at);
    if (count == 0 || count > field->max || 4 * (uint64_t)count > verifier->last_word - at ||
        verifier->depth == CATGA_MAX_DEPTH ||
        !catga_verify_spend(verifier,
                            count * catga_work_of_table((const catga_table *)field->type)))
        return false;
    verifier->depth++;
    *elements = at + 4;
    *length = count;
    return true;
}

/* Verifies a vector of tables one by one: an empty or invalid one, or one with more work than
 * remains if each table were full. */
CATGA_NOINLINE bool catga_verify_tables(catga_verifier *verifier, uint32_t slot,
                                        const catga_field *field);

/* Verifies a vector of tables. `verify` verifies one; the compiler knows it, and calls it
 * directly. */
CATGA_INLINE bool catga_verify_children(catga_verifier *verifier, catga_frame table,
                                        const catga_field *field, catga_verify_function *verify)
{
    uint32_t elements;
    uint32_t length;
    uint32_t offset = catga_verify_find(table, field);

    if (offset == 0)
        return catga_verify_absent(verifier, field);
    uint32_t slot = catga_verify_slot(table, offset);
    if (!catga_verify_open_tables(verifier, slot, field, &elements, &length))
        return catga_verify_tables(verifier, slot, field);
    catga_shape known = {NULL, 0, 0, 0, 0};
    for (uint32_t i = 0; i < length; i++) {
        uint32_t at;
        if (!(catga_verify_follow(verifier, elements + 4 * i, &at)
                  ? verify(verifier, at, (const catga_table *)field->type, &known)
                  : catga_verify_outside(verifier)))
            return catga_verify_failed_element(verifier, field, i);
    }
    verifier->depth--;
    return true;
}

/* Verifies any table by its descriptor. */
bool catga_verify_generic(catga_verifier *verifier, uint32_t at, const catga_table *type,
                          catga_shape *known);

#ifdef __cplusplus
}
#endif

#endif
