/* view_paths.c -- paths of generated files, and the names that are made of paths. */
#include "generate/viewer.h"

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

/* 32-bit FNV-1a, for the guards of files whose names do not say all. */
static uint32_t hash_of(slice text)
{
    uint32_t hash = 2166136261;
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 16777619;
    return hash;
}

/* Names that are made of paths differ only in what becomes an underscore or a capital: a hash is
 * put behind all but the plainest. */
static slice hash_of_odd_path(viewer *v, slice path)
{
    slice ending = SLICE(".catga");
    for (size_t i = 0; i + ending.length < path.length; i++) {
        char c = path.data[i];
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/')
            continue;
        buffer_printf(view_scratch(v), "_%08X", hash_of(path));
        return view_keep(v);
    }
    return SLICE("");
}

/* shop/orders.catga -> CATGA_SHOP_ORDERS_CATGA_H */
slice view_guard(viewer *v, slice path)
{
    slice guard = VIEW_JOIN(v, SLICE("CATGA_"), path, SLICE("_H"));
    char *text = ARENA_ARRAY(v->memory, guard.length + 1, char);
    for (size_t i = 0; i < guard.length; i++) {
        char c = guard.data[i];
        bool is_lower = c >= 'a' && c <= 'z';
        bool is_kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        text[i] = is_lower ? (char)(c - 'a' + 'A') : is_kept ? c : '_';
    }
    return VIEW_JOIN(v, (slice){text, guard.length}, hash_of_odd_path(v, path));
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
