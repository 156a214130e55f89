/* names.c -- the FlatBuffers names of declarations. */
#include "generate/fbs/fbs.h"
#include "generate/hash.h"
#include "generate/output_path.h"
#include "model/mangle.h"

/* A declaration with the name of one of flatc's own types would be taken for that. */
static bool is_fbs_type(slice name)
{
    static const char *const words[] = {
        "bool",   "byte",  "ubyte",  "short",   "ushort",  "int",    "uint",   "float",
        "long",   "ulong", "double", "int8",    "uint8",   "int16",  "uint16", "int32",
        "uint32", "int64", "uint64", "float32", "float64", "string",
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (slice_is(name, words[i]))
            return true;
    }
    return false;
}

static bool has_table(const model_module *module, slice name)
{
    for (size_t i = 0; i < module->table_count; i++) {
        if (slice_equal(module->tables[i].origin.name, name))
            return true;
    }
    return false;
}

static bool has_enum(const model_module *module, slice name)
{
    for (size_t i = 0; i < module->enum_count; i++) {
        if (slice_equal(module->enums[i].origin.name, name))
            return true;
    }
    return false;
}

/* The names that flatc declares in C++ for a table or an enum: prefix + name + suffix. */
static bool is_fbs_function(const model_module *module, slice name)
{
    static const struct {
        slice prefix;
        slice suffix;
        bool (*has)(const model_module *module, slice name);
    } derived[] = {
        {{"Create", 6}, {"", 0}, has_table},   {{"Create", 6}, {"Direct", 6}, has_table},
        {{"", 0}, {"Builder", 7}, has_table},  {{"EnumValues", 10}, {"", 0}, has_enum},
        {{"EnumNames", 9}, {"", 0}, has_enum}, {{"EnumName", 8}, {"", 0}, has_enum},
    };

    for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++) {
        slice prefix = derived[i].prefix;
        slice suffix = derived[i].suffix;
        if (name.length <= prefix.length + suffix.length)
            continue;
        slice head = {name.data, prefix.length};
        slice stem = {name.data + prefix.length, name.length - prefix.length - suffix.length};
        slice tail = {stem.data + stem.length, suffix.length};
        if (slice_equal(head, prefix) && slice_equal(tail, suffix) && derived[i].has(module, stem))
            return true;
    }
    return false;
}

slice fbs_name(viewer *v, const model_origin *origin)
{
    if (is_fbs_type(origin->name) || is_fbs_function(origin->module, origin->name))
        return VIEW_JOIN(v, origin->name, SLICE("_"));
    return origin->name;
}

/* flatc makes C++ namespaces of the parts, without looking whether C++ can have them. */
slice fbs_namespace(viewer *v, slice namespace)
{
    buffer *made = view_scratch(v);
    size_t begin = 0;

    for (size_t i = 0; i <= namespace.length; i++) {
        if (i < namespace.length && namespace.data[i] != '.')
            continue;
        slice part = {namespace.data + begin, i - begin};
        buffer_append(made, part);
        if (mangle_is_reserved(part))
            buffer_append_char(made, '_');
        if (i < namespace.length)
            buffer_append_char(made, '.');
        begin = i + 1;
    }
    return view_keep(v);
}

slice fbs_reference(viewer *v, const model_origin *origin)
{
    slice name = fbs_name(v, origin);

    if (slice_equal(v->module->namespace, origin->module->namespace))
        return name;
    slice namespace = fbs_namespace(v, origin->module->namespace);
    return VIEW_JOIN(v, namespace, SLICE("."), name);
}

/* ---- The type of a uuid ---------------------------------------------------------------------- */

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
        return view_hash_suffix(v, hash);
    }
    return SLICE("");
}

slice fbs_uuid(viewer *v)
{
    slice path = v->module->path;
    slice stem = output_path(v->memory, path, SLICE(""));
    char *text = ARENA_ARRAY(v->memory, stem.length + 1, char);

    for (size_t i = 0; i < stem.length; i++) {
        char c = stem.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        text[i] = is_letter || (c >= '0' && c <= '9') ? c : '_';
    }
    return VIEW_JOIN(v, SLICE("Uuid_"), (slice){text, stem.length}, hash_of_odd_path(v, path));
}
