#include "codec/struct.h"

size_t catga_scalar_size(unsigned kind)
{
    static const uint8_t sizes[] = {
#define CATGA_SCALAR(name, type) sizeof(type),
#include <catga/scalars.def>
#undef CATGA_SCALAR
    };

    return sizes[kind];
}

void catga_copy_scalars(uint8_t *to, const void *from, size_t count, size_t size)
{
    const uint8_t *bytes = from;

    if (!CATGA_SWAPPED || size == 1) {
        memcpy(to, bytes, count * size);
        return;
    }
    for (size_t i = 0; i < count * size; i++)
        to[i] = bytes[i - i % size + size - 1 - i % size];
}

/* Returns the number of elements of a member: 1 if it is not an array. */
static size_t element_count(const catga_member *member)
{
    return member->count == 0 ? 1 : member->count;
}

static void store_member(uint8_t *at, const catga_member *member, const uint8_t *from)
{
    const catga_struct *type = member->type;

    if (member->kind != CATGA_KIND_struct) {
        catga_copy_scalars(at, from, element_count(member), catga_scalar_size(member->kind));
        return;
    }
    for (size_t i = 0; i < element_count(member); i++)
        catga_store_struct(at + i * type->size, type, from + i * type->size);
}

void catga_store_struct(uint8_t *at, const catga_struct *type, const void *input)
{
    const uint8_t *from = input;

    if (type->packed && !CATGA_SWAPPED) {
        memcpy(at, from, type->size);
        return;
    }
    memset(at, 0, type->size);
    for (const catga_member *member = type->members; member < type->members + type->member_count;
         member++)
        store_member(at + member->offset, member, from + member->offset);
}

static void load_member(uint8_t *to, const catga_member *member, const uint8_t *at)
{
    const catga_struct *type = member->type;
    size_t count = element_count(member);

    if (member->kind == CATGA_KIND_struct)
        for (size_t i = 0; i < count; i++)
            catga_load_struct(at + i * type->size, type, to + i * type->size);
    else if (member->kind == CATGA_KIND_bool)
        for (size_t i = 0; i < count; i++)
            to[i] = catga_load_bool(at + i);
    else
        catga_copy_scalars(to, at, count, catga_scalar_size(member->kind));
}

void catga_load_struct(const uint8_t *at, const catga_struct *type, void *output)
{
    uint8_t *to = output;

    if (type->direct && !CATGA_SWAPPED) {
        memcpy(to, at, type->size);
        return;
    }
    for (const catga_member *member = type->members; member < type->members + type->member_count;
         member++)
        load_member(to + member->offset, member, at + member->offset);
}

static const catga_member uuid_members[] = {
    {"bytes", NULL, 0, CATGA_KIND_u8, CATGA_FORMAT_plain, 0, 16, false},
};

const catga_struct catga_uuid_descriptor = {"uuid", uuid_members, 1, 16, 1, true, true};
