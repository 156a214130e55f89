/* view_paths.c -- paths of generated files, and the names that are made of paths. */
#include "generate/viewer.h"

#include <inttypes.h>

slice view_output_path(arena *memory, slice schema_path, slice suffix)
{
    slice ending = SLICE(".catga");
    size_t stem = schema_path.length;

    if (stem > ending.length &&
        slice_equal((slice){schema_path.data + stem - ending.length, ending.length}, ending))
        stem -= ending.length;
    buffer path = buffer_in(memory);
    buffer_append(&path, (slice){schema_path.data, stem});
    buffer_append(&path, suffix);
    return buffer_slice(&path);
}

#define HASH_START  UINT32_C(0x811C9DC5)
#define HASH_FACTOR UINT32_C(0x01000193)

/* Adds a text and its end to a 32-bit FNV-1a hash. */
static void hash_add(uint32_t *hash, slice text)
{
    for (size_t i = 0; i < text.length; i++)
        *hash = (*hash ^ (unsigned char)text.data[i]) * HASH_FACTOR;
    *hash *= HASH_FACTOR;
}

static slice hash_suffix(viewer *v, uint32_t hash)
{
    buffer_printf(view_scratch(v), "_%08" PRIX32, hash);
    return view_keep(v);
}

/* Returns a hash for all but the plainest paths: where other characters become underscores and
 * capitals, two paths could give one name. */
static slice hash_of_odd_path(viewer *v, slice path)
{
    slice ending = SLICE(".catga");

    for (size_t i = 0; i + ending.length < path.length; i++) {
        char c = path.data[i];
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/')
            continue;
        uint32_t hash = HASH_START;
        hash_add(&hash, path);
        return hash_suffix(v, hash);
    }
    return SLICE("");
}

#define HASH_NAMES(list, count)                                                                    \
    for (size_t i = 0; i < module->count; i++)                                                     \
    hash_add(&hash, module->list[i].origin.name)

/* Headers of several runs of catgac, whose paths may be equal, meet in one program. Headers with
 * one guard must declare the same names: then nothing is lost if the second one is skipped. */
static uint32_t hash_of_module(const model_module *module)
{
    uint32_t hash = HASH_START;

    hash_add(&hash, module->path);
    hash_add(&hash, module->namespace);
    hash = (hash ^ module->version) * HASH_FACTOR;
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

/* shop/orders.catga -> CATGA_SHOP_ORDERS_CATGA_F6D4E8A0_H */
slice view_guard(viewer *v, const model_module *module)
{
    slice path = module->path;
    char *text = ARENA_ARRAY(v->memory, path.length + 1, char);

    for (size_t i = 0; i < path.length; i++) {
        char c = path.data[i];
        bool is_lower = c >= 'a' && c <= 'z';
        bool is_kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        text[i] = is_lower ? (char)(c - 'a' + 'A') : is_kept ? c : '_';
    }
    return VIEW_JOIN(v, SLICE("CATGA_"), (slice){text, path.length},
                     hash_suffix(v, hash_of_module(module)), SLICE("_H"));
}

slice view_fbs_uuid(viewer *v)
{
    slice path = v->module->path;
    slice stem = view_output_path(v->memory, path, SLICE(""));
    char *text = ARENA_ARRAY(v->memory, stem.length + 1, char);

    for (size_t i = 0; i < stem.length; i++) {
        char c = stem.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        text[i] = is_letter || (c >= '0' && c <= '9') ? c : '_';
    }
    return VIEW_JOIN(v, SLICE("Uuid_"), (slice){text, stem.length}, hash_of_odd_path(v, path));
}
