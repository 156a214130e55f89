#include <catga/gen.h>

const char *catga_enum_name(const catga_enum *type, int64_t value)
{
    for (uint32_t i = 0; i < type->count; i++)
        if (type->values[i].value.i == value)
            return type->values[i].name;
    return NULL;
}
