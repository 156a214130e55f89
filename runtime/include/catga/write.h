/*
 * write.h: the functions with which generated code writes a table, in one pass forward through the
 * buffer. A table comes before the values behind it. For a table of more than eight fields:
 *
 *     uint8_t *table = catga_begin_table(out, at, slot, full, 8);
 *     uint64_t present = 1;                                       the required fields
 *     present |= catga_put_i64(table + 4, in->total, 0) << 2;     each inline field
 *     present |= catga_has(in->note.data) << 1;
 *     at = catga_end_table(out, table, type, full, slot_of_vtable, present);
 *     catga_offsets offsets = catga_offsets_of(out, full);
 *     uint64_t high_bits = 0;
 *     at = catga_put_string(out, at, table, offsets, &fields[0], in->order_id, &high_bits);
 *     at = catga_end_texts(out, at, fields, 4, in, high_bits);
 *     return catga_put_children(out, at, table, offsets, &fields[3], ...);
 *
 * `at` is the position of the next part, a multiple of 4 bytes from the start of the buffer. Each
 * function that writes takes it and returns the next one, or NULL after a refusal. Given NULL, the
 * function writes nothing and returns NULL.
 *
 * The function of a small table, of at most eight fields, first tests for the fast path: all values
 * are valid, and there is room. It then writes the table and its texts without further tests.
 * Otherwise it calls catga_put_generic, which handles one field after the other. Both write the
 * same bytes.
 *
 * Fields keep their offsets when others are absent: the vtable of a table is the constant one of
 * its type, with 0 for absent fields. The exception is a table of more than eight fields of which
 * more than half are absent: catga_end_table closes its gaps. The vtable follows its table, unless
 * the writer remembers an equal one: then the table shares it. The writer remembers one vtable for
 * each slot, which types with the same offsets take from each other, and some more for tables
 * with other fields than the last table of their type.
 */
#ifndef CATGA_WRITE_H
#define CATGA_WRITE_H

#include <catga/ascii.h>
#include <catga/gen.h>
#include <catga/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The number of slots, and of further vtables that a writer remembers. */
#define CATGA_VTABLE_SLOTS  16
#define CATGA_OTHER_VTABLES 8

typedef struct catga_shared_vtable {
    const catga_table *type;
    uint64_t present;
    const uint8_t *at;
} catga_shared_vtable;

struct catga_writer {
    uint8_t *start;
    uint8_t *end;
    catga_problem *problem; /* the reason of a refusal; may be NULL */
    const uint8_t *closed;  /* vtable of the last large table with closed gaps, or NULL */
    unsigned depth;
    bool full; /* the buffer is too small; false after a refusal */
    const catga_table *types[CATGA_VTABLE_SLOTS]; /* NULL: the slot is free */
    uint64_t presents[CATGA_VTABLE_SLOTS];
    const uint8_t *vtables[CATGA_VTABLE_SLOTS];
    unsigned other_count; /* written so far; `others` has the last CATGA_OTHER_VTABLES of them */
    catga_shared_vtable others[CATGA_OTHER_VTABLES];
};

/* Refuses a value: puts the reason and the name of the field in the problem of the writer. Returns
 * NULL. */
CATGA_COLD uint8_t *catga_refuse(catga_writer *out, const catga_field *field, const char *reason);

/* Marks the buffer as too small. Returns NULL. */
CATGA_COLD uint8_t *catga_overflow(catga_writer *out);

