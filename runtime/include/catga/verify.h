/*
 * verify.h: how generated code proves that a table that has come is right. First, that the table,
 * its vtable and the inline part of every field lie inside the buffer, aligned as they must be:
 * that is seen at a glance when it has every field, at the offsets that a writer gives them, and
 * else found out by catga_verify_open. Then the values:
 *
 *     return catga_verify_string(verifier, table, &fields[0]) && catga_verify_u32(verifier, table,
 * &fields[2], 1, 1000);
 *
 * Of those, only what can be wrong is listed: required and ranged fields, and what lies behind an
 * offset. verify.c has the rest, and the invariants by name.
 */
#ifndef CATGA_VERIFY_H
#define CATGA_VERIFY_H

#include <catga/ascii.h>
#include <catga/gen.h>
#include <catga/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The root's offset. The file identifier behind it is optional: without one, a vtable may lie
 * there. */
#define CATGA_ROOT_OFFSET_SIZE 4

/* One buffer being verified. */
struct catga_verifier {
    const uint8_t *bytes;
    uint32_t last_word; /* the last position at which 4 bytes can lie: the length is below 2^31,
                           less 4 */
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
    uint32_t alignment; /* of the table: its position modulo 16; and a bit more when the vtable is
                           unusual */
    uint64_t work;      /* of reaching each such table, when the vtable is unusual */
};

/* The value of `field`, or of its element, is wrong; why is said already, or by `reason`. All
 * return false. */
CATGA_COLD bool catga_verify_failed(catga_verifier *verifier, const catga_field *field);
CATGA_COLD bool catga_verify_failed_element(catga_verifier *verifier, const catga_field *field,
                                            uint32_t index);
CATGA_COLD bool catga_verify_refuse(catga_verifier *verifier, const catga_field *field,
                                    const char *reason);

/* V8: takes `amount` from the work that is left. False, and nothing is taken, when less is left. */
static inline bool catga_verify_spend(catga_verifier *verifier, uint64_t amount)
{
    if (verifier->work < amount)
        return false;
    verifier->work -= amount;
    return true;
}

/* The work of following an offset to a table or an element, and of each byte of a table's fields:
 * see verify.c. */
#define CATGA_WORK_PER_OFFSET     64
#define CATGA_WORK_PER_FIELD_BYTE 16

/*
 * The work of reaching a table that has all fields of its type. It is taken before the table's
 * verifier function is called; catga_verify_open corrects it for a table whose vtable is unusual.
 */
static inline uint64_t catga_work_of_table(const catga_table *type)
{
    return CATGA_WORK_PER_OFFSET + CATGA_WORK_PER_FIELD_BYTE * (uint64_t)type->vtable[1];
}

/* A text of so many bytes is part of the work of its offset; longer ones are left to
 * catga_verify_odd_text. */
#define CATGA_SHORT_TEXT 64

/*
 * Whether a small table with a place for every field is seen to be right, but for their values: its
 * vtable is equal to the constant one of its type, `full`, and so both lie inside and are aligned:
 * V2, V3. False says nothing.
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

/* That table, read through the constant vtable: the code that proves it knows where its fields lie.
 */
static inline catga_frame catga_full(uint32_t at, const uint16_t *full)
{
    catga_frame frame = {(const uint8_t *)full, at};

    return frame;
}

/* V2, V3 of any table; to *table and *known, which has what was found of the one before it. */
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

/* Where a field lies in its table, or 0 when it is absent. */
static inline uint32_t catga_verify_find(catga_frame table, const catga_field *field)
{
    return field->slot < catga_load_u16(table.vtable) ? catga_load_u16(table.vtable + field->slot)
                                                      : 0;
}

/* Where it lies in the buffer. */
static inline uint32_t catga_verify_slot(catga_frame table, uint32_t offset)
{
    return (uint32_t)table.at + offset;
}

static inline bool catga_verify_absent(catga_verifier *verifier, const catga_field *field)
{
    return (field->flags & CATGA_REQUIRED) == 0 ||
           catga_verify_refuse(verifier, field, "required, but absent");
}

/* For each type of numbers: whether a field is in its range, or may be absent. A NaN is in no
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

/* V4: whether the offset at `slot` leads inside, where 4 bytes can lie; to *at. */
static inline bool catga_verify_follow(const catga_verifier *verifier, uint32_t slot, uint32_t *at)
{
    uint32_t offset = catga_load_u32(verifier->bytes + slot);

    /* Rotated, and less 1, an offset that is 0, not a multiple of 4, or 2^31 and more is a large
     * number. */
    uint32_t words = offset >> 2 | offset << 30;
    *at = slot + offset;
    return words - 1 < (uint32_t)INT32_MAX >> 2 && *at <= verifier->last_word;
}

/* Explains what is wrong with the string behind `slot`, or finds that nothing is: that it is UTF-8,
 * though not ASCII. */
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

/* What lies behind the offset at `slot`. */
bool catga_verify_table(catga_verifier *verifier, uint32_t slot, const catga_table *type);
/* A vector of scalars or structs; of strings. They name the field themselves. */
bool catga_verify_elements(catga_verifier *verifier, uint32_t slot, const catga_field *field);
bool catga_verify_texts(catga_verifier *verifier, uint32_t slot, const catga_field *field);

bool catga_verify_alternative(catga_verifier *verifier, uint32_t slot, const catga_union *type,
                              uint8_t tag);
bool catga_verify_alternatives(catga_verifier *verifier, uint32_t tags_slot, uint32_t slot,
                               const catga_field *tags, const catga_field *field);

/* Whether a field is present, or may be absent; for fields whose every value is valid. */
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

/* `tags` is the field before: the type. It and the union are both there or both not. */
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

/* The same for a vector of unions and the vector of their types. */
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

/* An offset leads outside. Returns false. */
CATGA_COLD bool catga_verify_outside(catga_verifier *verifier);

/*
 * Where the offsets of a vector of tables begin, and how many there are; one level deeper, with the
 * work of all of them taken. False: catga_verify_tables decides.
 */
CATGA_INLINE bool catga_matches_full_vtables(catga_verifier *verifier, uint32_t slot,
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

/* A vector of tables, element by element: one that is empty, not right, or too long for the work
 * that is left if it were full. */
CATGA_NOINLINE bool catga_verify_tables(catga_verifier *verifier, uint32_t slot,
                                        const catga_field *field);

/* `prove` proves an element; known to the compiler, it is called without a detour. */
CATGA_INLINE bool catga_verify_children(catga_verifier *verifier, catga_frame table,
                                        const catga_field *field, catga_verify_function *prove)
{
    uint32_t elements;
    uint32_t length;
    uint32_t offset = catga_verify_find(table, field);

    if (offset == 0)
        return catga_verify_absent(verifier, field);
    uint32_t slot = catga_verify_slot(table, offset);
    if (!catga_matches_full_vtables(verifier, slot, field, &elements, &length))
        return catga_verify_tables(verifier, slot, field);
    catga_shape known = {NULL, 0, 0, 0, 0};
    for (uint32_t i = 0; i < length; i++) {
        uint32_t at;
        if (!(catga_verify_follow(verifier, elements + 4 * i, &at)
                  ? prove(verifier, at, (const catga_table *)field->type, &known)
                  : catga_verify_outside(verifier)))
            return catga_verify_failed_element(verifier, field, i);
    }
    verifier->depth--;
    return true;
}

/* What a table's own function does, for any table: it walks type->fields. */
bool catga_verify_generic(catga_verifier *verifier, uint32_t at, const catga_table *type,
                          catga_shape *known);

#ifdef __cplusplus
}
#endif

#endif
