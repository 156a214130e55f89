/*
 * write.h: how generated code writes a table: one pass forward through the buffer, parents before what they refer to.
 *
 *     uint8_t *table = catga_begin_table(out, slot, &type);        room for all fields; the parent's slot is patched
 *     uint64_t present = 0;
 *     present |= catga_put_i64(table + 4, in->total, 0) << 2;      each inline field at its place in a full table
 *     present |= catga_has(in->order_id.data) << 0;
 *     const uint8_t *vtable = catga_end_table(out, table, &type, present);
 *     return catga_put_string(out, table, vtable, &fields[0], in->order_id) && ...
 *
 * A table in which every field is present gets a constant vtable. In any other, catga_end_table closes the gaps. The
 * vtable follows its table, unless an equal one has been written for the same type: then that one is shared.
 */
#ifndef CATGA_WRITE_H
#define CATGA_WRITE_H

#include <catga/gen.h>
#include <catga/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Tables, vectors of tables, ... inside each other: what a reader accepts, so a writer must not pass it. */
#define CATGA_MAX_DEPTH 64

/* The vtables that may be shared by tables to come: the last ones written. */
#define CATGA_SHARED_VTABLES 8

typedef struct catga_shared_vtable {
    const catga_table *type;
    uint64_t present;
    const uint8_t *at;
} catga_shared_vtable;

struct catga_writer {
    uint8_t *start;
    uint8_t *cursor; /* a multiple of 4 bytes from start */
    uint8_t *end;
    unsigned depth;
    unsigned vtable_count; /* written so far; the last CATGA_SHARED_VTABLES of them are in vtables */
    bool full;             /* the buffer did not suffice; else a refusal */
    catga_problem *problem; /* where a refusal is explained; may be NULL */
    catga_shared_vtable vtables[CATGA_SHARED_VTABLES];
};

/* Refuses a value: the reason and the field's name become the writer's problem. Returns false. */
bool catga_refuse(catga_writer *out, const catga_field *field, const char *reason);

/* The buffer does not suffice. Returns false. */
bool catga_overflow(catga_writer *out);

static inline bool catga_room(const catga_writer *out, size_t size)
{
    return (size_t)(out->end - out->cursor) >= size;
}

/* Room for a full table of `type`, with the slot of its parent set to it; NULL when the buffer does not suffice. */
static inline uint8_t *catga_begin_table(catga_writer *out, uint8_t *slot, const catga_table *type)
{
    size_t size = ((size_t)type->vtable[1] + 3) & ~(size_t)3;
    if (!catga_room(out, 4 + size + (((size_t)type->vtable[0] + 3) & ~(size_t)3))) {
        catga_overflow(out);
        return NULL;
    }
    if (type->alignment == 8 && ((size_t)(out->cursor - out->start) & 4) == 0) {
        catga_store_u32(out->cursor, 0); /* 8-byte fields begin 4 bytes into the table */
        out->cursor += 4;
    }
    uint8_t *table = out->cursor;
    catga_store_u32(table + size - 4, 0);
    catga_store_u32(slot, (uint32_t)(table - slot));
    out->cursor = table + size;
    return table;
}

/* The general way to end a table: closes the gaps of absent fields and writes or shares the vtable. */
const uint8_t *catga_end_sparse_table(catga_writer *out, uint8_t *table, const catga_table *type, uint64_t present);

static inline const uint8_t *catga_find_vtable(const catga_writer *out, const catga_table *type, uint64_t present)
{
    unsigned known = out->vtable_count < CATGA_SHARED_VTABLES ? out->vtable_count : CATGA_SHARED_VTABLES;
    for (unsigned i = 0; i < known; i++)
        if (out->vtables[i].type == type && out->vtables[i].present == present)
            return out->vtables[i].at;
    return NULL;
}

/* Writes a vtable and remembers it. */
static inline const uint8_t *catga_put_vtable(catga_writer *out, const catga_table *type, uint64_t present,
                                              const uint16_t *entries)
{
    uint8_t *vtable = out->cursor;
    size_t size = entries[0];
    out->cursor += (size + 3) & ~(size_t)3;
    catga_store_u32(out->cursor - 4, 0);
    if (CATGA_SWAPPED)
        for (size_t i = 0; i < size / 2; i++)
            catga_store_u16(vtable + 2 * i, entries[i]);
    else
        memcpy(vtable, entries, size);
    catga_shared_vtable *known = &out->vtables[out->vtable_count++ % CATGA_SHARED_VTABLES];
    known->type = type;
    known->present = present;
    known->at = vtable;
    return vtable;
}

/* Ends a table of at most 64 fields; bit i of `present` says that the field with id i is there. Returns its vtable. */
static inline const uint8_t *catga_end_table(catga_writer *out, uint8_t *table, const catga_table *type,
                                             uint64_t present)
{
    if (present != type->all)
        return catga_end_sparse_table(out, table, type, present);
    const uint8_t *vtable = catga_find_vtable(out, type, present);
    if (vtable == NULL)
        vtable = catga_put_vtable(out, type, present, type->vtable);
    catga_store_i32(table, (int32_t)(table - vtable));
    return vtable;
}

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
        catga_store_##name(at, optional.value);                                                                        \
        return optional.present;                                                                                       \
    }
#include <catga/scalars.def>
#undef CATGA_SCALAR

/* Writes a struct at its place in a table; NULL is absent. */
uint64_t catga_put_struct(uint8_t *at, const catga_struct *type, const void *input);

/*
 * What a table refers to. Each writes the value of `field` behind what has been written, sets its slot, and checks what
 * the schema asks; an absent value is left out. False: refused, or the buffer is full.
 */
bool catga_put_string(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                      catga_string value);
bool catga_put_strings(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                       catga_string_slice values);
/* Scalars and enums as they lie in memory. */
bool catga_put_scalars(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                      const void *data, size_t length);
bool catga_put_structs(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                       const void *data, size_t length);
bool catga_put_child(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                     const void *input);
bool catga_put_children(catga_writer *out, uint8_t *table, const uint8_t *vtable, const catga_field *field,
                        const void *data, size_t length);

#ifdef __cplusplus
}
#endif

#endif