/* Rounds a size up, so that every part begins on a multiple of 4. */
static inline size_t catga_round_up(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

/* ---- Tables ---- */

/* `full` is the vtable of a table with every field: its size, the size of the table, and the offset
 * of each field. */

/* Returns true if a table has at most eight fields. */
static inline bool catga_is_small(const uint16_t *full)
{
    return full[0] <= 4 + 2 * 8;
}

/* Returns the room that a vtable needs. Eight entries are written at a time; the next part
 * overwrites the entries after the last one. */
static inline size_t catga_vtable_room(const uint16_t *full)
{
    return 4 + (((size_t)full[0] - 4 + 15) & ~(size_t)15);
}

/* Larger sizes are cleared by a call: gcc would write `rep stos`, which starts slower than a
 * call. */
#define CATGA_CLEARED_INLINE 64

void catga_clear_far(uint8_t *at, size_t size);

static inline void catga_clear(uint8_t *at, size_t size)
{
    if (size <= CATGA_CLEARED_INLINE)
        memset(at, 0, size);
    else
        catga_clear_far(at, size);
}

/* Returns the padding before a table that aligns its largest fields, at offset 4, to 4, 8 or 16
 * bytes. */
static inline size_t catga_padding(const catga_writer *out, const uint8_t *at, unsigned alignment)
{
    return ((size_t)(out->start - at) - 4) & (alignment - 1) & ~(size_t)3;
}

/* Clears padding, and 4 bytes if there is none. */
static inline void catga_clear_padding(uint8_t *at, size_t padding)
{
    catga_store_u32(at, 0);
    if (padding > 4)
        memset(at + 4, 0, padding - 4);
}

/* Begins a full table of zeros and sets the slot of its parent. Returns NULL if the buffer is too
 * small. */
static inline uint8_t *catga_begin_table(catga_writer *out, uint8_t *at, uint8_t *slot,
                                         const uint16_t *full, unsigned alignment)
{
    size_t padding = catga_padding(out, at, alignment);
    size_t size = catga_round_up(full[1]);

    if ((size_t)(out->end - at) < padding + size + catga_vtable_room(full))
        return catga_overflow(out);
    catga_clear_padding(at, padding);
    at += padding;
    catga_clear(at, size);
    catga_store_u32(slot, (uint32_t)(at - slot));
    return at;
}

/* ---- The fast path of small tables ---- */

/* Returns true if a text is not too long, and present if required. Adds its largest encoded size to
 * *size. */
CATGA_INLINE bool catga_is_valid_text(catga_string text, bool required, uint32_t max,
                                      uint64_t *size)
{
    *size += (uint64_t)text.length + 8;
    return text.data == NULL ? !required && text.length == 0 : text.length <= max;
}

/* Returns true if a full table, its vtable and `size` more bytes fit. */
static inline bool catga_has_room(const catga_writer *out, const uint8_t *at, const uint16_t *full,
                                  uint64_t size)
{
    return catga_round_up(full[1]) + catga_vtable_room(full) + size <= (uint64_t)(out->end - at);
}

/*
 * Begins a table that fits. Only padding is cleared: the caller writes each field, or clears it.
 */
static inline uint8_t *catga_open_table(uint8_t *at, uint8_t *slot, const uint16_t *full,
                                        size_t padding)
{
    catga_clear_padding(at, padding);
    at += padding;
    if (full[1] % 4 != 0)
        catga_store_u32(at + catga_round_up(full[1]) - 4, 0);
    catga_store_u32(slot, (uint32_t)(at - slot));
    return at;
}

/* Begins a table without conditions on its values. Returns NULL if it does not fit. */
static inline uint8_t *catga_open_if_fits(const catga_writer *out, uint8_t *at, uint8_t *slot,
                                          const uint16_t *full, unsigned alignment)
{
    size_t padding = catga_padding(out, at, alignment);

    return catga_has_room(out, at, full, padding) ? catga_open_table(at, slot, full, padding)
                                                  : NULL;
}

/* ---- The vtable of a table ---- */

/* Stores four entries of a vtable, with 0 for absent fields. The lowest bit of `present` belongs to
 * the first entry. */
static inline void catga_store_entries(uint8_t *at, const uint16_t *entries, uint64_t present)
{
    if (CATGA_SWAPPED) {
        for (size_t i = 0; i < 4; i++)
            catga_store_u16(at + 2 * i, (present >> i & 1) != 0 ? entries[i] : 0);
        return;
    }
    /* Spreads each of the lowest four bits to 16 bits. */
    uint64_t spread = (present & 15) * UINT64_C(0x0000200040008001) & UINT64_C(0x0001000100010001);
    uint64_t word;
    memcpy(&word, entries, sizeof word);
    word &= spread * 0xffff;
    memcpy(at, &word, sizeof word);
}

/* Writes the vtable of a small table in which fields keep their offsets. Zeros follow its end. */
static inline uint8_t *catga_write_small_vtable(uint8_t *at, const uint16_t *full, uint64_t present)
{
    size_t size = 4 + 2 * (present == 0 ? 0 : 64 - (size_t)__builtin_clzll(present));

    catga_store_two_u16(at, (uint16_t)size, full[1]);
    if (full[0] > 4) /* a table without fields has no entries */
        catga_store_entries(at + 4, full + 2, present);
    if (full[0] > 4 + 2 * 4)
        catga_store_entries(at + 12, full + 6, present >> 4);
    return at + catga_round_up(size);
}

/* A slot is read only if its entry of `types` is set, which gcc does not always see. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

/* Returns true if the slot of a type remembers a vtable of that type with other fields. */
static inline bool catga_needs_new_vtable(const catga_writer *out, const catga_table *type,
                                          unsigned slot_of_vtable, uint64_t present)
{
    return out->types[slot_of_vtable] == type && out->presents[slot_of_vtable] != present;
}

/* Puts a remembered vtable with these fields in the slot of the type. Frees the slot if there is
 * none. */
CATGA_NOINLINE void catga_recall_vtable(catga_writer *out, const catga_table *type,
                                        uint64_t present);

/* Does the same, and writes the small table again from its beginning. */
CATGA_NOINLINE uint8_t *catga_put_other(catga_writer *out, uint8_t *at, uint8_t *slot,
                                        const catga_table *type, const void *input,
                                        uint64_t present);

/* Ends a small table. Its vtable is the one in the slot of its type, or a new one, which takes the
 * slot. */
static inline uint8_t *catga_close_table(catga_writer *out, uint8_t *table, const catga_table *type,
                                         const uint16_t *full, unsigned slot_of_vtable,
                                         uint64_t present)
{
    uint8_t *at = table + catga_round_up(full[1]);

    if (out->types[slot_of_vtable] == type) {
        catga_store_i32(table, (int32_t)(table - out->vtables[slot_of_vtable]));
        return at;
    }
    out->types[slot_of_vtable] = type;
    out->presents[slot_of_vtable] = present;
    out->vtables[slot_of_vtable] = at;
    catga_store_i32(table, (int32_t)(table - at));
    if (present == type->all && !CATGA_SWAPPED) {
        memcpy(at, full, catga_round_up(full[0])); /* zeros follow its entries */
        return at + catga_round_up(full[0]);
    }
    return catga_write_small_vtable(at, full, present);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/* Ends a small table without values behind it, or writes it again if it needs another vtable. */
static inline uint8_t *catga_end_fixed_table(catga_writer *out, uint8_t *table, uint8_t *slot,
                                             const catga_table *type, const void *input,
                                             const uint16_t *full, unsigned slot_of_vtable,
                                             uint64_t present)
{
    if (catga_needs_new_vtable(out, type, slot_of_vtable, present))
        return catga_put_other(out, table, slot, type, input, present);
    return catga_close_table(out, table, type, full, slot_of_vtable, present);
}

/* Ends a table of 9 to 64 fields. */
uint8_t *catga_end_large_table(catga_writer *out, uint8_t *table, const catga_table *type,
                               uint64_t present);

/* Ends a table of at most 64 fields. Bit i of `present` is set if the field with id i is
 * present. */
static inline uint8_t *catga_end_table(catga_writer *out, uint8_t *table, const catga_table *type,
                                       const uint16_t *full, unsigned slot_of_vtable,
                                       uint64_t present)
{
    if (!catga_is_small(full))
        return catga_end_large_table(out, table, type, present);
    if (catga_needs_new_vtable(out, type, slot_of_vtable, present))
        catga_recall_vtable(out, type, present);
    return catga_close_table(out, table, type, full, slot_of_vtable, present);
}

/* Does the same for any number of fields, with bit i % 64 of present[i / 64]. */
uint8_t *catga_end_wide_table(catga_writer *out, uint8_t *table, const catga_table *type,
                              const uint64_t *present);

/*
 * The offsets of fields: those of a full table, or those of its own vtable if its gaps were closed.
 * Constant offsets are not read from a vtable: a processor waits to read bytes that were just
 * written.
 */
typedef struct catga_offsets {
    const uint16_t *full;
    const uint8_t *closed; /* the vtable, or NULL */
} catga_offsets;

/* Returns the offsets of the table that was ended last. */
static inline catga_offsets catga_offsets_of(const catga_writer *out, const uint16_t *full)
{
    catga_offsets offsets = {full, catga_is_small(full) ? NULL : out->closed};

    return offsets;
}

static inline uint8_t *catga_slot(uint8_t *table, catga_offsets offsets, const catga_field *field)
{
    return table + (offsets.closed == NULL ? offsets.full[field->slot / 2]
                                           : catga_load_u16(offsets.closed + field->slot));
}

/* ---- Inline fields ---- */

static inline uint64_t catga_has(const void *data)
{
    return data != NULL;
}

/* For each scalar type: writes a field; returns 1 if it is present, else 0. */
#define CATGA_SCALAR(name, type)                                                                   \
    static inline uint64_t catga_put_##name(uint8_t *at, type value, type standard)                \
    {                                                                                              \
        catga_store_##name(at, value);                                                             \
        return !catga_same_##name(value, standard);                                                \
    }                                                                                              \
    static inline uint64_t catga_put_optional_##name(uint8_t *at, catga_optional_##name optional)  \
    {                                                                                              \
        catga_store_##name(at, optional.present ? optional.value : (type)0);                       \
        return optional.present;                                                                   \
    }
#include <catga/scalars.def>
#undef CATGA_SCALAR

/* Stores a struct that has padding, or whose bytes must be swapped. */
void catga_store_struct(uint8_t *at, const catga_struct *type, const void *input);

/* Writes a struct field; returns 1 if it is present, else 0. NULL is absent. */
static inline uint64_t catga_put_struct(uint8_t *at, const catga_struct *type, const void *input)
{
    if (input == NULL)
        return 0;
    if (type->packed && !CATGA_SWAPPED)
        memcpy(at, input, type->size);
    else
        catga_store_struct(at, type, input);
    return 1;
}

/* ---- Text ---- */

/*
 * Copies text and returns all its bytes or-ed together. The pieces overlap, which avoids a loop
 * over the last bytes: most strings are short.
 */
CATGA_INLINE uint64_t catga_copy_text(uint8_t *to, const char *text, size_t length)
{
    const uint8_t *from = (const uint8_t *)text;
    uint64_t high_bits = 0;

    if (length >= 8) {
        for (size_t i = 0; i + 8 < length; i += 8) {
            uint64_t word = catga_load_word(from + i);
            memcpy(to + i, &word, sizeof word);
            high_bits |= word;
        }
        uint64_t last = catga_load_word(from + length - 8);
        memcpy(to + length - 8, &last, sizeof last);
        return high_bits | last;
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
    for (size_t i = 0; i < length; i++) {
        to[i] = from[i];
        high_bits |= from[i];
    }
    return high_bits;
}

/* Returns true if a text fits. `length` is below 2^32: it has been compared with a maximum. */
static inline bool catga_text_fits(const catga_writer *out, const uint8_t *at, size_t length)
{
    return (uint64_t)length + 8 <= (uint64_t)(out->end - at);
}

/* Writes a text that fits: its length, bytes and NUL. Sets the slot, and ors the bytes into
 * *high_bits. */
CATGA_INLINE uint8_t *catga_put_text(uint8_t *at, uint8_t *slot, catga_string value,
                                     uint64_t *high_bits)
{
    uint8_t *end = at + catga_round_up(4 + value.length + 1);

    catga_store_u32(end - 4, 0);
    catga_store_u32(at, (uint32_t)value.length);
    catga_store_u32(slot, (uint32_t)(at - slot));
    *high_bits |= catga_copy_text(at + 4, value.data, value.length);
    return end;
}

/* Does the same for a text that may be absent. */
CATGA_INLINE uint8_t *catga_put_optional_text(uint8_t *at, uint8_t *slot, catga_string value,
                                              uint64_t *high_bits)
{
    if (value.data != NULL)
        return catga_put_text(at, slot, value, high_bits);
    catga_store_u32(slot, 0);
    return at;
}

/* Refuse a value: one that is absent but required or of some length; one that is too long. */
CATGA_COLD void catga_refuse_absent(catga_writer *out, const catga_field *field, size_t length);
CATGA_COLD void catga_refuse_length(catga_writer *out, const catga_field *field);

/* Refuses a table with a text that is not UTF-8; else returns `at`. For texts that are not
 * ASCII. */
CATGA_NOINLINE uint8_t *catga_prove_texts(catga_writer *out, uint8_t *at, const catga_field *fields,
                                          size_t field_count, const void *input);

/* ---- Values behind a table ---- */

/*
 * Each function writes the value of `field` at `at`, sets its slot, and checks the limits of the
 * schema. It skips an absent value. Strings come first. Their bytes are or-ed into *high_bits;
 * after the last one, catga_end_texts finds those that are not UTF-8.
 */
CATGA_INLINE uint8_t *catga_put_string(catga_writer *out, uint8_t *at, uint8_t *table,
                                       catga_offsets offsets, const catga_field *field,
                                       catga_string value, uint64_t *high_bits)
{
    if (at == NULL)
        return NULL;
    if (value.data == NULL) {
        if (value.length == 0 && (field->flags & CATGA_REQUIRED) == 0)
            return at;
        catga_refuse_absent(out, field, value.length);
        return NULL;
    }
    if (value.length > field->max) {
        catga_refuse_length(out, field);
        return NULL;
    }
    if (!catga_text_fits(out, at, value.length)) {
        catga_overflow(out);
        return NULL;
    }
    return catga_put_text(at, catga_slot(table, offsets, field), value, high_bits);
}

static inline uint8_t *catga_end_texts(catga_writer *out, uint8_t *at, const catga_field *fields,
                                       size_t field_count, const void *input, uint64_t high_bits)
{
    return at == NULL || (high_bits & CATGA_HIGH_BITS) == 0
               ? at
               : catga_prove_texts(out, at, fields, field_count, input);
}

uint8_t *catga_put_strings(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                           const catga_field *field, catga_string_slice values);
/* Writes a vector of scalars or enums. */
uint8_t *catga_put_scalars(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                           const catga_field *field, const void *data, size_t length);
uint8_t *catga_put_structs(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                           const catga_field *field, const void *data, size_t length);
/* `input` is the native struct of a union, `data` an array of them. `tags` is the field of the
 * tags. */
uint8_t *catga_put_union(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                         const catga_field *field, const void *input);
uint8_t *catga_put_unions(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                          const catga_field *tags, const catga_field *field, const void *data,
                          size_t length);
uint8_t *catga_put_child(catga_writer *out, uint8_t *at, uint8_t *table, catga_offsets offsets,
                         const catga_field *field, const void *input);

CATGA_COLD uint8_t *catga_refuse_depth(catga_writer *out, const catga_field *field);
CATGA_COLD uint8_t *catga_failed_at(catga_writer *out, const catga_field *field, size_t index);

/* Writes a vector of tables. `put` writes one; `size` is the size of its native struct. The
 * compiler knows `put`, and calls it directly or inlines it. */
CATGA_INLINE uint8_t *catga_put_children(catga_writer *out, uint8_t *at, uint8_t *table,
                                         catga_offsets offsets, const catga_field *field,
                                         catga_put_function *put, size_t size, const void *data,
                                         size_t length)
{
    if (at == NULL)
        return NULL;
    if (data == NULL) {
        if (length == 0 && (field->flags & CATGA_REQUIRED) == 0)
            return at;
        catga_refuse_absent(out, field, length);
        return NULL;
    }
    if (length > field->max) {
        catga_refuse_length(out, field);
        return NULL;
    }
    if (4 + 4 * (uint64_t)length > (uint64_t)(out->end - at))
        return catga_overflow(out);
    if (out->depth == CATGA_MAX_DEPTH && length > 0)
        return catga_refuse_depth(out, field);
    uint8_t *slot = catga_slot(table, offsets, field);
    catga_store_u32(at, (uint32_t)length);
    catga_store_u32(slot, (uint32_t)(at - slot));
    uint8_t *first = at + 4;
    at = first + 4 * length;
    out->depth++;
    const uint8_t *end = at;
    for (slot = first; slot != end; slot += 4) {
        at = put(out, at, slot, (const catga_table *)field->type, data);
        if (at == NULL)
            return catga_failed_at(out, field, (size_t)(slot - first) / 4);
        data = (const uint8_t *)data + size;
    }
    out->depth--;
    return at;
}

/*
 * Writes any table of at most 64 fields by its descriptor. Modules of many tables use it for all of
 * them, since it is compiled once.
 */
uint8_t *catga_put_generic(catga_writer *out, uint8_t *at, uint8_t *slot, const catga_table *type,
                           const void *input);

/* ---- Whole buffers ---- */

/* The offset of the root, and the file identifier. */
#define CATGA_HEADER_SIZE 8

/* Offsets are below 2^31, whatever the buffer's size is (FlatBuffers, internals). */
#define CATGA_LARGEST_BUFFER ((size_t)INT32_MAX)

/* Returns the status of catga_encode after a put function has returned NULL. */
CATGA_COLD catga_status catga_not_encoded(const catga_writer *out);

/* Encodes a root with the function `put`, which the compiler knows and inlines. */
CATGA_INLINE catga_status catga_encode_root(const catga_table *type, catga_put_function *put,
                                            const void *input, uint8_t *buffer, size_t capacity,
                                            size_t *length, catga_problem *problem)
{
    catga_writer out;

    if (problem != NULL)
        problem->text[0] = '\0';
    if (capacity < CATGA_HEADER_SIZE)
        return CATGA_TOO_LARGE;
    if (capacity > CATGA_LARGEST_BUFFER)
        capacity = CATGA_LARGEST_BUFFER;
    out.start = buffer;
    out.end = buffer + (capacity & ~(size_t)3);
    out.problem = problem;
    out.closed = NULL;
    out.depth = 1;
    out.full = false;
    /* In halves: gcc clears the whole array with an instruction that takes longer than a small
     * message. */
    memset(out.types, 0, sizeof out.types / 2);
    memset(out.types + CATGA_VTABLE_SLOTS / 2, 0, sizeof out.types / 2);
    out.other_count = 0;
    memcpy(buffer + 4, type->identifier, sizeof type->identifier);
    const uint8_t *at = put(&out, buffer + CATGA_HEADER_SIZE, buffer, type, input);
    if (at == NULL)
        return catga_not_encoded(&out);
    *length = (size_t)(at - out.start);
    return CATGA_OK;
}

/* Encodes a root with type->put. It is the `encode` of tables without a function of their own. */
catga_status catga_encode_any(const catga_table *type, const void *input, uint8_t *buffer,
                              size_t capacity, size_t *length, catga_problem *problem);

#ifdef __cplusplus
}
#endif

#endif
