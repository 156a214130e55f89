/*
 * read.h: reads a verified table for generated getters, in place and at any address. Nothing here
 * checks bounds: catga_verify has checked them.
 */
#ifndef CATGA_READ_H
#define CATGA_READ_H

#include <catga/gen.h>
#include <catga/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A table without fields. The getter of an absent table returns it, so that each field reads as its
 * default. */
extern const uint8_t catga_empty_table[];
#define CATGA_EMPTY_TABLE (catga_empty_table + 4)

/* Returns the address of a field by its vtable entry, or NULL if the field is absent. */
static inline const uint8_t *catga_find(const uint8_t *table, uint16_t slot)
{
    const uint8_t *vtable = table - catga_load_i32(table);

    if (slot >= catga_load_u16(vtable))
        return NULL;
    uint16_t offset = catga_load_u16(vtable + slot);
    return offset == 0 ? NULL : table + offset;
}

/* Follows the offset at `at`. */
static inline const uint8_t *catga_follow(const uint8_t *at)
{
    return at + catga_load_u32(at);
}

/*
 * For each scalar type: catga_get_u32(table, slot, default), catga_get_optional_u32(table, slot),
 * the vector of a field, and the i-th element of a vector. An index outside the vector reads as 0.
 */
#define CATGA_SCALAR(name, type)                                                                   \
    static inline type catga_get_##name(const uint8_t *table, uint16_t slot, type standard)        \
    {                                                                                              \
        const uint8_t *at = catga_find(table, slot);                                               \
        return at == NULL ? standard : catga_load_##name(at);                                      \
    }                                                                                              \
    static inline catga_optional_##name catga_get_optional_##name(const uint8_t *table,            \
                                                                  uint16_t slot)                   \
    {                                                                                              \
        const uint8_t *at = catga_find(table, slot);                                               \
        catga_optional_##name result = {at != NULL, at == NULL ? (type)0 : catga_load_##name(at)}; \
        return result;                                                                             \
    }                                                                                              \
    static inline catga_##name##_vector catga_get_##name##_vector(const uint8_t *table,            \
                                                                  uint16_t slot)                   \
    {                                                                                              \
        const uint8_t *at = catga_find(table, slot);                                               \
        catga_##name##_vector result = {NULL, 0};                                                  \
        if (at != NULL) {                                                                          \
            at = catga_follow(at);                                                                 \
            result.data = at + 4;                                                                  \
            result.length = catga_load_u32(at);                                                    \
        }                                                                                          \
        return result;                                                                             \
    }                                                                                              \
    static inline type catga_##name##_at(catga_##name##_vector vector, size_t index)               \
    {                                                                                              \
        return index < vector.length ? catga_load_##name(vector.data + index * sizeof(type))       \
                                     : (type)0;                                                    \
    }
#include <catga/scalars.def>
#undef CATGA_SCALAR

/* Returns the first element of a vector field, or NULL if the field is absent. Sets *length. */
static inline const uint8_t *catga_get_vector(const uint8_t *table, uint16_t slot, size_t *length)
{
    const uint8_t *at = catga_find(table, slot);

    if (at == NULL) {
        *length = 0;
        return NULL;
    }
    at = catga_follow(at);
    *length = catga_load_u32(at);
    return at + 4;
}

static inline catga_string catga_string_of(const uint8_t *at)
{
    catga_string string = {(const char *)at + 4, catga_load_u32(at)};

    return string;
}

static inline catga_string catga_get_string(const uint8_t *table, uint16_t slot)
{
    const uint8_t *at = catga_find(table, slot);
    catga_string absent = {NULL, 0};

    return at == NULL ? absent : catga_string_of(catga_follow(at));
}

static inline catga_bytes catga_get_bytes(const uint8_t *table, uint16_t slot)
{
    catga_bytes bytes;

    bytes.data = catga_get_vector(table, slot, &bytes.length);
    return bytes;
}

static inline catga_string_vector catga_get_string_vector(const uint8_t *table, uint16_t slot)
{
    catga_string_vector vector;

    vector.data = catga_get_vector(table, slot, &vector.length);
    return vector;
}

/* Returns the string at `index`; outside the vector, an absent string. */
static inline catga_string catga_string_at(catga_string_vector vector, size_t index)
{
    catga_string absent = {NULL, 0};

    return index < vector.length ? catga_string_of(catga_follow(vector.data + 4 * index)) : absent;
}

/* Copies a struct from a buffer into its C struct. */
void catga_load_struct(const uint8_t *at, const catga_struct *type, void *output);

/* Reads the struct of a field. Returns false if it is absent; *output is then all zeros. */
static inline bool catga_get_struct(const uint8_t *table, uint16_t slot, const catga_struct *type,
                                    void *output)
{
    const uint8_t *at = catga_find(table, slot);

    memset(output, 0, type->size);
    if (at != NULL)
        catga_load_struct(at, type, output);
    return at != NULL;
}

/* Returns the uuid at `index`; outside the vector, zeros. */
static inline catga_uuid catga_uuid_at(catga_uuid_vector vector, size_t index)
{
    catga_uuid uuid;

    memset(&uuid, 0, sizeof uuid);
    if (index < vector.length)
        memcpy(&uuid, vector.data + index * sizeof uuid, sizeof uuid);
    return uuid;
}

/* Returns the table of a field; the empty table if the field is absent. */
static inline const uint8_t *catga_get_table(const uint8_t *table, uint16_t slot)
{
    const uint8_t *at = catga_find(table, slot);

    return at == NULL ? CATGA_EMPTY_TABLE : catga_follow(at);
}

/*
 * Returns the value of a union, and sets its tag. The tag says whether the value is a table, a
 * struct or a string. A tag above `known`, which a newer schema may have, reads as 0. The value of
 * tag 0 is NULL.
 */
static inline const uint8_t *catga_get_union(const uint8_t *table, uint16_t tags_slot,
                                             uint16_t slot, uint8_t known, uint8_t *tag)
{
    const uint8_t *at = catga_find(table, slot);

    *tag = catga_get_u8(table, tags_slot, 0);
    if (*tag > known || at == NULL)
        *tag = 0;
    return *tag == 0 ? NULL : catga_follow(at);
}

/* Does the same for the union at `index` of a vector; outside the vector, the tag is 0. */
static inline const uint8_t *catga_union_at(const uint8_t *tags, const uint8_t *values,
                                            size_t length, size_t index, uint8_t known,
                                            uint8_t *tag)
{
    *tag = index < length ? tags[index] : 0;
    if (*tag > known)
        *tag = 0;
    return *tag == 0 ? NULL : catga_follow(values + 4 * index);
}

/* Returns the table at `index`; outside the vector, the empty table. */
static inline const uint8_t *catga_table_at(const uint8_t *data, size_t length, size_t index)
{
    return index < length ? catga_follow(data + 4 * index) : CATGA_EMPTY_TABLE;
}

#ifdef __cplusplus
}
#endif

#endif
