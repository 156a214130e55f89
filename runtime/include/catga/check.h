/*
 * check.h: how generated code proves the values of a table that has come. Before it runs, catga_verify has shown that the
 * table, its vtable and the inline part of every field lie inside the buffer, aligned as they must be.
 *
 *     return catga_check_string(check, table, &fields[0]) && catga_check_u32(check, table, &fields[2], 1, 1000);
 *
 * Only what can be wrong is listed: required and ranged fields, and what lies behind an offset. verify.c has the rest, and
 * the invariants by name.
 */
#ifndef CATGA_CHECK_H
#define CATGA_CHECK_H

#include <catga/ascii.h>
#include <catga/gen.h>
#include <catga/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

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

/* The value of `field` is wrong; why is said already, or by `reason`. Both return false. */
CATGA_COLD bool catga_check_failed(catga_check *check, const catga_field *field);
CATGA_COLD bool catga_check_refuse(catga_check *check, const catga_field *field, const char *reason);

/* Where a field lies in the buffer, or 0 when it is absent. */
static inline uint32_t catga_check_find(catga_frame table, const catga_field *field)
{
    if (field->slot >= catga_load_u16(table.vtable))
        return 0;
    uint32_t offset = catga_load_u16(table.vtable + field->slot);
    return offset == 0 ? 0 : (uint32_t)table.at + offset;
}

static inline bool catga_check_absent(catga_check *check, const catga_field *field)
{
    return (field->flags & CATGA_REQUIRED) == 0 || catga_check_refuse(check, field, "required, but absent");
}

/* For each scalar type: whether a field, when it is there, keeps its range. A NaN keeps none. */
#define CATGA_SCALAR(name, type)                                                                                       \
    static inline bool catga_check_##name(catga_check *check, catga_frame table, const catga_field *field,      \
                                          type lowest, type highest)                                                   \
    {                                                                                                                  \
        uint32_t at = catga_check_find(table, field);                                                                  \
        if (at == 0)                                                                                                   \
            return true;                                                                                               \
        type value = catga_load_##name(check->bytes + at);                                                             \
        return (value >= lowest && value <= highest) || catga_check_refuse(check, field, "out of range");              \
    }
#include <catga/scalars.def>
#undef CATGA_SCALAR

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

/* Strings longer than this are counted as work; shorter ones are part of the work of their table or vector. */
#define CATGA_SHORT_TEXT 64

/* V5 */
CATGA_INLINE bool catga_check_text(catga_check *check, uint32_t slot, uint32_t max)
{
    uint32_t at;
    if (!catga_check_follow(check, slot, &at))
        return catga_check_odd_text(check, slot, max);
    uint32_t length = catga_load_u32(check->bytes + at);
    const uint8_t *text = check->bytes + at + 4;
    if (length >= check->last_word - at || text[length] != 0 || length > max || length > CATGA_SHORT_TEXT ||
        !catga_is_ascii(text, length))
        return catga_check_odd_text(check, slot, max);
    return true;
}

/* What lies behind the offset at `slot`. */
bool catga_check_table(catga_check *check, uint32_t slot, const catga_table *type);
/* A vector of scalars or structs; of strings; of tables. They name the field themselves. */
bool catga_check_elements(catga_check *check, uint32_t slot, const catga_field *field);
bool catga_check_texts(catga_check *check, uint32_t slot, const catga_field *field);
bool catga_check_tables(catga_check *check, uint32_t slot, const catga_field *field);

bool catga_check_alternative(catga_check *check, uint32_t slot, const catga_union *type, uint8_t tag);
bool catga_check_alternatives(catga_check *check, uint32_t tags_slot, uint32_t slot, const catga_field *tags,
                              const catga_field *field);

static inline bool catga_check_struct(catga_check *check, catga_frame table, const catga_field *field)
{
    return catga_check_find(table, field) != 0 || catga_check_absent(check, field);
}

CATGA_INLINE bool catga_check_string(catga_check *check, catga_frame table, const catga_field *field)
{
    uint32_t slot = catga_check_find(table, field);
    if (slot == 0)
        return catga_check_absent(check, field);
    return catga_check_text(check, slot, field->max) || catga_check_failed(check, field);
}

static inline bool catga_check_child(catga_check *check, catga_frame table, const catga_field *field)
{
    uint32_t slot = catga_check_find(table, field);
    if (slot == 0)
        return catga_check_absent(check, field);
    return catga_check_table(check, slot, (const catga_table *)field->type) ||
           catga_check_failed(check, field);
}

/* `tags` is the field before: the type. It and the union are both there or both not. */
static inline bool catga_check_union(catga_check *check, catga_frame table, const catga_field *tags,
                                     const catga_field *field)
{
    uint32_t tag_at = catga_check_find(table, tags);
    uint32_t slot = catga_check_find(table, field);
    uint8_t tag = tag_at == 0 ? 0 : check->bytes[tag_at];
    if ((tag == 0) != (slot == 0))
        return catga_check_refuse(check, field, "a type without a value, or a value without a type");
    if (slot == 0)
        return catga_check_absent(check, field);
    return catga_check_alternative(check, slot, (const catga_union *)field->type, tag) ||
           catga_check_failed(check, field);
}

/* The same for a vector of unions and the vector of their types. */
static inline bool catga_check_unions(catga_check *check, catga_frame table, const catga_field *tags,
                                      const catga_field *field)
{
    uint32_t tags_slot = catga_check_find(table, tags);
    uint32_t slot = catga_check_find(table, field);
    if ((tags_slot == 0) != (slot == 0))
        return catga_check_refuse(check, field, "a type without a value, or a value without a type");
    return slot == 0 ? catga_check_absent(check, field)
                     : catga_check_alternatives(check, tags_slot, slot, tags, field);
}

static inline bool catga_check_vector(catga_check *check, catga_frame table, const catga_field *field)
{
    uint32_t slot = catga_check_find(table, field);
    return slot == 0 ? catga_check_absent(check, field) : catga_check_elements(check, slot, field);
}

static inline bool catga_check_strings(catga_check *check, catga_frame table, const catga_field *field)
{
    uint32_t slot = catga_check_find(table, field);
    return slot == 0 ? catga_check_absent(check, field) : catga_check_texts(check, slot, field);
}

static inline bool catga_check_children(catga_check *check, catga_frame table, const catga_field *field)
{
    uint32_t slot = catga_check_find(table, field);
    return slot == 0 ? catga_check_absent(check, field) : catga_check_tables(check, slot, field);
}

/* What a table's own function does, for any table: it walks type->fields. */
bool catga_check_any(catga_check *check, catga_frame table, const catga_table *type);

#ifdef __cplusplus
}
#endif

#endif
