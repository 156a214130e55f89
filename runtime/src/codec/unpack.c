/* Unpacks a verified table into a native struct, with its referenced parts in the caller's arena.
 * When the arena is used up, the pointers are NULL and the walk only counts. */
#include "codec/native_struct.h"
#include "codec/struct.h"

static void unpack_table(catga_arena *arena, const catga_table *type, const uint8_t *table,
                         uint8_t *native);

static void unpack_string(catga_arena *arena, const uint8_t *at, uint8_t *native)
{
    catga_string text = catga_string_of(at);
    catga_string copy = native_text(arena, text.data, text.length);

    if (native != NULL)
        memcpy(native, &copy, sizeof copy);
}

/* Unpacks a table or struct behind a pointer. */
static void unpack_object(catga_arena *arena, unsigned kind, const void *type, const uint8_t *at,
                          uint8_t *native)
{
    void *object = native_take_object(arena, kind, type);

    if (kind == CATGA_KIND_table)
        unpack_table(arena, type, at, object);
    else if (object != NULL)
        catga_load_struct(at, type, object);
    if (native != NULL)
        native_set_pointer(native, object);
}

/* A tag unknown to this schema becomes NONE. */
static void unpack_union(catga_arena *arena, const catga_union *type, uint8_t tag,
                         const uint8_t *slot, uint8_t *native)
{
    uint8_t *value = native == NULL ? NULL : native + offsetof(catga_native_union, value);

    if (native != NULL)
        memset(native, 0, type->native_size);
    if (tag == 0 || tag > type->count)
        return;
    const catga_alternative *alternative = &type->alternatives[tag - 1];
    if (native != NULL)
        *native = tag;
    if (alternative->kind == CATGA_KIND_string)
        unpack_string(arena, catga_follow(slot), value);
    else
        unpack_object(arena, alternative->kind, alternative->type, catga_follow(slot), value);
}

/* Copies scalars in the machine's byte order; a bool becomes false or true. */
static void unpack_scalars(const uint8_t *at, unsigned kind, size_t count, uint8_t *native)
{
    if (kind == CATGA_KIND_bool)
        for (size_t i = 0; i < count; i++)
            native[i] = catga_load_bool(at + i);
    else
        catga_copy_scalars(native, at, count, catga_scalar_size(kind));
}

static void unpack_elements(catga_arena *arena, const catga_field *field, const uint8_t *tags,
                            const uint8_t *at, size_t length, uint8_t *native)
{
    size_t native_size = native_element_size(field);

    for (size_t i = 0; i < length; i++) {
        uint8_t *element = native == NULL ? NULL : native + i * native_size;
        if (field->element == CATGA_KIND_string)
            unpack_string(arena, catga_follow(at + 4 * i), element);
        else if (field->element == CATGA_KIND_table)
            unpack_table(arena, field->type, catga_follow(at + 4 * i), element);
        else if (field->element == CATGA_KIND_union)
            unpack_union(arena, field->type, tags[4 + i], at + 4 * i, element);
        else if (element != NULL)
            catga_load_struct(at + i * native_size, field->type, element);
    }
}

/* Unpacks a vector of unions; `tags` is the vector of their types. */
static void unpack_vector(catga_arena *arena, const catga_field *field, const uint8_t *tags,
                          const uint8_t *at, uint8_t *native)
{
    size_t length = catga_load_u32(at);
    uint8_t *data = native_take_elements(arena, field, length);

    if (field->element >= CATGA_KIND_struct)
        unpack_elements(arena, field, tags, at + 4, length, data);
    else if (data != NULL)
        unpack_scalars(at + 4, field->element, length, data);
    if (native != NULL)
        native_set_slice(native, data, length);
}

/* Unpacks a present field at `at`. */
static void unpack_field(catga_arena *arena, const catga_field *field, const uint8_t *table,
                         const uint8_t *at, uint8_t *native)
{
    uint8_t *member = native == NULL ? NULL : native + field->member;
    const uint8_t *tags = NULL;

    if (field->kind == CATGA_KIND_union || field->element == CATGA_KIND_union)
        tags = catga_find(table, field[-1].slot);
    if (field->kind == CATGA_KIND_string)
        unpack_string(arena, catga_follow(at), member);
    else if (field->kind == CATGA_KIND_vector)
        unpack_vector(arena, field, tags == NULL ? NULL : catga_follow(tags), catga_follow(at),
                      member);
    else if (field->kind == CATGA_KIND_union)
        unpack_union(arena, field->type, *tags, at, member);
    else if (field->kind == CATGA_KIND_table)
        unpack_object(arena, field->kind, field->type, catga_follow(at), member);
    else if (field->kind == CATGA_KIND_struct)
        unpack_object(arena, field->kind, field->type, at, member);
    else if (native != NULL)
        unpack_scalars(at, field->kind, 1, native_scalar(field, native));
}

static void unpack_table(catga_arena *arena, const catga_table *type, const uint8_t *table,
                         uint8_t *native)
{
    if (native != NULL)
        native_clear(type, native);
    for (size_t i = 0; i < type->field_count; i++) {
        const catga_field *field = &type->fields[i];
        const uint8_t *at = catga_find(table, field->slot);
        if (at != NULL && (field->flags & (CATGA_DEPRECATED | CATGA_TAGS)) == 0)
            unpack_field(arena, field, table, at, native);
    }
}

catga_status catga_unpack(const catga_table *table, const uint8_t *root, void *native,
                          catga_arena *arena)
{
    size_t before = arena->used;

    unpack_table(arena, table, root, native);
    return arena->used == before || native_fits(arena) ? CATGA_OK : CATGA_TOO_LARGE;
}
