/* guard.c -- the include guard of a generated header. */
#include "generate/c/c.h"
#include "generate/hash.h"

#define HASH_NAMES(list, count)                                                                    \
    for (size_t i = 0; i < module->count; i++)                                                     \
    hash_add(&hash, module->list[i].origin.name)

/* Hashes everything that a header declares. Headers of several runs of catgac, whose paths may be
 * equal, meet in one program: those with one guard must declare the same names. */
static uint32_t hash_of_module(const model_module *module)
{
    uint32_t hash = HASH_START;

    hash_add(&hash, module->path);
    hash_add(&hash, module->namespace);
    hash_add_number(&hash, module->version);
    HASH_NAMES(constants, constant_count);
    HASH_NAMES(enums, enum_count);
    HASH_NAMES(structs, struct_count);
    HASH_NAMES(tables, table_count);
    HASH_NAMES(unions, union_count);
    HASH_NAMES(error_sets, error_set_count);
    HASH_NAMES(messages, message_count);
    HASH_NAMES(services, service_count);
    return hash;
}

static slice guard_of(viewer *v, const model_module *module, slice end)
{
    slice path = module->path;
    char *text = ARENA_ARRAY(v->memory, path.length + 1, char);

    for (size_t i = 0; i < path.length; i++) {
        char c = path.data[i];
        bool is_lower = c >= 'a' && c <= 'z';
        bool is_kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        text[i] = is_lower ? (char)(c - 'a' + 'A') : is_kept ? c : '_';
    }
    slice suffix = view_hash_suffix(v, hash_of_module(module));
    return VIEW_JOIN(v, SLICE("CATGA_"), (slice){text, path.length}, suffix, end);
}

slice c_guard(viewer *v, const model_module *module)
{
    return guard_of(v, module, SLICE("_H"));
}

slice c_routes_guard(viewer *v, const model_module *module)
{
    return guard_of(v, module, SLICE("_ROUTES_H"));
}
