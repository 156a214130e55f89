#include "struct.h"

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

void catga_store_struct(uint8_t *at, const catga_struct *type, const void *input)
{
    const uint8_t *from = input;
    if (type->packed && !CATGA_SWAPPED) {
        memcpy(at, from, type->size);
        return;
    }
    memset(at, 0, type->size);
    for (size_t i = 0; i < type->member_count; i++) {
        const catga_member *member = &type->members[i];
        if (member->kind == CATGA_KIND_struct)
            catga_store_struct(at + member->offset, member->type, from + member->offset);
        else
            catga_copy_scalars(at + member->offset, from + member->offset, 1, catga_scalar_size(member->kind));
    }
}

void catga_load_struct(const uint8_t *at, const catga_struct *type, void *output)
{
    uint8_t *to = output;
    if (type->direct && !CATGA_SWAPPED) {
        memcpy(to, at, type->size);
        return;
    }
    for (size_t i = 0; i < type->member_count; i++) {
        const catga_member *member = &type->members[i];
        if (member->kind == CATGA_KIND_struct)
            catga_load_struct(at + member->offset, member->type, to + member->offset);
        else if (member->kind == CATGA_KIND_bool)
            to[member->offset] = catga_load_bool(at + member->offset);
        else
            catga_copy_scalars(to + member->offset, at + member->offset, 1, catga_scalar_size(member->kind));
    }
}
