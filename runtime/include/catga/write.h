/*
 * write.h: how generated code writes a table: one pass forward through the buffer, parents before what they refer to.
 *
 *     uint8_t *table = catga_begin_table(out, at, slot, full, 8);    room for all fields; the parent's slot is set
 *     uint64_t present = 0;
 *     present |= catga_put_i64(table + 4, in->total, 0) << 2;       each inline field at its place in a full table
 *     present |= catga_has(in->order_id.data) << 0;
 *     at = catga_end_table(out, table, &type, full, present);       its vtable
 *     catga_places places = catga_places_of(out, full);
 *     at = catga_put_string(out, at, table, places, &fields[0], in->order_id);     what the table refers to
 *     return at;
 *
 * `at` is where the next part goes, a multiple of 4 bytes from the start of the buffer. Each function that writes takes it
 * and returns the next one, or NULL when something was refused; given NULL, it writes nothing and returns NULL.
 *
 * Fields keep their places when others are absent: the vtable of a table is the constant one of its type, with the entries
 * of absent fields 0. Only in a table of more than eight fields, of which more than half are absent, does catga_end_table
 * close the gaps. The vtable follows its table, unless an equal one has been written for the same type: then that one is
 * shared.
 */
#ifndef CATGA_WRITE_H
#define CATGA_WRITE_H

#include <catga/ascii.h>
#include <catga/gen.h>
#include <catga/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Tables, vectors of tables, ... inside each other: what a reader accepts, so a writer must not pass it. */
#define CATGA_MAX_DEPTH 64

/* The vtables that may be shared by tables to come. */
#define CATGA_SHARED_VTABLES 8

typedef struct catga_shared_vtable {
    const catga_table *type;
    uint64_t present;
    const uint8_t *at;
} catga_shared_vtable;

struct catga_writer {
    uint8_t *start;
    uint8_t *end;
    catga_problem *problem; /* where a refusal is explained; may be NULL */
    const catga_shared_vtable *last; /* used; without a type when there is none, or when gaps were closed */
    unsigned depth;
    unsigned vtable_count; /* written so far; the last CATGA_SHARED_VTABLES of them are in vtables */
    bool full; /* the buffer did not suffice; else what stops the writer is a refusal */
    catga_shared_vtable vtables[CATGA_SHARED_VTABLES];
    const uint8_t *closed; /* the vtable of the last table whose gaps were closed */
};

/* Refuses a value: the reason and the field's name become the writer's problem. Returns NULL. */
CATGA_COLD uint8_t *catga_refuse(catga_writer *out, const catga_field *field, const char *reason);

/* The buffer does not suffice. Returns NULL. */
CATGA_COLD uint8_t *catga_overflow(catga_writer *out);

/* Sizes are rounded up, so that every part begins on a multiple of 4. */
static inline size_t catga_round_up(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

/* ---- Tables ---- */

/* `full` is the vtable of a table with every field: its size, the table's size, where each field lies. */

/* Vtables are written eight entries at a time; what is behind the last one is overwritten by what follows. */
static inline size_t catga_vtable_room(const uint16_t *full)
{
    return 4 + (((size_t)full[0] - 4 + 15) & ~(size_t)15);
}

/* Room for a full table, all zeros, with the slot of its parent set to it; NULL when the buffer does not suffice. */
static inline uint8_t *catga_begin_table(catga_writer *out, uint8_t *at, uint8_t *slot, const uint16_t *full,
                                         unsigned alignment)
{
    size_t size = catga_round_up(full[1]);
    if ((size_t)(out->end - at) < 4 + size + catga_vtable_room(full))
        return catga_overflow(out);
    if (alignment == 8 && ((size_t)(at - out->start) & 4) == 0) {
        catga_store_u32(at, 0); /* 8-byte fields begin 4 bytes into the table */
        at += 4;
    }
    memset(at, 0, size);
    catga_store_u32(slot, (uint32_t)(at - slot));
    return at;
}

/* Ends a table that is not like the one before it. */
uint8_t *catga_end_other_table(catga_writer *out, uint8_t *table, const catga_table *type, uint64_t present);

/* Ends a table of at most 64 fields; bit i of `present` says that the field with id i is there. */
static inline uint8_t *catga_end_table(catga_writer *out, uint8_t *table, const catga_table *type, const uint16_t *full,
                                       uint64_t present)
{
    const catga_shared_vtable *last = out->last;
    if (last->type != type || last->present != present)
        return catga_end_other_table(out, table, type, present);
    catga_store_i32(table, (int32_t)(table - last->at));
    return table + catga_round_up(full[1]);
}

/* The same for a table of any number of fields: bit i % 64 of present[i / 64]. */
uint8_t *catga_end_wide_table(catga_writer *out, uint8_t *table, const catga_table *type, const uint64_t *present);

/*
 * Where the fields of a table lie: as in a full one, or, when its gaps were closed, as its vtable says. What is constant is
 * not read from a vtable, which may just have been written: a processor waits for that.
 */
typedef struct catga_places {
    const uint16_t *full;
    const uint8_t *closed; /* the vtable, or NULL */
} catga_places;

/* Those of the table that was ended last. */
static inline catga_places catga_places_of(const catga_writer *out, const uint16_t *full)
{
    catga_places places = {full, out->last->type == NULL ? out->closed : NULL};
    return places;
}

static inline uint8_t *catga_slot(uint8_t *table, catga_places places, const catga_field *field)
{
    return table + (places.closed == NULL ? places.full[field->slot / 2] : catga_load_u16(places.closed + field->slot));
}

/* ---- Inline fields ---- */

static inline uint64_t catga_has(const void *data)
{
    return data != NULL;
}

/* For each scalar type: writes a field and says whether it is to be present. */
#define CATGA_SCALAR(name, type)                                                                                       \
    static inline uint64_t catga_put_##name(uint8_t *at, type value, type standard)                                    \
    {                                                                                                                  \
        catga_store_##name(at, value);                                                                                 \
        return !catga_same_##name(value, standard);                                                                    \
    }                                                                                                                  \
    static inline uint64_t catga_put_optional_##name(uint8_t *at, catga_optional_##name optional)                      \
    {                                                                                                                  \
        catga_store_##name(at, optional.present ? optional.value : (type)0);                                           \
        return optional.present;                                                                                       \
    }
#include <catga/scalars.def>
#undef CATGA_SCALAR

/* Writes a struct at its place in a table; NULL is absent. */
uint64_t catga_put_struct(uint8_t *at, const catga_struct *type, const void *input);

/* ---- Text ---- */

/*
 * Copies text and returns all its bytes or-ed together. The pieces overlap, which spares a loop over the last bytes; most
 * strings of messages are short.
 */
CATGA_INLINE uint64_t catga_copy_text(uint8_t *to, const char *text, size_t length)
{
    const uint8_t *from = (const uint8_t *)text;
    uint64_t seen = 0;
    if (length >= 8) {
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
    for (size_t i = 0; i < length; i++) {
        to[i] = from[i];
        seen |= from[i];
    }
    return seen;
}

static inline bool catga_text_fits(const catga_writer *out, const uint8_t *at, size_t length)
{
    size_t room = (size_t)(out->end - at);
    return room >= 8 && length <= room - 8;
}

/* Writes a length, the text and its NUL, and sets the slot; it fits. *seen: all bytes of the text or-ed together. */
CATGA_INLINE uint8_t *catga_put_text(uint8_t *at, uint8_t *slot, catga_string value, uint64_t *seen)
{
    uint8_t *end = at + catga_round_up(4 + value.length + 1);
    catga_store_u32(end - 4, 0);
    catga_store_u32(at, (uint32_t)value.length);
    catga_store_u32(slot, (uint32_t)(at - slot));
    *seen = catga_copy_text(at + 4, value.data, value.length);
    return end;
}

/* What catga_put_string does when there is nothing to write, too much, or something that is not ASCII. */
CATGA_APART uint8_t *catga_leave_out(catga_writer *out, uint8_t *at, const catga_field *field, size_t length);
CATGA_APART uint8_t *catga_refuse_length(catga_writer *out, const catga_field *field);
CATGA_APART uint8_t *catga_check_input(catga_writer *out, uint8_t *at, const catga_field *field, catga_string value);

/* ---- What a table refers to ---- */

/*
 * Each writes the value of `field` behind what has been written, sets its slot, and checks what the schema asks; an absent
 * value is left out.
 */
CATGA_INLINE uint8_t *catga_put_string(catga_writer *out, uint8_t *at, uint8_t *table, catga_places places,
                                       const catga_field *field, catga_string value)
{
    uint64_t seen;
    if (at == NULL)
        return NULL;
    if (value.data == NULL && value.length == 0 && (field->flags & CATGA_REQUIRED) == 0)
        return at;
    if (value.data == NULL)
        return catga_leave_out(out, at, field, value.length);
    if (value.length > field->max)
        return catga_refuse_length(out, field);
    if (!catga_text_fits(out, at, value.length))
        return catga_overflow(out);
    at = catga_put_text(at, catga_slot(table, places, field), value, &seen);
    return (seen & CATGA_HIGH_BITS) == 0 ? at : catga_check_input(out, at, field, value);
}

uint8_t *catga_put_strings(catga_writer *out, uint8_t *at, uint8_t *table, catga_places places,
                           const catga_field *field, catga_string_slice values);
/* Scalars and enums as they lie in memory. */
uint8_t *catga_put_scalars(catga_writer *out, uint8_t *at, uint8_t *table, catga_places places,
                           const catga_field *field, const void *data, size_t length);
uint8_t *catga_put_structs(catga_writer *out, uint8_t *at, uint8_t *table, catga_places places,
                           const catga_field *field, const void *data, size_t length);
/* `input` is the plain struct of a union, `data` are such. `tags` is the field before: the type or types. */
uint8_t *catga_put_union(catga_writer *out, uint8_t *at, uint8_t *table, catga_places places,
                         const catga_field *field, const void *input);
uint8_t *catga_put_unions(catga_writer *out, uint8_t *at, uint8_t *table, catga_places places,
                          const catga_field *tags, const catga_field *field, const void *data, size_t length);
uint8_t *catga_put_child(catga_writer *out, uint8_t *at, uint8_t *table, catga_places places,
                         const catga_field *field, const void *input);
uint8_t *catga_put_children(catga_writer *out, uint8_t *at, uint8_t *table, catga_places places,
                            const catga_field *field, const void *data, size_t length);

#ifdef __cplusplus
}
#endif

#endif
